"""Which models can be chosen: the bundled one, and those that the engine has found.

Models go by name, so that a job means the same on every machine.
"""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import bpy

from ..blender import folders
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.job import BUNDLED, BUNDLED_SECOND
from ..engine.contract.model_listing import ENLARGES, MAKES, SECOND_STAGE
from ..engine.contract.options import Choice
from ..engine.contract.vocabulary import Vocabulary, read_vocabulary
from .model_list import describe, find, known_models
from .preferences import remote_command
from .upscalers import after_second_stage

Item = tuple[str, str, str, int]


def choice(
    attribute: str, built_in: Sequence[Choice], enlarges: bool
) -> tuple[Callable[..., list[Item]], Callable[..., int], Callable[..., None]]:
    """The functions of an enumeration that is a view of a name in the settings.

    Args:
        attribute: where the name is.
        built_in: those that come with the extension.
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
            offered.append(_absent(chosen))
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
    if model == BUNDLED:
        return _vocabulary(folders.EXTENSION / "engine" / "models" / BUNDLED)
    found = None if remote_command() else find(model)
    return None if found is None else _vocabulary(Path(found.folder))


@functools.cache
def _vocabulary(folder: Path) -> Vocabulary | None:
    """Read once, whatever comes of it: panels ask in every redraw."""
    with contextlib.suppress(ZoomStackError):  # the engine tells, once the model is used
        return read_vocabulary(folder)
    return None


def _models_found() -> list[Choice]:
    """The models besides the bundled one."""
    usable = [
        model
        for model in known_models()
        if model.kind == MAKES and not model.problem and model.name != BUNDLED
    ]
    last = Counter(_last_part(model.name) for model in usable)
    return [
        Choice(
            model.name,
            _last_part(model.name) if last[_last_part(model.name)] == 1 else model.name,
            f"{model.name}: {describe(model)}",
        )
        for model in usable
    ]


def _last_part(name: str) -> str:
    return name.rpartition("/")[2]


def _upscalers_found() -> list[Choice]:
    """The upscalers that were found, second stages with what may come after them."""
    offered: list[Choice] = []
    for model in known_models():
        if model.problem or model.name == BUNDLED_SECOND:
            continue
        if model.kind == SECOND_STAGE:
            offered += after_second_stage(model.name, model.name)
        elif model.kind == ENLARGES:
            offered.append(Choice(model.name, model.name, describe(model)))
    return offered


def _absent(name: str) -> Choice:
    """A name that is not among those that can be used: moved, refused or gone."""
    model = find(name)
    if model is None:
        return Choice(
            name, f"(missing) {_last_part(name)}", "This model is in none of the model folders"
        )
    if model.problem:
        return Choice(name, f"(unusable) {_last_part(name)}", model.problem)
    return Choice(name, _last_part(name), describe(model))
