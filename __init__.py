"""Zoom Stack: prompts, one per scale, become one seamless zoom.

Registers the parts, and nothing else.
"""

from . import operators, panels, settings, tasks

_PARTS = (settings, operators, panels, tasks)


def register() -> None:
    for part in _PARTS:
        part.register()


def unregister() -> None:
    for part in reversed(_PARTS):
        part.unregister()
