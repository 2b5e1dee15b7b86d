"""Which presets there are: jobs as JSON files, the extension's own and the user's."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..blender import folders
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.validation import readable

_FIRST = "powers_of_ten"
_SMALL_WORDS = {"of", "to", "in", "the", "and", "a"}


def shipped_presets() -> list[Path]:
    """By name, but the one to begin with comes first."""
    files = folders.PRESETS.glob("*.json")
    return sorted(files, key=lambda file: (file.stem != _FIRST, file.stem))


def presets_folder() -> Path:
    """Where the user's own are written, among Blender's presets; it may not exist.

    Blender removes an extension's own folder together with the extension.
    """
    return Path(bpy.utils.user_resource("SCRIPTS", path="presets")) / "zoom_stack"


def user_presets() -> list[Path]:
    """The user's own; looking for them makes no folder. Those of older versions lie elsewhere."""
    places = (folders.user_path("presets"), presets_folder())
    files = (file for place in places for file in place.glob("*.json"))
    # A name that no text can show cannot be handed to an operator.
    found = {file.stem: file for file in files if readable(file.stem) == file.stem}
    return [found[name] for name in sorted(found)]


def find_preset(name: str) -> Path:
    """A preset's file by its name; the user's own come first.

    Raises:
        ZoomStackError: code ``no_preset``.
    """
    for file in [*user_presets(), *shipped_presets()]:
        if file.stem == name:
            return file
    raise ZoomStackError("no_preset", f"There is no preset {name!r}.")


def preset_title(file: Path) -> str:
    """``powers_of_ten`` is "Powers of Ten"."""
    words = file.stem.split("_")
    return " ".join(
        word if number and word in _SMALL_WORDS else word.capitalize()
        for number, word in enumerate(words)
    )
