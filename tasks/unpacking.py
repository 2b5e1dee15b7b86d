"""Packed pictures come to the disk before the engine can use them, one at each tick."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import bpy

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.stack import Stack
from ..scene.unpacking import unpack_steps
from . import latest
from .following import note_zoom

_TICK = 0.001


class Unpacking:
    """Writes the packed pictures of zooms.

    Args:
        roots: the zooms'.
        new_folder: see ``unpack_steps``.
        then: called once all are on the disk.
    """

    def __init__(
        self,
        roots: Sequence[bpy.types.Object],
        new_folder: Callable[[str], Path],
        then: Callable[[], None],
    ) -> None:
        self._roots = [root.session_uid for root in roots]
        self._new_folder = new_folder
        self._then = then
        self._steps: Generator[None, None, Stack] | None = None
        self._now = 0  # the zoom that is at it

    def tick(self) -> float | None:
        if self._steps is None:
            self._now = self._roots.pop()
            self._steps = unpack_steps(lambda: _find(self._now), self._new_folder)
        try:
            next(self._steps)
        except StopIteration:
            self._steps = None
            if (root := _find(self._now)) is not None:
                note_zoom(root)
            if not self._roots:
                self._then()
                return None
        return _TICK

    def fail(self, error: ZoomStackError) -> None:
        if error.code != "import_interrupted":  # another file is open, or the zoom was deleted
            latest.refuse(error)

    def abandon(self) -> None:
        if self._steps is not None:
            self._steps.close()


def _find(uid: int) -> bpy.types.Object | None:
    return next((item for item in bpy.data.objects if item.session_uid == uid), None)
