"""Copy Beside File: a zoom's pictures come to lie beside the .blend, so that both move together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.stack import Stack, read_stack
from ..scene import keys
from ..scene.copying import copy_stacks, size_of, with_manifest
from ..scene.finding import stack_of
from ..scene.runs import find_runs, read_run
from ..scene.showing import other_pictures, shown_files
from ..scene.unused import in_editors, is_used
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
from .lookup import Lookup
from .runs import forget_runs

_ZOOMS = "zooms"
_AGE = 10.0  # seconds after which amounts are looked up again

_Amounts = tuple[tuple[int, int], tuple[int, int]]
_UNKNOWN: _Amounts = ((0, 0), (0, 0))


@dataclass(frozen=True)
class _Source:
    """A zoom by what is known of it without Blender's data."""

    root: int  # its session_uid: it survives renaming and undo
    name: str  # its id; may be empty
    shown: Stack = field(hash=False)
    runs: frozenset[Path]  # of pictures that come from elsewhere; see ``unsaved_run``
    others: frozenset[Path]  # of those to compare with


@dataclass(frozen=True)
class _Wanted:
    """What is to be copied to a folder, as far as Blender's data tell."""

    home: Path
    sources: tuple[_Source, ...]
    others: frozenset[Path]  # runs of other pictures that the file uses

    def stacks(self, earlier: bool) -> list[Stack]:
        """Look at the disk; ``earlier``: what the zooms' other runs have made as well.

        Raises:
            ZoomStackError: code ``missing_picture`` and those of ``read_stack``.
        """
        found = []
        others = set(self.others)
        for source in self.sources:
            folders = {*source.runs, *source.others}
            others |= source.others
            if not is_below(source.shown.folder, self.home):
                found.append(with_manifest(source.shown))
                folders.add(source.shown.folder)
            found += [read_stack(run) for run in source.runs - {source.shown.folder}]
            if earlier:
                runs = find_runs({folder.parent for folder in folders}).of_zoom(source.name)
                found += [run.stack for run in runs if run.stack is not None]
        there = [run for folder in others if (run := read_run(folder)) is not None]
        found += [run.stack for run in there if run.stack is not None]
        return list({stack.folder: stack for stack in found}.values())


def _wanted() -> _Wanted:
    sources = tuple(
        _Source(
            root.session_uid,
            str(root.get(keys.ID, "")),
            stack,
            _unsaved_runs(files_of(root).values()),
            _unsaved_runs(map(file_of, other_pictures(root).values())),
        )
        for root in local_zooms()
        if (stack := stack_elsewhere(root)) is not None
    )
    shown = in_editors()
    used = (image for image in other_images() if is_used(image, shown))
    return _Wanted(file_folder() or Path(), sources, _unsaved_runs(map(file_of, used)))


def known_amounts() -> _Amounts | None:
    """How much is copied: (runs, bytes) of what is in use, and with the earlier runs.

    None while it is not known, as it is looked for in the background; zeros where it cannot be.
    """
    return _amounts.want(_wanted())


def unregister() -> None:
    """End the waiting; a look that is under way ends by itself."""
    _amounts.close()


def _find_amounts(wanted: _Wanted) -> _Amounts:
    try:
        used, both = wanted.stacks(False), wanted.stacks(True)
        return (len(used), sum(map(size_of, used))), (len(both), sum(map(size_of, both)))
    except (ZoomStackError, OSError):  # copying tells it
        return _UNKNOWN


class Copying(Background[dict[Path, Path]]):
    """Copies the stacks of all zooms that lie elsewhere, and lets the file name the copies.

    Args:
        then: called once everything is in the file.
        earlier: the zooms' earlier runs as well, not only those of pictures in use.
    """

    def __init__(self, then: Callable[[], None] | None = None, earlier: bool = False) -> None:
        self._wanted = _wanted()
        self._home = self._wanted.home
        self._earlier = earlier
        self._then = then
        self._stacks: list[Stack] = []
        super().__init__("Copying pictures")

    def work(self, tell: Callable[[float], None]) -> dict[Path, Path]:
        self._stacks = stacks = self._wanted.stacks(self._earlier)
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
        for source in self._wanted.sources:
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


_amounts: Lookup[_Wanted, _Amounts] = Lookup(_find_amounts, _UNKNOWN, age=_AGE)
