"""Which pictures of a zoom are gone, looked up in the background: panels ask often."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

import bpy

from ..blender.screen import redraw
from ..scene.whereabouts import file_of, files_of, is_packed

_TICK = 0.1
_AGE = 4.0  # seconds after which the disk is looked at again
_MOST = 50  # zooms, or states of one

_Files = tuple[tuple[int, Path], ...]
#: Levels whose file is gone, and when that was found out.
_known: dict[_Files, tuple[list[int], float]] = {}
_search: Thread | None = None
#: Files that are there again, as after a disk was mounted.
_back: set[Path] = set()


def known_missing(root: bpy.types.Object) -> list[int]:
    """The levels of a zoom whose picture is gone, as far as is known; packed ones never are."""
    files = _key(files_of(root))
    missing, when = _known.get(files, ([], 0.0))
    if _search is None and time.monotonic() - when > _AGE and not bpy.app.background:
        _look(files)
    return missing


def forget_missing() -> None:
    """Look at the disk again the next time."""
    _known.clear()


def unregister() -> None:
    """End the waiting; a look that is under way ends by itself."""
    if bpy.app.timers.is_registered(_show):
        bpy.app.timers.unregister(_show)
    forget_missing()


def _key(files: Mapping[int, Path]) -> _Files:
    return tuple(sorted(files.items()))


def _look(files: _Files) -> None:
    global _search

    def look() -> None:
        missing = [number for number, file in files if not file.is_file()]
        before, _ = _known.get(files, ([], 0.0))
        _back.update(file for number, file in files if number in before and number not in missing)
        _known[files] = (missing, time.monotonic())

    if len(_known) > _MOST:
        _known.clear()
    _search = Thread(target=look, daemon=True)
    _search.start()
    bpy.app.timers.register(_show, first_interval=_TICK)


def _show() -> float | None:
    global _search
    if _search is not None and _search.is_alive():
        return _TICK
    _search = None
    _reload_what_is_back()
    redraw()
    return None


def _reload_what_is_back() -> None:
    """Blender tries to read a file once, and shows magenta until it is told to try again."""
    for image in bpy.data.images if _back else ():
        if image.source == "FILE" and file_of(image) in _back and not is_packed(image):
            image.reload()
    _back.clear()
