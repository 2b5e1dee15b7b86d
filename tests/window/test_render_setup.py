"""F12 after an import, and the dialog that sets a render up, in the real window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness import Blender, BlenderWindow
from PIL import Image
from test_zoom_view import IMPORT, SCENE
from zoom_tab import ZoomTab

from devtools.paths import REPO

_GALAXY = REPO / "samples" / "galaxy_to_shore" / "level_00.jpg"
# Quick to render: a sixteenth of the pixels, one sample.
_QUICK = (
    f"scene = {SCENE}\n"
    "scene.render.engine, scene.cycles.samples = 'CYCLES', 1\n"
    "scene.cycles.device = 'CPU'\n"
    "scene.render.resolution_percentage = 25"
)


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    return ZoomTab(window, engine_python)


def rendered(window: BlenderWindow, name: str) -> np.ndarray:
    """Press F12 over the 3D view; the picture that is rendered, (h, w, 3)."""
    file = window.folder / f"{name}.png"
    window.do(
        "rendered = []\n"
        "def note(*_): rendered.append(1)\n"
        "bpy.app.handlers.render_complete.clear(); bpy.app.handlers.render_complete.append(note)"
    )
    view = window.region("VIEW_3D", "WINDOW")
    window.screen.move(*view.at(0.4, 0.5))
    window.settle()
    window.screen.key("F12")
    window.wait_for("rendered", timeout=60)
    window.settle(1.0)
    window.picture(f"{name}-window")
    window.do(f"bpy.data.images['Render Result'].save_render({str(file)!r}, scene={SCENE})")
    return np.asarray(Image.open(file).convert("RGB"), float)


def test_delete_the_cube_import_and_press_f12_and_a_farm_renders_the_same(
    window: BlenderWindow, blender: Blender
) -> None:
    view = window.region("VIEW_3D", "WINDOW")
    window.screen.click(*view.at(0.5, 0.5))
    window.screen.key("x")
    window.settle()
    window.screen.key("Return")
    window.wait_for("'Cube' not in bpy.data.objects")
    window.do(IMPORT)
    window.settle(1.0)
    assert window.ask(f"{SCENE}.name") == "Scene"
    window.do(_QUICK)
    shown = rendered(window, "f12")
    size = shown.shape[1], shown.shape[0]
    wanted = np.asarray(
        Image.open(_GALAXY).convert("RGB").resize(size, Image.Resampling.BOX), float
    )
    assert size == (192, 192)
    assert np.abs(shown - wanted).mean() < 6.0
    film = window.folder / "film.blend"
    window.do(
        f"bpy.ops.wm.save_as_mainfile(filepath={str(film)!r})\n"
        "with override('VIEW_3D'):"
        " bpy.ops.zoom_stack.set_up_render('EXEC_DEFAULT', True, output='FRAMES')\n"
        "scene.frame_end = 2\n"
        "bpy.ops.wm.save_mainfile()"
    )
    farm = ["blender", "-b", "--factory-startup", "--disable-autoexec", str(film)]
    without = "import bpy; assert not hasattr(bpy.types.Scene, 'zoom_stack')"
    farm += ["--python-exit-code", "1", "--python-expr", without, "-a"]
    blender.run(farm, window.folder)
    frames = sorted((window.folder / "renders" / "galaxy_to_shore").iterdir())
    assert [file.name[-8:] for file in frames] == ["0001.png", "0002.png"]
    assert np.array_equal(np.asarray(Image.open(frames[0]).convert("RGB"), float), shown)


def test_the_question_is_answered_by_one_dialog_and_one_undo_takes_it_back(tab: ZoomTab) -> None:
    window = tab.window
    window.do(
        "with override('VIEW_3D'):"
        " bpy.ops.zoom_stack.import_sample('EXEC_DEFAULT', True, target='THIS_SCENE')"
    )
    window.settle(1.0)
    for _ in range(12):  # the question is below the list of levels
        window.screen.click(tab.place.x + 100, tab.place.y + 300, button=5)
    window.settle(1.0)
    window.picture("question")
    state = (
        f"(lambda s: [s.camera.name, s.render.resolution_x, s.frame_end,"
        f" s.view_settings.view_transform])({SCENE})"
    )
    before = window.ask(state)
    assert before == ["Camera", 1920, 250, "AgX"]
    view = window.region("VIEW_3D", "WINDOW")
    window.screen.move(*view.at(0.4, 0.5))
    window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.set_up_render('INVOKE_DEFAULT', True)")
    window.settle(1.0)
    window.picture("dialog")
    window.screen.key("Return")
    window.wait_for(f"{SCENE}.frame_end == 343")
    assert window.ask(state) == ["galaxy_to_shore Camera", 768, 343, "Standard"]
    window.settle(1.0)
    window.picture("answered")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask(state) == before


def test_the_view_gives_the_frame_its_shape(tab: ZoomTab) -> None:
    window = tab.window
    window.do(IMPORT)
    view = window.region("VIEW_3D", "WINDOW")
    window.do(
        "with override('VIEW_3D'):"
        " bpy.ops.zoom_stack.set_up_render('EXEC_DEFAULT', True, resolution='VIEW')"
    )
    size = window.ask(f"[{SCENE}.render.resolution_x, {SCENE}.render.resolution_y]")
    assert size[0] == 768
    assert size[1] == pytest.approx(768 * view.height / view.width, abs=1.0)
