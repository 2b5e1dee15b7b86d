"""Tasks at module level, and the timer that moves them on.

A task survives loading a file, since it is no operator: Blender ends those. Nor is Esc caught by
a modal operator: while one runs, Blender does not save automatically.
"""

from __future__ import annotations

import time
import traceback
from typing import Protocol

import bpy

from ..blender import screen
from ..blender.timings import measured, note
from ..engine.contract.errors import ZoomStackError


class Task(Protocol):
    """Something that goes on in the background."""

    def tick(self) -> float | None:
        """Do a little; returns the seconds until the next tick, None when it has ended."""
        ...

    def fail(self, error: ZoomStackError) -> None:
        """End because of an error; show it."""
        ...

    def abandon(self) -> None:
        """End at once without a trace: the extension is being disabled."""
        ...


_tasks: list[Task] = []
_last_tick = 0.0
_was_playing = False


def start(task: Task) -> None:
    """Add a task, and wake the timer."""
    _tasks.append(task)
    if not bpy.app.timers.is_registered(_tick_all):
        global _last_tick
        _last_tick = 0.0
        bpy.app.timers.register(_tick_all, persistent=True)


def start_or_wait(task: Task, wait: bool = False) -> bool:
    """Start a task; where nothing calls timers (background mode), see it through to its end.

    Args:
        wait: see it through in any case, for scripts.

    Returns:
        Whether it has ended.
    """
    if wait or bpy.app.background:
        run_to_end(task)
        return True
    start(task)
    return False


def is_running(task: Task | None) -> bool:
    return task is not None and task in _tasks


def running_tasks() -> tuple[Task, ...]:
    """All that are under way."""
    return tuple(_tasks)


def run_to_end(task: Task) -> None:
    """Block until a task has ended."""
    try:
        while (pause := _tick(task)) is not None:
            time.sleep(pause)
    except BaseException:  # Ctrl-C most of all: no worker may be left behind
        task.abandon()
        raise


def was_playing() -> bool:
    """Whether an animation was playing at the last tick."""
    return _was_playing


def unregister() -> None:
    if bpy.app.timers.is_registered(_tick_all):
        bpy.app.timers.unregister(_tick_all)
    for task in _tasks:
        task.abandon()
    _tasks.clear()


@measured
def _tick_all() -> float | None:
    global _last_tick, _was_playing
    now = time.monotonic()
    if _last_tick:
        note("gap", now - _last_tick)
    _last_tick = now
    _was_playing = screen.is_playing()
    pauses = []
    for task in list(_tasks):
        pause = _tick(task)
        if pause is None:
            _tasks.remove(task)
        else:
            pauses.append(pause)
    # A task may have started another one, which found the timer still running.
    return min(pauses, default=0.0 if _tasks else None)


def _tick(task: Task) -> float | None:
    """One tick; whatever goes wrong in it is shown, and the next task works again."""
    try:
        return task.tick()
    except ZoomStackError as error:
        task.fail(error)
    except Exception as error:
        traceback.print_exc()
        last = traceback.extract_tb(error.__traceback__)[-1]
        task.fail(
            ZoomStackError(
                "bug",
                f"Zoom Stack stumbled over itself: {type(error).__name__}: {error}.",
                f"Please report it ({last.filename.rpartition('zoom_stack')[2]}:{last.lineno}).",
            )
        )
    screen.redraw()
    return None
