"""Panels draw; they change nothing."""

from . import generate, levels, zoom

_MODULES = (levels, generate, stack)


def register() -> None:
    for module in _MODULES:
        module.register()


def unregister() -> None:
    for module in reversed(_MODULES):
        module.unregister()
