"""Which models can be chosen: the bundled one, and those in the model folder.

Models go by name, so that a job means the same on every machine.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Sequence
from enum import Enum, auto
from pathlib import Path

import bpy

from ..blender import folders
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.job import BUNDLED, BUNDLED_SECOND
from ..engine.contract.model_folder import CONFIG_FILE, FAMILIES, INDEX_FILE, class_name
from ..engine.contract.options import Choice
from ..engine.contract.vocabulary import Vocabulary, read_vocabulary
from .preferences import model_folder, preferences, remote_command
from .upscalers import after_second_stage

_LARGEST_INDEX = 2**16  # bytes; what is larger describes no model, and would take long to read
_SCAN_SECONDS = 3.0  # panels ask in every redraw; a folder on a network is slow

Item = tuple[str, str, str, int]


class Use(Enum):
    """What a model in the model folder is for."""

    MAKES = auto()
    SECOND_STAGE = auto()
    ENLARGES = auto()  # each picture by itself


_scanned: dict[str, tuple[float, list[tuple[str, Use]]]] = {}


def choice(
    attribute: str, built_in: Sequence[Choice], enlarges: bool
) -> tuple[Callable[..., list[Item]], Callable[..., int], Callable[..., None]]:
    """The functions of an enumeration that is a view of a name in the settings.

    Args:
        attribute: where the name is.
        built_in: those that need no model folder.
        enlarges: offer models that enlarge pictures, instead of those that make them.

    Returns:
        For ``EnumProperty``: items, get and set. Closures, since Blender takes no methods.
    """
    # Blender keeps pointers into these texts without owning them.
    kept: list[Item] = []

    def items(self: bpy.types.PropertyGroup, _context: bpy.types.Context | None) -> list[Item]:
        offered = [*built_in, *(_upscalers_found() if enlarges else _models_found())]
        chosen = getattr(self, attribute)
        if chosen not in (each.name for each in offered):  # it is gone, and stays in the list
            text = "This model is not in the model folder"
            offered.append(Choice(chosen, f"{chosen} (missing)", text))
        fresh = [(each.name, each.title, each.text, number) for number, each in enumerate(offered)]
        if fresh != kept:
            kept[:] = fresh
        return kept

    def get(self: bpy.types.PropertyGroup) -> int:
        for identifier, _name, _text, number in items(self, None):
            if identifier == getattr(self, attribute):
                return number
        return 0

    def set_(self: bpy.types.PropertyGroup, value: int) -> None:
        for identifier, _name, _text, number in items(self, None):
            if number == value:
                setattr(self, attribute, identifier)

    return items, get, set_


def vocabulary_of(model: str) -> Vocabulary | None:
    """The words that a model knows; None where it says nothing of that.

    Args:
        model: as in a job.
    """
    folder = model_folder()
    if model == BUNDLED:
        place = folders.EXTENSION / "engine" / "models" / BUNDLED
    elif folder is None or remote_command():
        return None
    else:
        place = folder / model
    return _vocabulary(place)


@functools.cache
def _vocabulary(folder: Path) -> Vocabulary | None:
    """Read once, whatever comes of it: panels ask in every redraw."""
    with contextlib.suppress(ZoomStackError):  # the engine tells, once the model is used
        return read_vocabulary(folder)
    return None


def _models_found() -> list[Choice]:
    """The models besides the bundled one."""
    return [
        Choice(name, name, "A model in the model folder")
        for name, use in _found()
        if use in (Use.MAKES, None)
    ]


def _upscalers_found() -> list[Choice]:
    """The upscalers in the model folder, second stages with what may come after them."""
    offered: list[Choice] = []
    for name, use in _found():
        if use is Use.SECOND_STAGE:
            offered += after_second_stage(name, name)
        elif use in (Use.ENLARGES, None):
            offered.append(Choice(name, name, "A model in the model folder"))
    return offered


def _found() -> Sequence[tuple[str, Use | None]]:
    """The names of the models besides the bundled one, and what they are for.

    Of an engine on another machine only its last check tells, and not what they are for.
    """
    if remote_command():
        return [(name, None) for name in preferences().remote_models.split("\n") if name]
    folder = model_folder()
    if folder is None:
        return []
    when, found = _scanned.get(str(folder), (float("-inf"), []))
    if time.monotonic() - when > _SCAN_SECONDS:
        found = _scan(folder)
        _scanned[str(folder)] = (time.monotonic(), found)
    return found


def remember_remote_models(names: Sequence[str]) -> None:
    """Keep what an engine on another machine has said that it has."""
    bundled = (BUNDLED, BUNDLED_SECOND)
    preferences().remote_models = "\n".join(name for name in names if name not in bundled)


def _scan(folder: Path) -> list[tuple[str, Use]]:
    """Names, and what each is for; the engine looks closer once one is used."""
    found: dict[str, Use] = {}
    for file in (INDEX_FILE, CONFIG_FILE):
        with contextlib.suppress(OSError):
            for index in folder.glob(f"*/{file}"):
                if not index.is_file():
                    continue
                use = Use.MAKES
                # Half downloaded, or the network is away: the next scan looks again.
                with contextlib.suppress(OSError, ZoomStackError):
                    use = _use(index)
                # Any program may call its settings config.json.
                if use is not Use.MAKES or file == INDEX_FILE:
                    found.setdefault(index.parent.name, use)
    return sorted(found.items(), key=lambda item: item[0])


@functools.cache
def _use(index: Path) -> Use:
    """Read once: what a model is does not change, and the folder may be on a network.

    Raises:
        OSError, ZoomStackError: it cannot be read, which is not remembered.
    """
    if index.stat().st_size > _LARGEST_INDEX:
        return Use.MAKES
    family = FAMILIES.get(class_name(index.parent))
    if family is None or not family.enlarges:
        return Use.MAKES
    return Use.ENLARGES if family.single else Use.SECOND_STAGE
