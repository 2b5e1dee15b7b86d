"""What is going on in the background: tasks at module level, and the timer that moves them on.

A task survives loading a file, since it is no operator: Blender ends those. Nor is Esc caught by
a modal operator: while one runs, Blender does not save automatically.
"""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import bpy

from ..blender.timings import measured, note
from ..engine.contract.errors import ZoomStackError

if TYPE_CHECKING:
    from .check import Check
    from .generation import Generation
    from .installation import Installation


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


@dataclass
class Board:
    """What panels show: the latest task of each kind, running or ended, and the last error.

    Attributes:
        playing: whether an animation was playing at the last tick.
    """

    generation: Generation | None = None
    check: Check | None = None
    installation: Installation | None = None
    problem: ZoomStackError | None = None
    playing: bool = False


board = Board()
_tasks: list[Task] = []
_last_tick = 0.0


def start(task: Task) -> None:
    """Add a task, and wake the timer."""
    _tasks.append(task)
    if not bpy.app.timers.is_registered(_pump):
        global _last_tick
        _last_tick = 0.0
        bpy.app.timers.register(_pump, persistent=True)


def is_running(task: Task | None) -> bool:
    return task is not None and task in _tasks


def run_to_end(task: Task) -> None:
    """Where nothing calls timers: in background mode, and for scripts that want to wait."""
    try:
        while (pause := _tick(task)) is not None:
            time.sleep(pause)
    except BaseException:  # Ctrl-C most of all: no worker may be left behind
        task.abandon()
        raise


def redraw() -> None:
    """Show the new state: only side bars with our panels, and the preferences."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
            elif area.type == "PREFERENCES":
                area.tag_redraw()


def clear() -> None:
    """Forget what has ended; the icons of the last run go back to Blender."""
    if board.generation is not None:
        board.generation.thumbnails.close()
    board.__init__()  # type: ignore[misc]


def register() -> None:
    """Nothing runs yet; the timer starts with the first task."""


def unregister() -> None:
    if bpy.app.timers.is_registered(_pump):
        bpy.app.timers.unregister(_pump)
    for task in _tasks:
        task.abandon()
    _tasks.clear()
    clear()


@measured
def _pump() -> float | None:
    global _last_tick
    now = time.monotonic()
    if _last_tick:
        note("gap", now - _last_tick)
    _last_tick = now
    # A timer's context has no screen of its own.
    windows = bpy.context.window_manager.windows
    board.playing = any(window.screen.is_animation_playing for window in windows)
    pauses = []
    for task in list(_tasks):
        pause = _tick(task)
        if pause is None:
            _tasks.remove(task)
        else:
            pauses.append(pause)
    return min(pauses, default=None)


def _tick(task: Task) -> float | None:
    """One tick; whatever goes wrong in it is shown, and the next job works again."""
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
    redraw()
    return None
