"""Copy Beside File: a zoom's pictures come to lie beside the .blend, so that both move together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.stack import Stack, read_stack
from ..scene import keys
from ..scene.copying import copy_stacks, with_manifest
from ..scene.finding import stack_of
from ..scene.runs import find_runs, read_run
from ..scene.showing import other_pictures, shown_files
from ..scene.whereabouts import (
    file_folder,
    file_of,
    files_of,
    is_below,
    local_zooms,
    other_images,
    point_others,
    point_pictures,
    stack_elsewhere,
    unsaved_run,
)
from ..settings.made import note_moved
from .background import Background
from .runs import forget_runs

_ZOOMS = "zooms"


@dataclass(frozen=True)
class _Source:
    """A zoom by what is known of it without Blender's data."""

    root: int  # its session_uid: it survives renaming and undo
    name: str  # its id; may be empty
    shown: Stack
    runs: frozenset[Path]  # of pictures that come from elsewhere; see ``unsaved_run``
    others: frozenset[Path]  # of those to compare with


class Copying(Background[dict[Path, Path]]):
    """Copies the stacks of all zooms that lie elsewhere, and lets the file name the copies.

    Args:
        then: called once everything is in the file.
    """

    def __init__(self, then: Callable[[], None] | None = None) -> None:
        self._home = file_folder() or Path()
        self._then = then
        self._stacks: list[Stack] = []
        self._sources = [
            _Source(
                root.session_uid,
                str(root.get(keys.ID, "")),
                stack,
                _unsaved_runs(files_of(root).values()),
                _unsaved_runs(map(file_of, other_pictures(root).values())),
            )
            for root in local_zooms()
            if (stack := stack_elsewhere(root)) is not None
        ]
        super().__init__("Copying pictures")

    def work(self, tell: Callable[[float], None]) -> dict[Path, Path]:
        stacks = []
        for source in self._sources:
            folders = {*source.runs, *source.others}
            if not is_below(source.shown.folder, self._home):
                stacks.append(with_manifest(source.shown))
                folders.add(source.shown.folder)
            stacks += [read_stack(run) for run in source.runs - {source.shown.folder}]
            others = filter(None, map(read_run, source.others))
            runs = find_runs({folder.parent for folder in folders}).of_zoom(source.name)
            stacks += [run.stack for run in (*others, *runs) if run.stack is not None]
        self._stacks = stacks
        return copy_stacks(stacks, self._home / _ZOOMS, tell)

    def take(self, result: dict[Path, Path]) -> None:
        if file_folder() != self._home:
            raise ZoomStackError(
                "moved",
                "The file was saved elsewhere while its pictures were copied to "
                f"{self._home / _ZOOMS}.",
                "Copy them again, beside the file as it is now.",
            )
        copies = {
            stack.picture(number): replace(stack, folder=result[stack.folder]).picture(number)
            for stack in self._stacks
            for number in range(len(stack.levels))
        }
        roots = {root.session_uid: root for root in local_zooms()}
        for source in self._sources:
            root, before = roots.get(source.root), source.shown.folder
            # Deleted, or something else has been made of it meanwhile.
            if root is not None and _shown_folder(root) == before:
                now = shown_files(root)
                files = {n: copies[file] for n, file in now.items() if file in copies}
                point_pictures(root, files, result.get(before, before))
        point_others(copies)
        note_moved(copies, result)
        forget_runs()
        if not bpy.app.background:
            bpy.ops.ed.undo_push(message="Copy beside the File")

    def go_on(self) -> None:
        if self._then is not None:
            self._then()


def _unsaved_runs(files: Iterable[Path]) -> frozenset[Path]:
    return frozenset(run for file in files if (run := unsaved_run(file)) is not None)


def _shown_folder(root: bpy.types.Object) -> Path | None:
    try:
        return stack_of(root).folder
    except ZoomStackError:
        return None
