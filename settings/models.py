"""Which models can be chosen: the bundled one, and those in the model folder.

Models go by name, so that a job means the same on every machine.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..blender import folders
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.job import BUNDLED
from ..engine.contract.vocabulary import Vocabulary, read_vocabulary

if TYPE_CHECKING:
    import bpy

    from .properties import ZOOMSTACK_PG_settings

_UPSCALERS = (b'"IFSuperResolutionPipeline"', b'"Swin2SRForImageSuperResolution"')
_INDEX_FILES = ("model_index.json", "config.json")  # of diffusers, of transformers
_INDEX_BYTES = 4096
_SCAN_SECONDS = 3.0  # panels ask in every redraw; a folder on a network is slow

Item = tuple[str, str, str, int]

_scanned: dict[str, tuple[float, list[tuple[str, bool]]]] = {}


def choice(
    attribute: str, built_in: Sequence[tuple[str, str, str]], enlarges: bool
) -> tuple[Callable[..., list[Item]], Callable[..., int], Callable[..., None]]:
    """The functions of an enumeration that is a view of a name in the settings.

    Args:
        attribute: where the name is.
        built_in: identifier, title and description of each that needs no model folder.
        enlarges: offer models that enlarge pictures, instead of those that make them.

    Returns:
        For ``EnumProperty``: items, get and set. Closures, since Blender takes no methods.
    """
    # Blender keeps pointers into these texts without owning them.
    kept: list[Item] = []

    def items(self: ZOOMSTACK_PG_settings, context: bpy.types.Context | None) -> list[Item]:
        found = known_models(enlarges)
        names = [*(identifier for identifier, _title, _text in built_in), *found]
        chosen = getattr(self, attribute)
        if chosen not in names:  # it is gone, and stays in the list
            names.append(chosen)
        fresh = [_item(name, number, built_in, found) for number, name in enumerate(names)]
        if fresh != kept:
            kept[:] = fresh
        return kept

    def get(self: ZOOMSTACK_PG_settings) -> int:
        for identifier, _name, _text, number in items(self, None):
            if identifier == getattr(self, attribute):
                return number
        return 0

    def set_(self: ZOOMSTACK_PG_settings, value: int) -> None:
        for identifier, _name, _text, number in items(self, None):
            if number == value:
                setattr(self, attribute, identifier)

    return items, get, set_


def vocabulary_of(settings: ZOOMSTACK_PG_settings) -> Vocabulary | None:
    """The words that the chosen model knows; None where it says nothing of that."""
    folder = folders.model_folder()
    if settings.model == BUNDLED:
        place = folders.EXTENSION / "engine" / "models" / BUNDLED
    elif folder is None or folders.preferences().remote_command.strip():
        return None
    else:
        place = folder / settings.model
    return _vocabulary(place)


@functools.cache
def _vocabulary(folder: Path) -> Vocabulary | None:
    """Read once, whatever comes of it: panels ask in every redraw."""
    with contextlib.suppress(ZoomStackError):  # the engine tells, once the model is used
        return read_vocabulary(folder)
    return None


def known_models(enlarges: bool = False) -> list[str]:
    """The names of the models besides the bundled one.

    Of an engine on another machine only its last check tells, and not which of them enlarge.

    Args:
        enlarges: those that enlarge pictures, instead of those that make them.
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
    return [name for name, is_upscaler in found if is_upscaler == enlarges]


def _scan(folder: Path) -> list[tuple[str, bool]]:
    """Names, and whether they enlarge pictures; the engine looks closer once one is used."""
    found: dict[str, bool] = {}
    for file in _INDEX_FILES:
        with contextlib.suppress(OSError):
            for index in folder.glob(f"*/{file}"):
                with contextlib.suppress(OSError):
                    enlarges = _enlarges(index)
                    # Any program may call its settings config.json.
                    if enlarges or file == _INDEX_FILES[0]:
                        found.setdefault(index.parent.name, enlarges)
    return sorted(found.items())


@functools.cache
def _enlarges(index: Path) -> bool:
    """Read once: what a model is does not change, and the folder may be on a network."""
    with index.open("rb") as file:
        start = file.read(_INDEX_BYTES)
    return any(name in start for name in _UPSCALERS)


def _item(
    name: str, number: int, built_in: Sequence[tuple[str, str, str]], found: list[str]
) -> Item:
    for entry in built_in:
        if name == entry[0]:
            return (*entry, number)
    if name not in found:
        return (name, f"{name} (missing)", "This model is not in the model folder", number)
    return (name, name, "A model in the model folder", number)
