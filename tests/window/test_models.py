"""A folder of thirty mixed files in a real window: listed, one chosen, generated, cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab

from tests.engine.models.library.mixed import USABLE, write_mixed

#: The list is closed at first; a person opens it once.
OPEN = """
models = _part("panels.models").ZOOMSTACK_PT_models
bpy.utils.unregister_class(models)
models.bl_options, models.bl_idname = set(), "ZOOMSTACK_PT_open"
bpy.utils.register_class(models)
def search():
    search = _part("tasks.latest").model_search
    return dict(
        ended=search is not None and not _part("tasks.runner").is_running(search),
        error=str(search.error or "") if search else "",
        problems=search.problems if search else [],
        found={m.name: m.problem for m in _part("settings.model_list").known_models()},
    )
"""


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> Iterator[ZoomTab]:
    tab = ZoomTab(window, engine_python)
    window.do(OPEN)
    tab.use_python(engine_python)
    folder = window.folder / "zoo"  # elsewhere Blender sees other folders
    if not folder.exists():
        write_mixed(folder)
    window.do(f"prefs().model_folder = {str(folder)!r}")
    tab.set_levels(("a galaxy", "a planet", "a sea"), steps=40)
    window.wait_for("search()['ended'] and len(search()['found']) > 20", timeout=60)
    yield tab
    window.do("prefs().model_folder = ''; settings().model = 'bundled'")


def choose(tab: ZoomTab, name: str) -> None:
    """Press its row."""
    tab.window.do(
        f"prefs().active_model = [m.name for m in prefs().models].index({name!r})\n"
        "_part('blender.screen').redraw()"
    )


def look(tab: ZoomTab, name: str) -> None:
    """A picture of the list, which lies below what fits into a small window."""
    for _ in range(12):
        tab.window.screen.click(tab.place.x + 60, tab.place.y + 200, button=5)
    tab.window.settle(1.0)
    tab.window.picture(name)


def test_all_are_listed_without_being_asked_for(tab: ZoomTab) -> None:
    found = tab.window.ask("search()['found']")
    usable = [f"diffusers/tiny_{name}" for name in USABLE]
    assert [found[name] for name in usable] == [""] * len(usable)
    assert "pickle" in found["downloads/renamed_pickle"]
    assert "cut short" in found["downloads/cut_short"]
    choose(tab, "checkpoints/juggernautXL_v9")
    assert tab.window.ask("settings().model") == "checkpoints/juggernautXL_v9"
    tab.window.do(
        "for lora in ('loras/ink_wash', 'loras/anime_sd15'): settings().loras.add().lora = lora"
    )
    look(tab, "chosen")
    choose(tab, "checkpoints/dreamshaperXL_lightning")
    look(tab, "draft")
    choose(tab, "downloads/renamed_pickle")
    look(tab, "refused")
    assert tab.window.ask("settings().model") == "checkpoints/dreamshaperXL_lightning"
    tab.window.do("settings().loras.clear()")


def test_one_makes_a_zoom_after_a_cancelled_run(tab: ZoomTab) -> None:
    choose(tab, "diffusers/tiny_sdxl")
    tab.window.do("s = settings(); s.use_size, s.width, s.height = True, 128, 128")
    tab.generate()
    tab.wait_for("s['fraction'] > 0 or not s['running']", timeout=120)
    tab.window.settle()
    tab.window.picture("running")
    tab.window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.cancel()")
    tab.wait_for("not s['running']", timeout=20)
    assert tab.status()["phase"] == "Cancelled", tab.status()
    tab.window.settle()
    tab.window.picture("cancelled")
    tab.window.do(
        "with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.generate('INVOKE_DEFAULT', resume=True)"
    )
    tab.wait_finished(timeout=180)
    assert len(tab.window.ask("zooms()")) == 1
    tab.window.settle(1.0)
    tab.window.picture("finished")


def test_a_model_that_went_away_is_a_sentence(tab: ZoomTab) -> None:
    tab.window.do("settings().model = 'diffusers/gone'")
    tab.generate()
    tab.wait_for("not s['running']", timeout=60)
    status = tab.status()
    assert status["code"] == "no_model", status
    assert "'diffusers/gone'" in status["text"]
    tab.window.settle()
    tab.window.picture("gone")


def test_a_choice_is_one_step_that_undo_takes_back(tab: ZoomTab) -> None:
    for name in ("checkpoints/juggernautXL_v9", "checkpoints/deliberate_v2"):
        choose(tab, name)
        tab.window.settle()
    tab.window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    tab.window.settle()
    assert tab.window.ask("settings().model") == "checkpoints/juggernautXL_v9"
    tab.window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
    tab.window.settle()
    assert tab.window.ask("settings().model") == "checkpoints/deliberate_v2"
