"""Pictures whose files are back are read again: Blender shows magenta until it is told to."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ..engine.contract.errors import ZoomStackError
from ..scene.whereabouts import is_packed
from . import runner

_TICK = 0.02  # in between, Blender draws, and decodes the one


def reload_pictures(images: Iterable[bpy.types.Image]) -> None:
    """Read pictures again, one at each tick; not those that the artist has painted on.

    Packed ones need no file.
    """
    found = [each for each in images if each.source == "FILE" and not is_packed(each)]
    if found:
        runner.start_or_wait(_Reloading([each.session_uid for each in found]))


class _Reloading:
    """Reads them; those that are gone meanwhile are left out.

    Args:
        images: their ``session_uid``s.

    Attributes:
        error: why it ended early.
    """

    def __init__(self, images: list[int]) -> None:
        self.error: ZoomStackError | None = None
        self._left = images

    def tick(self) -> float | None:
        if not self._left:
            return None
        uid = self._left.pop(0)
        image = next((each for each in bpy.data.images if each.session_uid == uid), None)
        if image is not None and not image.is_dirty:
            image.reload()
        return _TICK if self._left else None

    def fail(self, error: ZoomStackError) -> None:
        self.error = error
        self.abandon()

    def abandon(self) -> None:
        self._left.clear()
