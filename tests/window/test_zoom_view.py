"""A zoom is in view as soon as it is imported, plays, and survives undo in any mode."""

from __future__ import annotations

import numpy as np
import pytest
from harness import BlenderWindow
from PIL import Image

IMPORT = "with override('VIEW_3D'): bpy.ops.zoom_stack.import_sample('EXEC_DEFAULT', True)"
PLANES = "sum(o.get('zoom_stack_role') == 'plane' for o in bpy.data.objects)"
SPACE = (
    "next(a for a in bpy.context.window_manager.windows[0].screen.areas"
    " if a.type == 'VIEW_3D').spaces.active"
)
SCENE = "bpy.context.window_manager.windows[0].scene"

pytestmark = pytest.mark.look_ahead


def middle_of_view(window: BlenderWindow, name: str) -> np.ndarray:
    """The colours in the middle of the 3D view, (h, w, 3)."""
    view = window.region("VIEW_3D", "WINDOW")
    picture = Image.open(window.picture(name)).convert("RGB")
    left, top = map(int, view.at(0.3, 0.3))
    right, bottom = map(int, view.at(0.7, 0.7))
    return np.asarray(picture.crop((left, top, right, bottom)), float)


def test_the_picture_is_in_view_without_touching_anything(window: BlenderWindow) -> None:
    before = middle_of_view(window, "before")
    window.do(IMPORT)
    window.settle(1.0)
    after = middle_of_view(window, "after")
    assert window.ask(f"{SPACE}.region_3d.view_perspective") == "CAMERA"
    assert window.ask(f"[o.name for o in {SCENE}.objects if o.name == 'Cube']") == []
    # The factory view is grey; the galaxy is black, white, gold and blue.
    colourfulness = [(shown.max(-1) - shown.min(-1)).mean() for shown in (before, after)]
    assert colourfulness[1] > colourfulness[0] + 5
    assert after.std() > 30


def test_the_zoom_plays_and_another_level_looks_different(window: BlenderWindow) -> None:
    window.do(IMPORT)
    window.settle(1.0)
    galaxy = middle_of_view(window, "level-0")
    window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.go_to_level(level=6)")
    window.settle(1.0)
    coast = middle_of_view(window, "level-6")
    assert abs(galaxy - coast).mean() > 40
    window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.play()")
    window.wait_for(f"{SCENE}.frame_current > {SCENE}.frame_start + 2")
    window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.play()")
    assert not window.ask("bpy.context.window_manager.windows[0].screen.is_animation_playing")


def test_in_this_scene_the_users_camera_stays_active(window: BlenderWindow) -> None:
    window.do(
        "with override('VIEW_3D'):"
        " bpy.ops.zoom_stack.import_sample('EXEC_DEFAULT', True, target='THIS_SCENE')"
    )
    window.settle(0.5)
    assert window.ask(f"{SCENE}.camera.name") == "Camera"
    assert window.ask(f"{SPACE}.camera.get('zoom_stack_role')") == "camera"


def test_one_undo_takes_the_zoom_away_and_redo_brings_it_back(window: BlenderWindow) -> None:
    window.do(IMPORT)
    window.settle()
    assert window.ask(PLANES) == 8
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask(PLANES) == 0
    assert window.ask("len(bpy.data.scenes)") == 1
    window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
    window.settle()
    assert window.ask(PLANES) == 8
    assert window.ask(f"len([o for o in {SCENE}.objects if o.animation_data])") >= 0


def test_undo_works_for_an_import_out_of_edit_mode(window: BlenderWindow) -> None:
    for target in ("AUTO", "THIS_SCENE"):
        window.factory_startup()
        window.do("with override('VIEW_3D'): bpy.ops.object.mode_set(mode='EDIT')")
        window.settle()
        window.do(
            "with override('VIEW_3D'):"
            f" bpy.ops.zoom_stack.import_sample('EXEC_DEFAULT', True, target={target!r})"
        )
        window.settle()
        assert window.ask(PLANES) == 8
        window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
        window.settle()
        window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
        window.settle()
        assert window.ask(PLANES) == 8, target
