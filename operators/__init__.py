"""What can be pressed: poll, ask, hand on.

The work is done in ``tasks``, ``settings`` and ``scene``.
"""

from . import (
    files,
    generate,
    import_stack,
    keeping,
    levels,
    models,
    presets,
    setup,
    shape,
    sharpen,
    versions,
    zoom,
)

_MODULES = (
    generate, levels, shape, keeping, presets, models, setup, import_stack, zoom, sharpen, versions,
    files,
)  # fmt: skip


def register() -> None:
    for module in _MODULES:
        module.register()


def unregister() -> None:
    for module in reversed(_MODULES):
        module.unregister()
