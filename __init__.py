"""Zoom Stack: prompts, one per scale, become one seamless zoom."""

from . import arrival, jobs, operators, panels, preferences, properties

_PARTS = (properties, preferences, operators, panels, arrival, jobs)


def register() -> None:
    for part in _PARTS:
        part.register()


def unregister() -> None:
    for part in reversed(_PARTS):
        part.unregister()
