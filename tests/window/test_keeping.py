"""Keeping levels and making one again, by the buttons of a real window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness import BlenderWindow
from PIL import Image
from zoom_tab import LEVELS, ZoomTab

# Pixels from the tab's top left corner.
ROW_1, ROW_HEIGHT = 97, 21
PADLOCK_X = 204
MAKE_AGAIN = (200, 223)


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    """The tab beside a zoom that is finished, with its second level active."""
    tab = ZoomTab(window, engine_python)
    tab.set_levels(steps=3)
    tab.generate()
    tab.wait_finished()
    tab.window.do("settings().active_level = 1")
    return tab


def padlocks(tab: ZoomTab) -> list[bool]:
    return tab.window.ask("[level.keep for level in settings().levels]")


def padlock_pictures(tab: ZoomTab, name: str) -> list[np.ndarray]:
    """What is drawn at the end of each row of the list, in brightness."""
    tab.window.screen.move(*tab.window.region("VIEW_3D", "WINDOW").at(0.3, 0.5))
    tab.window.do("_part('blender.screen').redraw()")
    tab.window.settle()
    picture = Image.open(tab.window.picture(name)).convert("L")
    left, top = tab.place.x + PADLOCK_X - 10, tab.place.y + ROW_1 - 9
    rows = [top + number * ROW_HEIGHT for number in range(len(LEVELS))]
    return [np.asarray(picture.crop((left, y, left + 20, y + 18)), float) for y in rows]


@pytest.mark.look_ahead
def test_make_again_changes_no_padlock(tab: ZoomTab) -> None:
    first = tab.status()["out"]
    tab.click(*MAKE_AGAIN)
    tab.wait_for(f"s['out'] != {first!r}")
    tab.wait_finished()
    assert padlocks(tab) == [False, False, False]
    again = tab.status()["out"]
    made = tab.window.ask("[level.made for level in settings().levels]")
    assert {str(Path(file).parent) for file in made} == {again}
    assert not tab.window.ask("settings().levels[1].use_own_seed")


def test_closed_padlocks_are_told_from_open_ones(tab: ZoomTab) -> None:
    before = padlock_pictures(tab, "made")
    for number in (0, 2):
        tab.window.do(f"settings().levels[{number}].keep = True")
    tab.window.settle()
    after = padlock_pictures(tab, "kept")
    # A closed padlock is filled and bright, an open one an outline.
    grown = [shown.max() - old.max() for shown, old in zip(after, before, strict=True)]
    assert grown[0] > 30
    assert grown[2] > 30
    assert abs(grown[1]) < 10


def test_a_click_on_its_padlock_keeps_a_level(tab: ZoomTab) -> None:
    tab.click(PADLOCK_X, ROW_1 + 2 * ROW_HEIGHT)
    tab.window.wait_for("settings().levels[2].keep")
    assert padlocks(tab) == [False, False, True]
    tab.click(PADLOCK_X, ROW_1 + 2 * ROW_HEIGHT)
    tab.window.wait_for("not settings().levels[2].keep")


def test_undo_takes_back_what_make_again_did(tab: ZoomTab) -> None:
    window = tab.window
    first = window.ask("settings().levels[1].made")
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.level_again('INVOKE_DEFAULT')")
    tab.wait_finished()
    second = window.ask("settings().levels[1].made")
    assert second != first
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask("settings().levels[1].made") == first
    assert padlocks(tab) == [False, False, False]
    window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
    window.settle()
    assert window.ask("settings().levels[1].made") == second
    assert padlocks(tab) == [False, False, False]
