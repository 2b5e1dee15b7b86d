"""Thin operators: poll, invoke, execute."""

from . import generate, import_stack, keeping, levels, presets, setup, shape, zoom

_MODULES = (generate, levels, shape, keeping, presets, engine, import_stack, camera)


def register() -> None:
    for module in _MODULES:
        module.register()


def unregister() -> None:
    for module in reversed(_MODULES):
        module.unregister()
