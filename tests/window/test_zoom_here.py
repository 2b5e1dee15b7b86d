"""Zoom into Here and Drag Focus with the pointer on the picture, in a real window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab

_INSIDE = """
def root():
    finding = _part("scene.finding")
    return next(item for item in bpy.data.objects if finding.is_root(item))
def levels(): return [level.prompt for level in settings().levels]
def octaves(): return [round(value, 3) for value in _part("scene.finding").octaves_of(root())]
def pixel(level, place, number=0):
    "Where a place in a level's picture is in the window, y up."
    finding, picking = _part("scene.finding"), _part("scene.picking")
    views = [a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == "VIEW_3D"]
    region = [r for r in views[number].regions if r.type == "WINDOW"][-1]
    plane = next(p for p in finding.parts(root(), "plane") if p["zoom_stack_level"] == level)
    x, y = picking.project(plane, region, region.data).to_region(place)
    return x + region.x, y + region.y
def modal(): return [o.bl_idname for o in bpy.context.window_manager.windows[0].modal_operators]
def finding_camera(): return _part("scene.finding").camera_of(root())
def focus(level): return list(settings().levels[level].focus)
"""
PICKING = "'ZOOM_STACK_OT_pick_place' in modal()"
DRAGGING = "'ZOOM_STACK_OT_drag_focus' in modal()"


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    """The tab beside a zoom that is finished, looked at through its camera at its widest level."""
    tab = ZoomTab(window, engine_python)
    tab.set_levels(steps=3)
    tab.generate()
    tab.wait_finished()
    tab.show()
    window.do(_INSIDE)
    go_to(tab, 0)
    return tab


def go_to(tab: ZoomTab, level: int) -> None:
    tab.window.do(f"with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.go_to_level(level={level})")
    tab.window.settle(0.5)


def at(tab: ZoomTab, level: int, place: tuple[float, float], view: int = 0) -> tuple[float, float]:
    """Where a place in a level's picture is on the screen."""
    x, y = tab.window.ask(f"pixel({level}, {place}, {view})")
    return x, tab.window.screen.height - y


def begin(tab: ZoomTab, operator: str = "zoom_here", region: str = "UI") -> None:
    """As the button does."""
    tab.window.do(
        f"with override('VIEW_3D', {region!r}): bpy.ops.zoom_stack.{operator}('INVOKE_DEFAULT')"
    )


def press(tab: ZoomTab, where: tuple[float, float], *ways: tuple[float, float]) -> None:
    """Press the button at a place and hold it on the way to others."""
    tab.window.screen.move(*where)
    tab.window.settle(0.1)
    tab.window.screen._xdotool("mousedown", 1)
    tab.window.settle(0.2)
    for x, y in ways:
        tab.window.screen._xdotool("mousemove", round(x) + 1, round(y))
        tab.window.settle(0.1)
        tab.window.screen._xdotool("mousemove", round(x), round(y))
        tab.window.settle(0.2)


def release(tab: ZoomTab) -> None:
    tab.window.screen._xdotool("mouseup", 1)
    tab.window.settle(0.5)


def answer(tab: ZoomTab, prompt: str) -> None:
    """Type a prompt into the dialog, and press its button by the keyboard."""
    tab.window.screen.type(prompt)
    tab.window.screen.key("Return")
    tab.window.settle(0.3)
    tab.window.screen.key("Return")


def state(tab: ZoomTab) -> Any:
    return tab.window.ask("[levels(), octaves(), list(map(focus, range(len(levels()))))]")


@pytest.mark.look_ahead
def test_a_rectangle_becomes_a_level(tab: ZoomTab) -> None:
    window = tab.window
    go_to(tab, 2)
    first = tab.status()["out"]
    begin(tab)
    window.wait_for(PICKING)
    window.settle()
    press(tab, at(tab, 2, (0.4, 0.3)), at(tab, 2, (0.5, 0.45)), at(tab, 2, (0.65, 0.5)))
    window.picture("dragging")
    release(tab)
    window.picture("dialog")
    answer(tab, "a coast")
    tab.wait_for(f"s['out'] != {first!r}")
    tab.wait_finished()
    assert window.ask("levels()") == ["a spiral galaxy", "a star field", "a planet", "a coast"]
    assert window.ask("octaves()") == pytest.approx([0.0, 1.0, 2.0, 4.0], abs=0.03)
    assert window.ask("focus(3)") == pytest.approx([0.525, 0.425], abs=0.01)
    go_to(tab, 3)
    window.picture("zoomed-into")
    for count in (4, 3):  # the pictures, then the level
        window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
        window.settle()
        assert window.ask("[len(octaves()), len(levels())]") == [3, count]
    assert "Traceback" not in window.log


def test_a_level_is_put_between_two(tab: ZoomTab) -> None:
    window = tab.window
    begin(tab)
    window.wait_for(PICKING)
    press(tab, at(tab, 0, (0.15, 0.15)), at(tab, 0, (0.5, 0.5)), at(tab, 0, (0.82, 0.82)))
    window.picture("between")
    release(tab)
    answer(tab, "a nebula")
    window.wait_for("len(octaves()) == 4")
    tab.wait_finished()
    assert window.ask("levels()")[1] == "a nebula"
    assert window.ask("octaves()")[2:] == pytest.approx([1.0, 2.0], abs=1e-3)


def test_escape_ends_it_in_the_middle(tab: ZoomTab) -> None:
    window = tab.window
    before = state(tab)
    for keys in (["Escape"], None):
        begin(tab)
        window.wait_for(PICKING)
        press(tab, at(tab, 0, (0.2, 0.2)), at(tab, 0, (0.5, 0.5)))
        if keys:
            window.screen.key(*keys)
            release(tab)
        else:
            window.screen._xdotool("click", 3)
            release(tab)
        window.wait_for(f"not ({PICKING})")
        assert state(tab) == before
    # In the dialog as well.
    begin(tab)
    window.wait_for(PICKING)
    press(tab, at(tab, 0, (0.2, 0.2)), at(tab, 0, (0.5, 0.5)))
    release(tab)
    window.picture("conflict")
    window.screen.key("Escape", "Escape")
    window.settle()
    assert state(tab) == before


def test_what_lies_elsewhere_is_replaced_by_one_press(tab: ZoomTab) -> None:
    window = tab.window
    begin(tab)
    window.wait_for(PICKING)
    press(tab, at(tab, 0, (0.2, 0.2)), at(tab, 0, (0.5, 0.5)))
    window.picture("elsewhere")
    release(tab)
    window.screen.type("a zeppelin")
    window.screen.key("Tab")
    window.settle()
    window.picture("replacing")
    window.screen.key("Return")
    window.wait_for("levels() == ['a spiral galaxy', 'a zeppelin']")
    tab.wait_finished()
    assert window.ask("len(octaves())") == 2
    assert "Traceback" not in window.log


def test_it_is_found_by_f3_and_drawn_at_twice_the_size(tab: ZoomTab) -> None:
    window = tab.window
    go_to(tab, 2)
    window.do("prefs().python_path = '/nowhere/python'")
    window.do("bpy.context.preferences.view.ui_scale = 2.0")
    window.settle(0.5)
    try:
        window.screen.move(*at(tab, 2, (0.2, 0.2)))
        window.settle()
        window.screen.key("F3")
        window.settle()
        window.screen.type("zoom into here")
        window.settle()
        window.picture("found")
        window.screen.key("Return")
        window.wait_for(PICKING)
        window.settle()
        press(tab, at(tab, 2, (0.3, 0.3)), at(tab, 2, (0.4, 0.4)), at(tab, 2, (0.5, 0.45)))
        window.picture("twice")
        release(tab)
        window.picture("twice-dialog")
        answer(tab, "a coast")
        window.wait_for("len(levels()) == 4")
        assert window.ask("focus(3)") == pytest.approx([0.4, 0.4], abs=0.01)
    finally:
        window.do("bpy.context.preferences.view.ui_scale = 1.0")


def test_a_click_is_enough_and_the_dialog_says_what_is_in_the_way(tab: ZoomTab) -> None:
    window = tab.window
    go_to(tab, 2)
    window.do("prefs().python_path = '/nowhere/python'")
    begin(tab)
    window.wait_for(PICKING)
    place = at(tab, 2, (0.3, 0.6))
    press(tab, place)
    release(tab)
    answer(tab, "a coast")
    window.wait_for("len(levels()) == 4")
    assert window.ask("focus(3)") == pytest.approx([0.3, 0.6], abs=0.01)
    assert window.ask("settings().levels[3].zoom_factor") == pytest.approx(2.0)


def test_beside_the_picture_it_waits_and_beside_the_view_it_ends(tab: ZoomTab) -> None:
    window = tab.window
    before = state(tab)
    begin(tab)
    window.wait_for(PICKING)
    window.screen.click(*at(tab, 0, (-0.05, 0.5)))
    window.settle()
    window.picture("beside")
    assert window.ask(PICKING)
    # The view can be moved meanwhile.
    perspective = "next(a for a in bpy.context.window_manager.windows[0].screen.areas if a.type"
    perspective += " == 'VIEW_3D').spaces.active.region_3d.view_perspective"
    window.screen.click(*at(tab, 0, (0.5, 0.5)), button=4)
    assert window.ask(perspective) == "CAMERA"
    timeline = window.region("DOPESHEET_EDITOR", "WINDOW")
    window.screen.click(*timeline.at(0.5, 0.5))
    window.wait_for(f"not ({PICKING})")
    assert state(tab) == before


def test_the_view_need_not_look_through_the_camera(tab: ZoomTab) -> None:
    """And there may be two of them: the one that is pressed in counts."""
    window = tab.window
    window.do("prefs().python_path = '/nowhere/python'")
    go_to(tab, 2)
    window.do(
        "with override('PROPERTIES'): bpy.context.area.ui_type = 'VIEW_3D'\n"
        "views = [a for a in bpy.context.window_manager.windows[0].screen.areas"
        " if a.type == 'VIEW_3D']\n"
        "small = min(views, key=lambda a: a.width).spaces.active\n"
        "small.region_3d.view_perspective = 'ORTHO'\n"
        "small.region_3d.view_rotation = (0.7071, 0.7071, 0.0, 0.0)\n"
        "small.region_3d.view_location = (0.0, 0.0, 0.0)\n"
        "small.region_3d.view_distance = 0.5"
    )
    window.settle(0.5)
    number = window.ask("views.index(min(views, key=lambda a: a.width))")
    begin(tab)
    window.wait_for(PICKING)
    start, end = (0.4, 0.4), (0.6, 0.5)
    press(tab, at(tab, 2, start, number), at(tab, 2, (0.5, 0.5), number), at(tab, 2, end, number))
    window.picture("second-view")
    release(tab)
    answer(tab, "a coast")
    window.wait_for("len(levels()) == 4")
    assert window.ask("focus(3)") == pytest.approx([0.5, 0.5], abs=0.02)


@pytest.mark.look_ahead
def test_the_focus_is_dragged(tab: ZoomTab) -> None:
    window = tab.window
    window.do("settings().active_level = 1")
    go_to(tab, 2)
    begin(tab, "drag_focus")
    window.wait_for(DRAGGING)
    window.settle(0.5)
    # The zoom has gone to the level that the active one lies in.
    assert window.ask("finding_camera()['level']") == pytest.approx(0.0, abs=0.01)
    window.picture("before-focus")
    press(tab, at(tab, 0, (0.5, 0.5)), at(tab, 0, (0.45, 0.55)), at(tab, 0, (0.4, 0.6)))
    window.picture("focus")
    release(tab)
    assert window.ask("focus(1)") == pytest.approx([0.4, 0.6], abs=0.01)
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask("focus(1)") == [0.5, 0.5]
    window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
    window.settle()
    assert window.ask("focus(1)") == pytest.approx([0.4, 0.6], abs=0.01)
    assert "Traceback" not in window.log


@pytest.mark.look_ahead
def test_what_a_drag_gives_up_is_asked_first(tab: ZoomTab) -> None:
    window = tab.window
    window.do(
        "for level in settings().levels: level.keep = True\n"
        "settings().active_level = 1\n"
        "with override('VIEW_3D'): bpy.ops.ed.undo_push(message='Keep')"
    )
    state = "[[l.keep for l in settings().levels], settings().wider_follow, focus(1)]"
    before = window.ask(state)
    for answer in ("Escape", "Return"):
        begin(tab, "drag_focus")
        window.wait_for(DRAGGING)
        window.settle(0.5)
        press(tab, at(tab, 0, (0.5, 0.5)), at(tab, 0, (0.45, 0.55)), at(tab, 0, (0.4, 0.6)))
        release(tab)
        assert window.ask(state) == before
        window.picture(f"asked-{answer.lower()}")
        window.screen.key(answer)
        window.settle(0.5)
        if answer == "Escape":
            assert window.ask(state) == before
    window.picture("told")
    kept, follow, focus = window.ask(state)
    assert (kept, follow) == ([True, False, True], True)
    assert focus == pytest.approx([0.4, 0.6], abs=0.01)
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask(state) == before
    assert "Traceback" not in window.log


def test_another_file_ends_it(tab: ZoomTab) -> None:
    window = tab.window
    begin(tab)
    window.wait_for(PICKING)
    press(tab, at(tab, 0, (0.2, 0.2)), at(tab, 0, (0.5, 0.5)))
    window.factory_startup()
    assert window.ask("modal()") == []
    release(tab)
    window.picture("another-file")
    assert "Traceback" not in window.log
