"""What panels want to know of the disk: asked often, looked up by a thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from devtools import bpy_session


class Timers:
    """Blender's, which never call anything in its module."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], float | None]] = []

    def is_registered(self, function: Callable[[], float | None]) -> bool:
        return function in self.waiting

    def register(self, function: Callable[[], float | None], **_options: object) -> None:
        self.waiting.append(function)

    def unregister(self, function: Callable[[], float | None]) -> None:
        self.waiting.remove(function)

    def run(self) -> None:
        """Call them until none wants to be called again."""
        end = time.monotonic() + 5
        while self.waiting:
            assert time.monotonic() < end
            self.waiting = [each for each in self.waiting if each() is not None]
            time.sleep(0.001)


class Disk:
    """What is looked up, and how often; it can be slow."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"a": 1, "b": 2}
        self.asked: list[str] = []
        self.ready = Event()
        self.ready.set()

    def find(self, key: str) -> Any:
        self.asked.append(key)
        assert self.ready.wait(5)
        return self.values[key]


@pytest.fixture
def timers(bpy: Any, monkeypatch: pytest.MonkeyPatch) -> Timers:
    """As in a window."""
    timers = Timers()
    there = SimpleNamespace(app=SimpleNamespace(background=False, timers=timers))
    module = bpy_session.submodule("tasks.lookup")
    monkeypatch.setattr(module, "bpy", there)
    monkeypatch.setattr(module, "redraw", lambda: None)
    return timers


def lookup(disk: Disk, **options: Any) -> Any:
    return bpy_session.submodule("tasks.lookup").Lookup(disk.find, 0, **options)


def test_a_value_is_looked_up_once(timers: Timers) -> None:
    disk = Disk()
    values = lookup(disk)
    assert values.want("a") is None
    timers.run()
    assert (values.want("a"), values.known("a"), values.now("a")) == (1, 1, 1)
    assert disk.asked == ["a"]


def test_known_looks_nothing_up(timers: Timers) -> None:
    disk = Disk()
    values = lookup(disk)
    assert values.known("a") is None
    assert (disk.asked, timers.waiting) == ([], [])
    assert values.now("a") == 1
    assert values.known("a") == 1


def test_one_at_a_time(timers: Timers) -> None:
    disk = Disk()
    values = lookup(disk)
    disk.ready.clear()
    for _ in range(3):
        assert values.want("a") is None
        assert values.want("b") is None
    disk.ready.set()
    timers.run()
    values.want("b")
    timers.run()
    assert disk.asked == ["a", "b"]
    assert (values.known("a"), values.known("b")) == (1, 2)


def test_what_is_forgotten_while_it_is_looked_up_does_not_count(timers: Timers) -> None:
    disk, took = Disk(), []
    values = lookup(disk, took=lambda *found: took.append(found))
    disk.ready.clear()
    values.want("a")
    values.forget()
    disk.ready.set()
    timers.run()
    assert values.known("a") is None
    assert took == []
    values.want("a")
    timers.run()
    assert took == [("a", None, 1)]


def test_a_file_that_is_opened_meanwhile_does_not_end_it(timers: Timers) -> None:
    """Blender forgets timers then that do not say otherwise."""
    disk = Disk()
    values = lookup(disk)
    values.want("a")
    timers.waiting.clear()
    values.forget()
    values._thread.join()
    assert values.want("b") is None
    timers.run()
    assert values.known("b") == 2


def test_an_old_value_is_there_until_the_new_one_is(timers: Timers) -> None:
    disk, took = Disk(), []
    values = lookup(disk, age=0.0, took=lambda *found: took.append(found))
    values.want("a")
    timers.run()
    disk.values["a"] = 5
    assert values.want("a") == 1
    timers.run()
    assert values.known("a") == 5
    assert took == [("a", None, 1), ("a", 1, 5)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failure_counts_as_nothing(timers: Timers) -> None:
    disk = Disk()
    values = lookup(disk)
    values.want("c")
    timers.run()
    assert values.known("c") == 0
    assert disk.asked == ["c"]


def test_the_oldest_gives_way(timers: Timers) -> None:
    disk = Disk()
    values = lookup(disk, most=2)
    disk.values["c"] = 3
    for key in "abc":
        values.now(key)
    assert [values.known(key) for key in "abc"] == [None, 2, 3]


def test_closing_ends_the_waiting(timers: Timers) -> None:
    disk = Disk()
    values = lookup(disk)
    disk.ready.clear()
    values.want("a")
    values.close()
    assert timers.waiting == []
    disk.ready.set()


def test_nothing_is_looked_up_where_no_timer_comes(bpy: Any) -> None:
    disk = Disk()
    assert lookup(disk).want("a") is None
    assert disk.asked == []
