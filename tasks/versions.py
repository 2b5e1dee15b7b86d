"""The versions of a zoom, looked for in the background: panels ask often, and disks are slow."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import bpy

from ..blender.screen import redraw
from ..scene.versions import Version, find_versions, whereabouts

_TICK = 0.1

_Place = tuple[str, Path]
_known: dict[_Place, list[Version]] = {}
_search: Thread | None = None


def known_versions(root: bpy.types.Object) -> list[Version] | None:
    """What is known of a zoom's versions; None while they are being looked for."""
    place = whereabouts(root)
    if place is None:
        return []
    if place not in _known and _search is None:
        _look(place)
    return _known.get(place)


def forget_versions() -> None:
    """Look at the disk again the next time."""
    _known.clear()


def unregister() -> None:
    """End the waiting; a search that is under way ends by itself."""
    if bpy.app.timers.is_registered(_show):
        bpy.app.timers.unregister(_show)
    forget_versions()


def _look(place: _Place) -> None:
    global _search

    def look() -> None:
        found: list[Version] = []
        try:
            found = find_versions(*place)
        finally:
            _known[place] = found

    _search = Thread(target=look, daemon=True)
    _search.start()
    bpy.app.timers.register(_show, first_interval=_TICK)


def _show() -> float | None:
    global _search
    if _search is not None and _search.is_alive():
        return _TICK
    _search = None
    redraw()
    return None
