"""What an artist sees when something goes wrong, in a side bar of 190 pixels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab

from devtools.paths import manifest
from engine.contract.own_engine import Home

_NOTES = "_part('tasks.latest').generation.warnings"
_ICONS = """
def icons():
    of_level = _part('panels.levels')._icon_of
    return [of_level(settings(), level) > 0 for level in settings().levels]
"""


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    tab = ZoomTab(window, engine_python)
    tab.narrow()
    tab.set_levels(steps=40)
    window.do(_ICONS)
    return tab


def shown(tab: ZoomTab, name: str) -> None:
    tab.window.do("_part('blender.screen').redraw()")
    tab.window.settle(0.5)
    tab.window.picture(name)


@pytest.mark.parametrize("mode", ["saves", "saves_late"])
def test_previews_stay_while_a_run_can_be_gone_on_with(tab: ZoomTab, mode: str) -> None:
    window = tab.window
    tab.use_worker(mode, step=0.1)
    tab.generate()
    tab.wait_for("s['pictures'] == 3")
    window.do("_part('tasks.latest').generation.cancel()")
    tab.wait_for("not s['running']")
    assert window.ask("icons()") == [True] * 3
    window.wait_for("_part('tasks.latest').generation.resumable", timeout=10)
    assert window.ask("icons()") == [True] * 3
    shown(tab, f"stopped-{mode}")
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.dismiss()")
    assert window.ask("icons()") == [False] * 3
    assert "Traceback" not in window.log


def test_previews_of_what_kept_nothing_go(tab: ZoomTab) -> None:
    window = tab.window
    tab.use_worker("ok", step=0.1)
    tab.generate()
    tab.wait_for("s['pictures'] == 3")
    window.do("_part('tasks.latest').generation.cancel()")
    tab.wait_for("not s['running']")
    window.wait_for("not _part('tasks.latest').generation.ending", timeout=10)
    assert window.ask("icons()") == [False] * 3
    assert tab.status()["pictures"] == 0
    shown(tab, "kept-nothing")


def test_notes_have_one_x(tab: ZoomTab) -> None:
    window = tab.window
    tab.use_worker("ok", step=0.2)
    tab.generate()
    tab.wait_for("s['pictures'] == 3")
    window.do(f"{_NOTES}.extend(['Something is good to know of this model', 'Another thing'])")
    tab.open_panels("ZOOMSTACK_PT_generate")
    shown(tab, "notes")
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.dismiss_notes(of='RUN')")
    assert window.ask(_NOTES) == []
    shown(tab, "no-notes")
    window.do("_part('tasks.latest').generation.cancel()")
    tab.wait_for("not s['running']")


def test_an_engine_whose_python_is_gone_asks_for_a_repair(tab: ZoomTab) -> None:
    window = tab.window
    home = Home(window.folder / "user/extensions/.user/user_default" / str(manifest()["id"]))
    home.path.mkdir(parents=True, exist_ok=True)
    gone = {"slot": "e1", "backend": "cpu", "lock": "x", "base": "/gone", "python": "3.11.1"}
    home.marker.write_text(json.dumps(gone))
    tab.use_python("")
    window.do("_part('settings.preferences').forget_engine()")
    try:
        assert window.ask("_part('settings.preferences').own_engine_state().value") == "broken"
        assert window.ask("bpy.types.ZOOMSTACK_PT_start.poll(bpy.context)")
        shown(tab, "python-gone")
    finally:
        home.marker.unlink()
        window.do("_part('settings.preferences').forget_engine()")
    assert "Traceback" not in window.log
