"""What can be pressed: poll, ask, hand on.

The work is done in ``tasks``, ``settings`` and ``scene``.
"""

from . import (
    baking,
    beats,
    cameras,
    catcher,
    choosing,
    drag_focus,
    files,
    generate,
    import_stack,
    keeping,
    levels,
    lighting,
    models,
    of_things,
    presets,
    readout,
    rendering,
    runs,
    setup,
    shape,
    sharpen,
    things,
    timing,
    timing_properties,
    zoom,
    zoom_here,
)

_MODULES = (
    generate, levels, shape, keeping, presets, models, setup, import_stack, zoom, choosing, timing,
    timing_properties, beats, baking, rendering, cameras, things, of_things, readout, lighting,
    catcher, sharpen, runs, zoom_here, drag_focus, files,
)  # fmt: skip


def register() -> None:
    for module in _MODULES:
        module.register()


def unregister() -> None:
    for module in reversed(_MODULES):
        module.unregister()
