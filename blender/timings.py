"""What our callbacks cost Blender's main thread; measured only when a file is asked for.

``ZOOM_STACK_TIMINGS=FILE`` makes every measured callback append ``name milliseconds`` to FILE:
CPU time of the thread, so that a busy machine does not count against us. ``gap`` lines are the
wall-clock time from one tick of our timer to the next.
"""

from __future__ import annotations

import atexit
import functools
import os
import time
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

_FILE = os.environ.get("ZOOM_STACK_TIMINGS", "")
_FLUSH_LINES = 64
_lines: list[str] = []


def measured(function: Function) -> Function:
    """Decorate a callback of Blender's: a timer, a draw, an operator's method."""
    if not _FILE:
        return function
    name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"

    def timed(*args: Any) -> Any:
        start = time.thread_time()
        try:
            return function(*args)
        finally:
            note(name, time.thread_time() - start)

    # Blender counts the parameters of what it registers: the wrapper must have the same.
    code = function.__code__
    names = ", ".join(code.co_varnames[: code.co_argcount])
    wrapper: Function = eval(f"lambda {names}: timed({names})", {"timed": timed})
    functools.update_wrapper(wrapper, function)
    return wrapper


def note(name: str, seconds: float) -> None:
    """Record one measurement."""
    if not _FILE:
        return
    _lines.append(f"{name} {seconds * 1000.0:.3f}\n")
    if len(_lines) >= _FLUSH_LINES:
        flush()


def flush() -> None:
    """Append what was measured to the file."""
    if _lines:
        with open(_FILE, "a", encoding="utf-8") as file:
            file.writelines(_lines)
        _lines.clear()


if _FILE:
    atexit.register(flush)
