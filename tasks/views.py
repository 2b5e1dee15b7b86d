"""Views that were turned to a zoom get their own look back once they look elsewhere."""

from __future__ import annotations

import bpy

from ..scene.viewing import give_looks_back

_TICK = 0.5


def watch_views() -> None:
    """Look after the views from now on, as long as any has our look."""
    if not (bpy.app.background or bpy.app.timers.is_registered(_look_after)):
        bpy.app.timers.register(_look_after, first_interval=_TICK)


def unregister() -> None:
    """Look no more."""
    if bpy.app.timers.is_registered(_look_after):
        bpy.app.timers.unregister(_look_after)


def _look_after() -> float | None:
    return _TICK if give_looks_back() else None
