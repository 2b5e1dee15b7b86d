"""Thin operators: poll, invoke, execute."""

from . import engine, generate, levels, presets

_MODULES = (generate, levels, presets, engine)


def register() -> None:
    for module in _MODULES:
        module.register()


def unregister() -> None:
    for module in reversed(_MODULES):
        module.unregister()
