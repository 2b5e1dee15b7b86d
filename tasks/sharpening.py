"""One press of Make Sharper: larger pictures in the place of those that a zoom shows."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy

from ..blender import screen
from ..engine.contract.stack import read_stack
from ..scene.replacing import replace_steps
from ..settings.job import note_replaced
from .delivery import open_file


class Replacement:
    """A ``picture_run.Destination`` that changes the pictures of a zoom, as one undo step.

    Args:
        root: the zoom's.
    """

    def __init__(self, root: bpy.types.Object) -> None:
        self.result: object = None
        self._file = open_file()
        self._root = root.session_uid  # it survives renaming and undo
        self._steps: Generator[str, None, None] | None = None

    def is_lost(self) -> bool:
        """Whether another file is open, or the zoom is gone."""
        return self._file != open_file() or self._find_root() is None

    def blocker(self) -> str:
        """Why it has to wait, for people; empty when it need not."""
        return "" if self._steps is not None else screen.blocker()

    def step(self, folder: Path) -> str:
        """Do one small piece; see ``picture_run.Destination``."""
        if self._steps is None:
            self._steps = self._replace(folder)
        try:
            return next(self._steps)
        except StopIteration:
            self._steps = None
            self.result = folder
        return ""

    def stop(self) -> None:
        """Take away what is half done."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None

    def _replace(self, folder: Path) -> Generator[str, None, None]:
        stack = read_stack(folder)
        before = yield from replace_steps(self._find_root, stack)
        for scene in bpy.data.scenes:
            if scene.library is None:
                note_replaced(scene.zoom_stack, before, stack)
        if not bpy.app.background:
            bpy.ops.ed.undo_push(message="Make Sharper")

    def _find_root(self) -> bpy.types.Object | None:
        found = (item for item in bpy.data.objects if item.session_uid == self._root)
        return next(found, None)
