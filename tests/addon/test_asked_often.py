"""What every redraw asks for: without the disk, without threads, and icons stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import PROMPTS, UseWorker, latest

from devtools import bpy_session


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def icons(bpy: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """At most three thumbnails."""
    module = bpy_session.submodule("blender.picture_icons")
    module.unregister()
    monkeypatch.setattr(module, "_MOST", 3)
    monkeypatch.setattr(module, "time", clock)
    yield module
    module.unregister()


def pictures(folder: Path, count: int) -> list[str]:
    return [str(folder / f"{number}.png") for number in range(count)]


def test_an_icon_of_this_redraw_is_never_given_back(
    icons: Any, clock: Clock, tmp_path: Path
) -> None:
    files = pictures(tmp_path, 6)
    handed_out = [icons.icon_of(file) for file in files]
    clock.now += 0.1
    assert [icons.icon_of(file) for file in files] == handed_out
    assert set(icons._icons) == set(files)


def test_the_icon_that_nobody_has_asked_for_longest_gives_way(
    icons: Any, clock: Clock, tmp_path: Path
) -> None:
    files = pictures(tmp_path, 4)
    for file in files[:3]:
        icons.icon_of(file)
        clock.now += 10.0
    first = icons.icon_of(files[0])
    clock.now += 10.0
    icons.icon_of(files[3])
    assert set(icons._icons) == {files[0], files[2], files[3]}
    assert icons.icon_of(files[0]) == first


def test_the_disk_is_asked_for_the_engine_once_a_second(
    prefs: Any, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = bpy_session.submodule("settings.preferences")
    own = bpy_session.submodule("engine.contract.own_engine")
    home = own.Home(tmp_path)
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module.folders, "engine_home", lambda: home)
    module.forget_engine()
    assert module.engine_python() is None
    python = own.python_of(home.slot("e1"))
    python.parent.mkdir(parents=True)
    python.touch()
    own.packages_of(home.slot("e1"), "3.12.1").mkdir(parents=True)
    own.mark(home, own.Installed("e1", "cpu", own.lock_digest("cpu"), str(tmp_path), "3.12.1"))
    assert module.engine_python() is None
    clock.now += 1.0
    assert module.engine_python() == python
    python.unlink()
    assert module.engine_python() == python
    module.forget_engine()  # as after an installation
    assert module.engine_python() is None
    assert module.own_engine_state().value == "broken"
    assert "Repair" in module.why_no_engine()
    module.forget_engine()


def test_generates_poll_does_not_look_at_the_disk(
    bpy: Any, settings: Any, use_worker: UseWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = bpy_session.submodule("tasks.runs")
    runs.forget_runs()
    monkeypatch.setattr(runs._lookup, "_find", lambda _: pytest.fail("it was looked for"))
    assert len(settings.levels) == len(PROMPTS)
    assert bpy.ops.zoom_stack.generate.poll()
    settings.levels.clear()
    bpy.ops.zoom_stack.generate.poll()


def test_an_empty_list_is_refused_with_the_reason(
    bpy: Any, settings: Any, use_worker: UseWorker, prefs: Any, tmp_path: Path
) -> None:
    prefs.stack_folder = str(tmp_path)
    latest().clear()
    bpy_session.submodule("tasks.runs").forget_runs()
    settings.levels.clear()
    with pytest.raises(RuntimeError, match="Add a level first"):
        bpy.ops.zoom_stack.generate()
    bpy_session.submodule("tasks.runs").runs_now(bpy.context)
    assert not bpy.ops.zoom_stack.generate.poll()


def test_nothing_is_looked_for_while_a_panel_is_drawn_twice(bpy: Any) -> None:
    """One look suffices for all that a panel shows; after it every look is a new one."""
    finding = bpy_session.submodule("scene.finding")
    with finding.looking_once():
        cube = bpy.data.objects["Cube"]
        before = finding.parts(cube, "level")
        cube["zoom_stack_role"] = "level"
        assert finding.parts(cube, "level") == before
    assert finding._looks == []
    cube["zoom_stack_role"], cube["zoom_stack_version"] = "root", 1
    assert finding.shown_roots() == [cube]
