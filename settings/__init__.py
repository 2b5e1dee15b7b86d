"""What the user has set, and the job that it means.

Nothing here draws, starts anything or builds datablocks. The preferences' class is registered by
``panels``, which draws it.
"""

from . import older_files, properties, relocating

_PARTS = (properties, older_files, relocating)


def register() -> None:
    for part in _PARTS:
        part.register()


def unregister() -> None:
    for part in reversed(_PARTS):
        part.unregister()
