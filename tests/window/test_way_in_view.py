"""The camera's way in the real window: a direction is clicked, and the zoom goes there at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import BlenderWindow
from test_zoom_view import IMPORT, SCENE
from zoom_tab import ZoomTab

_CURVE = (
    "[[round(point.co[1], 3) for point in curve.keyframe_points] for curve in"
    " _part('blender.compat').fcurves_of(next(o for o in bpy.data.objects if 'zoom' in o))"
    " if curve.data_path == '[\"zoom\"]'][0]"
)
_FRAMES = _CURVE.replace("point.co[1]", "point.co[0]")
_ROOT = "next(o for o in bpy.data.objects if o.get('zoom_stack_role') == 'root')"
_RANGE = "[(s.frame_start, s.frame_end) for s in [bpy.context.window_manager.windows[0].scene]][0]"
# Pixels from the tab's top left corner.
_DIRECTION, _LENGTH = (184, 92), (184, 115)


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    return ZoomTab(window, engine_python)


def test_a_direction_acts_at_once_and_is_undone(tab: ZoomTab) -> None:
    window = tab.window
    window.do(IMPORT)
    tab.open_panels("ZOOMSTACK_PT_stack_timing")
    window.settle(1.0)
    window.picture("way")
    inwards, frames = window.ask(_CURVE), window.ask(_RANGE)
    window.do(f"{_ROOT}.zoom_way_direction = 'IN_OUT'")
    window.do(f"{_ROOT}.zoom_way_ease_in = 1.0")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo_push(message='way')")
    window.settle(1.0)
    window.picture("there-and-back")
    there = window.ask(_CURVE)
    assert there[0] == there[-1] == inwards[0]
    assert max(there) == max(inwards)
    assert window.ask(_RANGE)[1] > 1.9 * frames[1]
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask(_CURVE) == inwards
    assert window.ask(_RANGE) == frames
    window.do(
        "next(c for c in _part('blender.compat').fcurves_of("
        "next(o for o in bpy.data.objects if 'zoom' in o))"
        " if c.data_path == '[\"zoom\"]').keyframe_points[1].co[0] += 9"
    )
    window.settle(1.0)
    window.picture("own")
    window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.replace_own_curve('INVOKE_DEFAULT')")
    assert window.ask(_CURVE) == inwards


def test_levels_land_on_markers_and_the_dialog_retimes_them(tab: ZoomTab) -> None:
    window = tab.window
    window.do(IMPORT)
    tab.open_panels("ZOOMSTACK_PT_stack_timing")
    window.do(
        f"scene = {SCENE}\n"
        "for frame in (10, 40, 90): scene.timeline_markers.new('beat', frame=frame)"
    )
    window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.levels_onto_markers('INVOKE_DEFAULT')")
    window.settle(1.0)
    window.picture("beats")
    found = window.ask(_FRAMES)
    assert (found[0], found[-1]) == (10.0, 90.0)
    assert 40.0 in found
    view = window.region("VIEW_3D", "WINDOW")
    window.screen.move(*view.at(0.3, 0.5))
    window.settle()
    window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.retime('INVOKE_DEFAULT')")
    window.settle(1.0)
    window.picture("retime")
    window.screen.key("Return")
    window.settle(1.0)
    assert window.ask(_FRAMES) == found  # nothing was changed in the dialog


def test_a_direction_is_chosen_by_the_mouse_and_undone_by_a_key(tab: ZoomTab) -> None:
    window = tab.window
    window.do(IMPORT)
    tab.open_panels("ZOOMSTACK_PT_stack_timing")
    window.settle(1.0)
    inwards, frames = window.ask(_CURVE), window.ask(_RANGE)
    tab.click(*_DIRECTION)
    window.settle()
    window.screen.key("o")  # underlined in "Out"
    window.wait_for(f"{_ROOT}.zoom_way_direction == 'OUT'")
    assert window.ask(_CURVE) == inwards[::-1]
    tab.click(*_LENGTH, double=True)
    window.settle()
    window.screen.key("ctrl+a")
    window.screen.type("20")
    window.screen.key("Return")
    window.wait_for(f"abs({_ROOT}.zoom_way_length - 20.0) < 1e-3")
    assert window.ask(_RANGE) == [1, 1 + 20 * 24]
    window.settle(1.0)
    window.picture("out-by-the-mouse")
    for direction, end in (("OUT", frames[1]), ("IN", frames[1])):
        view = window.region("VIEW_3D", "WINDOW")
        window.screen.move(*view.at(0.3, 0.6))
        window.settle()
        window.screen.key("ctrl+z")
        window.wait_for(f"{_RANGE}[1] == {end} and {_ROOT}.zoom_way_direction == {direction!r}")
    assert window.ask(_CURVE) == inwards
