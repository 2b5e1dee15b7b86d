"""Zoom Stack: prompts, one per scale, become one seamless zoom."""

from . import operators, panels
from .settings import preferences, properties
from .tasks import delivery, runner

_PARTS = (properties, preferences, operators, panels, arrival, jobs)


def register() -> None:
    for part in _PARTS:
        part.register()


def unregister() -> None:
    for part in reversed(_PARTS):
        part.unregister()
