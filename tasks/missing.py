"""Which pictures of a zoom are gone, looked up in the background: panels ask often."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from ..scene.whereabouts import file_of, files_of
from .lookup import Lookup
from .reloading import reload_pictures

_AGE = 4.0  # seconds after which the disk is looked at again

_Files = tuple[tuple[int, str], ...]  # not paths, of which a hash takes long


def known_missing(root: bpy.types.Object) -> list[int]:
    """The levels of a zoom whose picture is gone, as far as is known; packed ones never are.

    For what draws: the disk is looked at soon where that was not done lately.
    """
    files = files_of(root)
    return _lookup.want(tuple((number, str(file)) for number, file in files.items())) or []


def forget_missing() -> None:
    """Look at the disk again the next time."""
    _lookup.forget()


def unregister() -> None:
    """End the waiting; a look that is under way ends by itself."""
    _lookup.close()


def _find(files: _Files) -> list[int]:
    return [number for number, file in files if not os.path.isfile(file)]


def _took(files: _Files, before: list[int] | None, missing: list[int]) -> None:
    """Pictures are there again, as after a disk was mounted."""
    gone = set(before or ()) - set(missing)
    back = {Path(file) for number, file in files if number in gone}
    if back:
        reload_pictures(each for each in bpy.data.images if file_of(each) in back)


_lookup: Lookup[_Files, list[int]] = Lookup(_find, [], age=_AGE, took=_took)
