"""Which models can be chosen: the bundled one, and those in the model folder.

Models go by name, so that a job means the same on every machine.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import folders
from .engine.contract.errors import ZoomStackError
from .engine.contract.vocabulary import Vocabulary, read_vocabulary

if TYPE_CHECKING:
    import bpy

    from .properties import ZOOMSTACK_PG_settings

BUNDLED = "bundled"
_SCAN_SECONDS = 3.0  # panels ask in every redraw; a folder on a network is slow

Item = tuple[str, str, str, int]

_scanned: dict[str, tuple[float, list[str]]] = {}
# Blender keeps pointers into these texts without owning them.
_items: list[Item] = []


def model_items(self: ZOOMSTACK_PG_settings, context: bpy.types.Context | None) -> list[Item]:
    """The enumeration's items; a chosen model that is gone stays in the list."""
    found = known_models()
    names = [BUNDLED, *found]
    if self.model not in names:
        names.append(self.model)
    items = [_item(name, number, found) for number, name in enumerate(names)]
    if items != _items:
        _items[:] = items
    return _items


def get_model(self: ZOOMSTACK_PG_settings) -> int:
    for identifier, _name, _text, number in model_items(self, None):
        if identifier == self.model:
            return number
    return 0


def set_model(self: ZOOMSTACK_PG_settings, value: int) -> None:
    for identifier, _name, _text, number in model_items(self, None):
        if number == value:
            self.model = identifier


def vocabulary_of(settings: ZOOMSTACK_PG_settings) -> Vocabulary | None:
    """The words that the chosen model knows; None where it says nothing of that."""
    folder = folders.model_folder()
    if settings.model == BUNDLED:
        place = folders.EXTENSION / "engine" / "models" / BUNDLED
    elif folder is None or folders.preferences().remote_command.strip():
        return None
    else:
        place = folder / settings.model
    with contextlib.suppress(ZoomStackError):  # the engine tells, once the model is used
        return read_vocabulary(place)
    return None


def known_models() -> list[str]:
    """The names of the models besides the bundled one.

    Of an engine on another machine only its last check tells.
    """
    if folders.preferences().remote_command.strip():
        return [name for name in folders.preferences().remote_models.split("\n") if name]
    folder = folders.model_folder()
    if folder is None:
        return []
    when, found = _scanned.get(str(folder), (float("-inf"), []))
    if time.monotonic() - when > _SCAN_SECONDS:
        found = _scan(folder)
        _scanned[str(folder)] = (time.monotonic(), found)
    return found


def _scan(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name
                for entry in entries
                if entry.is_dir() and os.path.isfile(os.path.join(entry.path, "model_index.json"))
            )
    except OSError:
        return []


def _item(name: str, number: int, found: list[str]) -> Item:
    if name == BUNDLED:
        return (name, "Bundled", "The small model that comes with the extension", number)
    if name not in found:
        return (name, f"{name} (missing)", "This model is not in the model folder", number)
    return (name, name, "A model in the model folder", number)
