"""A task whose work is done by a thread, and whose result comes into the file at the end."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Generic, TypeVar

import bpy

from ..blender import screen
from ..engine.contract.errors import ZoomStackError

_TICK = 0.1

Result = TypeVar("Result")


class Stopped(Exception):
    """The work was to end early."""


class Background(Generic[Result]):
    """A subclass says what is done, and what becomes of the result.

    Attributes:
        fraction: 0-1 of the work.
        stage: what goes on, for people.
        error: why it failed.
        ended: whether all is over.
    """

    def __init__(self, stage: str) -> None:
        self.fraction = 0.0
        self.stage = stage
        self.error: ZoomStackError | None = None
        self.ended = False
        self._stop = Event()
        self._result: Result | None = None
        self._failure: Exception | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def work(self, tell: Callable[[float], None]) -> Result:
        """Do it, in a thread: nothing of Blender's may be touched.

        Args:
            tell: called often, with the share that is done; it ends the work by an exception.
        """
        raise NotImplementedError

    def take(self, result: Result) -> None:
        """Bring the result into the file, on Blender's thread, as one undo step."""
        raise NotImplementedError

    def go_on(self) -> None:
        """What comes after that."""

    def tick(self) -> float | None:
        if self._thread.is_alive():
            screen.redraw_soon()
            return _TICK
        if isinstance(self._failure, Stopped):
            self._end()
            return None
        if self._failure is not None:
            raise self._failure
        blocker = "" if bpy.app.background else screen.blocker()
        if blocker and not self._stop.is_set():
            if blocker != self.stage:
                self.stage = blocker
                screen.redraw()
            return _TICK
        if self._result is not None and not self._stop.is_set():
            self.take(self._result)
            self._end()
            self.go_on()
        else:
            self._end()
        return None

    def cancel(self) -> None:
        """Stop as soon as possible; nothing in the file changes."""
        self._stop.set()

    def fail(self, error: ZoomStackError) -> None:
        self.error = error
        self._end()

    def abandon(self) -> None:
        self._stop.set()
        self._thread.join(2.0)

    def _end(self) -> None:
        self.ended = True
        screen.redraw()

    def _run(self) -> None:
        try:
            self._result = self.work(self._tell)
        except Exception as error:
            self._failure = error

    def _tell(self, fraction: float) -> None:
        if self._stop.is_set():
            raise Stopped
        self.fraction = fraction
