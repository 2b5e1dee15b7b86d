"""One press of Make Sharper: larger pictures in the place of those that a zoom shows."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy

from ..engine.contract.stack import Stack, read_stack
from ..scene.replacing import replace_steps
from ..settings.made import note_larger, note_moved
from .delivery import StepwiseDelivery
from .following import note_zoom


class Replacement(StepwiseDelivery):
    """Changes the pictures of a zoom, as one undo step.

    Args:
        root: the zoom's.
    """

    def __init__(self, root: bpy.types.Object) -> None:
        super().__init__()
        self._root = root.session_uid  # it survives renaming and undo

    def is_there(self) -> bool:
        return self._find_root() is not None

    def steps(self, folder: Path) -> Generator[str, None, Stack]:
        stack = read_stack(folder)
        before = yield from replace_steps(self._find_root, stack)
        numbers = range(len(stack.levels))
        note_moved({before.picture(n): stack.picture(n) for n in numbers}, {})
        root = self._find_root()
        if root is not None:
            note_zoom(root)
        note_larger(stack)
        if not bpy.app.background:
            bpy.ops.ed.undo_push(message="Make Sharper")
        return stack

    def _find_root(self) -> bpy.types.Object | None:
        found = (item for item in bpy.data.objects if item.session_uid == self._root)
        return next(found, None)
