"""Two zooms in one scene, in the real window: chosen in the panel, played, one of them retimed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness import BlenderWindow
from test_zoom_view import SCENE, SPACE, middle_of_view
from zoom_tab import ZoomTab

_HERE = (
    "with override('VIEW_3D'):"
    " bpy.ops.zoom_stack.import_sample('EXEC_DEFAULT', True, target='THIS_SCENE')"
)
_ROOTS = "[r.name for r in _part('scene.finding').roots_in(" + SCENE + ")]"
# Of the zoom of a number: the frames of its keys, and of its markers.
_TIMES = f"""
def _times(number):
    finding, camera = _part('scene.finding'), _part('scene.camera')
    scene = {SCENE}
    root = finding.roots_in(scene)[number]
    names = set(root.get('zoom_stack_markers', '').split(chr(10)))
    curve = camera.zoom_curve(finding.camera_of(root))
    return [[round(k.co[0], 3) for k in curve.keyframe_points],
            sorted(m.frame for m in scene.timeline_markers if m.name in names)]
"""


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    return ZoomTab(window, engine_python)


def test_each_is_chosen_played_and_retimed_by_itself(tab: ZoomTab) -> None:
    window = tab.window
    window.do("for o in list(bpy.data.objects): bpy.data.objects.remove(o)")
    for _ in range(2):
        window.do(_HERE)
    window.do(_TIMES)
    window.settle(1.0)
    first, second = window.ask(_ROOTS)
    # The pictures of the second zoom are blue, to be told from those of the first.
    window.do(
        "import array\n"
        "finding = _part('scene.finding')\n"
        f"for plane in finding.parts(finding.roots_in({SCENE})[1], 'plane'):\n"
        "    image = finding.image_of(plane).copy()\n"
        "    image.pixels[:] = array.array('f', [0, 0, 1, 1]) * (image.size[0] * image.size[1])\n"
        "    tree = plane.active_material.node_tree\n"
        "    next(n for n in tree.nodes if n.type == 'TEX_IMAGE').image = image"
    )
    window.settle(1.0)
    blue = middle_of_view(window, "second")
    assert window.ask(f"{SPACE}.camera.name") == f"{second.replace('.001', '')} Camera.001"
    _press_in_menu(tab, 0)
    window.wait_for(f"{SCENE}.camera.parent.parent.parent.name == {first!r}")
    window.settle(1.0)
    galaxy = middle_of_view(window, "first")
    assert np.abs(blue - (0, 0, 255)).mean() < 20
    assert np.abs(galaxy - blue).mean() > 60
    with_both = "with override('VIEW_3D'): bpy.ops.zoom_stack."
    for root in (first, second):
        window.do(with_both + f"choose_zoom('EXEC_DEFAULT', True, root={root!r})")
        window.do(with_both + "refresh_markers('EXEC_DEFAULT', True)")
    before = window.ask("[_times(0), _times(1)]")
    assert len(before[0][1]) == len(before[1][1]) == 8
    window.do(with_both + "retime('EXEC_DEFAULT', True, seconds_per_octave=0.2)")
    after = window.ask("[_times(0), _times(1)]")
    assert after[0] == before[0]
    assert all(new < old for new, old in zip(after[1][0][1:], before[1][0][1:], strict=True))
    assert after[1][1] != before[1][1]
    window.do(with_both + "set_up_render('EXEC_DEFAULT', True)")
    window.settle()
    window.picture("panel")
    window.do(with_both + "play()")
    window.wait_for(f"{SCENE}.frame_current > {SCENE}.frame_start + 2")
    window.do(with_both + "play()")
    assert np.abs(middle_of_view(window, "played") - (0, 0, 255)).mean() < 20
    # Another camera, by the plus beside the one in use, sharp on the picture by the row below.
    tab.open_panels("ZOOMSTACK_PT_shown", "ZOOMSTACK_PT_cameras")
    window.settle(0.5)
    tab.click(234, 143)
    window.wait_for("len([o for o in bpy.data.objects if o.type == 'CAMERA']) == 3")
    added = window.ask("bpy.context.view_layer.objects.active.name")
    window.do(f"{SCENE}.camera = bpy.data.objects[{added!r}]")
    window.settle(0.5)
    tab.click(120, 168)
    window.wait_for(f"bpy.data.objects[{added!r}].data.dof.use_dof")
    window.do(with_both + "play()")
    window.wait_for(f"{SCENE}.frame_current > {SCENE}.frame_start + 2")
    window.do(with_both + "play()")
    assert window.ask(f"{SCENE}.camera.name") == added
    assert np.abs(middle_of_view(window, "other") - (0, 0, 255)).mean() < 20
    # One undo step takes the choice back.
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo_push(message='played')")
    window.do(with_both + f"choose_zoom('EXEC_DEFAULT', True, root={first!r})")
    assert window.ask(f"{SCENE}.camera.parent.parent.parent.name") == first
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask(f"{SCENE}.camera.parent.parent.parent.name") == second


def _press_in_menu(tab: ZoomTab, number: int) -> None:
    """Open the chooser, the first row of the tab, and press an entry."""
    window = tab.window
    tab.open_panels("ZOOMSTACK_PT_shown")
    window.settle(0.5)
    window.picture("chooser")
    tab.click(90, 20)
    window.settle(0.5)
    window.picture("menu")
    down = tab.place.y + 20 + 24 * (1 + number)
    window.screen.move(tab.place.x + 90, down)
    window.settle()
    window.screen.click(tab.place.x + 90, down)
    window.settle()
