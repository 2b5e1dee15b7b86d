"""What panels want to know of the disk, looked up by a thread: panels ask often."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Thread
from typing import Generic, TypeVar

import bpy

from ..blender.screen import redraw

_TICK = 0.1
_FOREVER = float("inf")

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Lookup(Generic[Key, Value]):
    """Values by keys, each as it was when it was last looked up; one is looked up at a time.

    Args:
        find: the value of a key; called in a thread, where nothing of Blender's may be touched.
        otherwise: the value where that fails.
        age: seconds after which a value that is wanted is looked up again.
        most: so many are remembered.
        took: told on Blender's thread of a value that was looked up: key, value before, value.
    """

    def __init__(
        self,
        find: Callable[[Key], Value],
        otherwise: Value,
        age: float = _FOREVER,
        most: int = 50,
        took: Callable[[Key, Value | None, Value], None] | None = None,
    ) -> None:
        self._find = find
        self._otherwise = otherwise
        self._age = age
        self._most = most
        self._took = took
        self._known: dict[Key, tuple[Value, float]] = {}
        self._thread: Thread | None = None
        self._found: list[tuple[Key, Value | None, Value]] = []
        self._forgotten = 0  # how often: what was asked for before is out of date

    def known(self, key: Key) -> Value | None:
        """What is known, however old; None where nothing is. Looks nothing up."""
        entry = self._known.get(key)
        return entry[0] if entry is not None else None

    def want(self, key: Key) -> Value | None:
        """The same for what draws: it is looked up where nothing is known or that is old.

        Where nothing calls timers (background mode), nothing is.
        """
        entry = self._known.get(key)
        is_old = entry is None or time.monotonic() - entry[1] > self._age
        # A thread may have ended without a word: a timer of ours can be lost with a file.
        looking = self._thread is not None and self._thread.is_alive()
        if is_old and not looking and not bpy.app.background:
            self._look(key)
        return entry[0] if entry is not None else None

    def now(self, key: Key) -> Value:
        """What is known, else looked up at once, however long that takes: for operators."""
        if key not in self._known:
            self._put(key, self._find(key))
        return self._known[key][0]

    def forget(self) -> None:
        """Look everything up again the next time; what is under way by then does not count."""
        self._forgotten += 1
        self._known.clear()

    def close(self) -> None:
        """Forget, and end the waiting; a thread that is at work ends by itself."""
        if bpy.app.timers.is_registered(self._tick):
            bpy.app.timers.unregister(self._tick)
        self._found.clear()
        self.forget()

    def _put(self, key: Key, value: Value) -> None:
        if len(self._known) >= self._most and key not in self._known:
            self._known.pop(next(iter(self._known)), None)
        self._known[key] = (value, time.monotonic())

    def _look(self, key: Key) -> None:
        asked = self._forgotten

        def look() -> None:
            value = self._otherwise
            try:
                value = self._find(key)
            finally:
                if asked == self._forgotten:
                    self._found.append((key, self.known(key), value))
                    self._put(key, value)

        self._thread = Thread(target=look, name="zoom-stack-lookup", daemon=True)
        self._thread.start()
        if not bpy.app.timers.is_registered(self._tick):
            bpy.app.timers.register(self._tick, first_interval=_TICK, persistent=True)

    def _tick(self) -> float | None:
        if self._thread is not None and self._thread.is_alive():
            return _TICK
        while self._found:
            found = self._found.pop(0)
            if self._took is not None:
                self._took(*found)
        redraw()
        return None
