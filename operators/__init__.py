"""Thin operators: poll, invoke, execute."""

from . import camera, engine, generate, import_stack, keeping, levels, presets, shape

_MODULES = (generate, levels, shape, keeping, presets, engine, import_stack, camera)


def register() -> None:
    for module in _MODULES:
        module.register()


def unregister() -> None:
    for module in reversed(_MODULES):
        module.unregister()
