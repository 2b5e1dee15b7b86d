"""Views that were turned to a zoom have its look as long as they look there, and their own else."""

from __future__ import annotations

import bpy

from ..blender import screen
from ..scene.viewing import look_after_views

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
    if screen.is_playing():
        screen.redraw()  # playing draws the views, and not the tab's numbers
    return _TICK if look_after_views() else None
