"""What is drawn: reads, changes nothing, imports no operator."""

from . import (
    cameras,
    generate,
    levels,
    lighting,
    models,
    preferences,
    rendering,
    runs,
    setup,
    things,
    way,
    zoom,
)

_MODULES = (
    preferences, setup, levels, generate, models, zoom, way, things, lighting, cameras, rendering,
    runs,
)  # fmt: skip


def register() -> None:
    for module in _MODULES:
        module.register()


def unregister() -> None:
    for module in reversed(_MODULES):
        module.unregister()
