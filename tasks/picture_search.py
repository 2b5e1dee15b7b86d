"""Find Pictures: files that are gone from where a zoom expects them are looked for elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import bpy

from ..blender import folders
from ..engine.contract.errors import ZoomStackError
from ..scene.finding import stack_of
from ..scene.searching import Found, Wanted, find_pictures
from ..scene.whereabouts import (
    file_folder,
    file_of,
    files_of,
    local_zooms,
    other_images,
    pictures_of,
    point_others,
    point_pictures,
)
from ..settings.made import local_settings, note_moved
from ..settings.preferences import stack_parent
from .background import Background
from .missing import forget_missing
from .reloading import reload_pictures
from .runs import forget_runs

_Uid = int  # of a root in this session


class PictureSearch(Background[dict[_Uid, Found]]):
    """Looks for what all zooms of the file miss, and lets them name what is found.

    Args:
        chosen: a folder to look through; None: the usual places.
        then: called at the end where pictures are still missing.

    Attributes:
        found, rest: how many pictures were found, and how many of those that are shown were not.
        place: the folder of some that were found.
        when: it ended, by the monotonic clock.
    """

    def __init__(self, chosen: Path | None, then: Callable[[], None] | None = None) -> None:
        self.found = 0
        self.rest = 0
        self.place: Path | None = None
        self.when = 0.0
        self._chosen = chosen
        self._then = then
        self._wanted: dict[_Uid, Wanted] = {}
        others = tuple(dict.fromkeys(map(file_of, other_images())))
        for root in local_zooms():
            try:
                stack = stack_of(root)
            except ZoomStackError:
                continue
            levels = range(len(stack.levels))
            files = {number: file for number, file in files_of(root).items() if number in levels}
            places = _places(stack.folder)
            self._wanted[root.session_uid] = Wanted(stack, files, places, others)
        super().__init__("Looking for pictures")

    def work(self, tell: Callable[[float], None]) -> dict[_Uid, Found]:
        return {
            uid: find_pictures(wanted, self._chosen, lambda: tell(0.0))
            for uid, wanted in self._wanted.items()
        }

    def take(self, result: dict[_Uid, Found]) -> None:
        roots = {root.session_uid: root for root in local_zooms()}
        for uid, found in result.items():
            root, wanted = roots.get(uid), self._wanted[uid]
            if root is None or not (found.files or found.rest):
                continue
            self.rest += len(found.rest)
            now = files_of(root)
            # Others have been put there meanwhile.
            files = {n: file for n, file in found.files.items() if now.get(n) == wanted.files[n]}
            if found.folder is None or not files:
                continue
            self.found += len(files)
            self.place = found.folder
            _show(root, wanted, files, found.folder)
        others = {old: new for found in result.values() for old, new in found.others.items()}
        pointed = point_others(others)
        reload_pictures(pointed)
        self.found += len(pointed)
        note_moved(others, {})
        forget_runs()
        forget_missing()
        self.when = time.monotonic()
        if self.found and not bpy.app.background:
            bpy.ops.ed.undo_push(message="Find Pictures")

    def go_on(self) -> None:
        if self.rest and self._then is not None:
            self._then()


def _show(root: bpy.types.Object, wanted: Wanted, files: dict[int, Path], folder: Path) -> None:
    point_pictures(root, files, folder)
    pictures = pictures_of(root)
    reload_pictures(pictures[number] for number in files)
    before = {wanted.files[number]: file for number, file in files.items()}
    note_moved(before, {wanted.stack.folder: folder})


def _places(folder: Path) -> tuple[Path, ...]:
    """Where a stack may lie that is gone from its folder, the likeliest first."""
    home = file_folder()
    places: list[Path | None] = [folder]
    if home is not None:
        places += [home / "zooms" / folder.name, home / folder.name, home / "zooms", home]
    places += [folder.parent, folders.unsaved_zooms_folder()]
    places += [stack_parent(each.output_folder.strip()) for each in local_settings()]
    places += [stack_parent("")]
    if home is not None:
        places += [home.parent, home.parent.parent / "zooms"]
    return tuple(dict.fromkeys(place for place in places if place is not None))
