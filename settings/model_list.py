"""The models that the engine has found, as it told last.

They lie in the preferences, so that a new session of Blender and an engine on another machine have
them at once, and no open file gets a list of its user's disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import cast

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatProperty,
    IntProperty,
    IntVectorProperty,
    StringProperty,
)

from ..engine.contract.model_listing import LORA, MAKES, SECOND_STAGE, Listed
from .preferences import preferences

_GB = 1e9
_known: tuple[Listed, ...] | None = None
#: The row that was pressed though it cannot be chosen, and the model that was chosen then.
_looked_at: tuple[int, str] | None = None


class ZOOMSTACK_PG_listed(bpy.types.PropertyGroup):
    """A model, or a file that looks like one"""

    # The properties of Listed; a size on the disk is more than Blender's whole numbers hold.
    kind: StringProperty(description="What it is for")
    family: StringProperty(description="What it is")
    native_size: IntVectorProperty(size=2, description="Pixels of its pictures")
    gigabytes: FloatProperty(description="Size on the disk")
    draft: BoolProperty(description="It needs few steps, and its pictures are less fine")
    asks_prediction: BoolProperty(description="Only its user can say what it predicts")
    pipeline: StringProperty(description="The class that runs it")
    checkpoint: StringProperty(description="Which model of that class it is")
    folder: StringProperty(description="Where it lies")
    problem: StringProperty(description="Why it cannot be used")
    hint: StringProperty(description="What to do about that")
    tip: StringProperty(description="What a pointer over it is told")
    words: StringProperty(description="What the list's search looks through")


_TEXTS = [each.name for each in fields(Listed) if each.type == "str" and each.name != "name"]


def remember(models: Sequence[Listed]) -> None:
    """Keep what the engine told, what cannot be used at the end."""
    global _known, _looked_at
    # Blender holds no name with bytes that are no text; the command line does.
    nameable = [model for model in models if _is_text(model)]
    known = tuple(sorted(nameable, key=lambda model: bool(model.problem)))
    kept = found_models().models
    kept.clear()
    for model in known:
        item = kept.add()
        item.name = model.name
        for name in _TEXTS:
            setattr(item, name, getattr(model, name))
        item.native_size = model.native_size or (0, 0)
        item.gigabytes = model.size / _GB
        item.draft, item.asks_prediction = model.draft, model.asks_prediction
        item.tip = f"{model.name}: {model.problem or describe(model)}"
        item.words = " ".join((model.name, model.family, "draft" if model.draft else ""))
    _known, _looked_at = known, None


def found_models() -> FoundModels:
    """The list, in the preferences of this Blender."""
    return cast("FoundModels", preferences())


def describe(model: Listed) -> str:
    """Such as "Stable Diffusion XL, 1024 × 1024 px, 6.9 GB, draft"."""
    parts = [model.family]
    if model.native_size is not None:
        parts.append("{} × {} px".format(*model.native_size))
    parts.append(size_text(model.size))
    if model.draft:
        parts.append("draft")
    return ", ".join(part for part in parts if part)


def size_text(size: float) -> str:
    """Bytes for people; empty for none."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else ""


def known_models() -> tuple[Listed, ...]:
    """All that the engine told last, LoRAs and what cannot be used among them."""
    global _known
    if _known is None:
        _known = tuple(_listed(item) for item in found_models().models)
    return _known


def find(name: str) -> Listed | None:
    """The model of a name; of a folder that was moved, the only one of that last part."""
    return _find(name, [each for each in known_models() if each.kind == MAKES])


def find_second_stage(name: str) -> Listed | None:
    """The second stage of a name."""
    return _find(name, [each for each in known_models() if each.kind == SECOND_STAGE])


def find_lora(name: str) -> Listed | None:
    """The LoRA of a name."""
    return _find(name, [each for each in known_models() if each.kind == LORA])


def fitting_loras(model: str) -> list[Listed]:
    """The LoRAs for a model."""
    chosen = find(model)
    if chosen is None:
        return []
    return [each for each in known_models() if each.fits(chosen)]


def _get_row(_self: object) -> int:
    """The row of the list that is marked."""
    chosen = bpy.context.scene.zoom_stack.model
    if _looked_at is not None and _looked_at[1] == chosen:
        return _looked_at[0]
    model = find(chosen)
    return -1 if model is None else known_models().index(model)


def _set_row(_self: object, index: int) -> None:
    """A row was pressed: choose its model, or show why it cannot be chosen."""
    global _looked_at
    model, settings = known_models()[index], bpy.context.scene.zoom_stack
    if model.kind == MAKES and not model.problem:
        _looked_at, settings.model = None, model.name
        if not bpy.app.background:
            bpy.app.timers.register(_remember_step, first_interval=0.0)
    else:
        _looked_at = (index, settings.model)


def _remember_step() -> None:
    """Blender makes no undo step by itself of what is chosen in a list of the preferences."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.undo_push(message="Choose Model")


class FoundModels:
    """What was found, in the preferences; a plain mix-in for the class that is registered."""

    models: CollectionProperty(
        type=ZOOMSTACK_PG_listed,
        name="Models",
        description="The models that the engine told of last",
        options={"HIDDEN"},
    )
    active_model: IntProperty(
        name="Model",
        description="Press a model to choose it, or to read why it cannot be used",
        get=_get_row,
        set=_set_row,
        options={"HIDDEN"},
    )


def _is_text(model: Listed) -> bool:
    try:
        "".join(getattr(model, name) for name in ("name", *_TEXTS)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _find(name: str, among: Sequence[Listed]) -> Listed | None:
    last = name.rpartition("/")[2]
    for matches in (
        [each for each in among if each.name == name],
        [each for each in among if each.name.rpartition("/")[2] == last],
    ):
        if len(matches) == 1:
            return matches[0]
    return None


def _listed(item: ZOOMSTACK_PG_listed) -> Listed:
    texts = {name: getattr(item, name) for name in _TEXTS}
    size = tuple(item.native_size)
    return Listed(
        name=item.name,
        native_size=size if all(size) else None,
        size=round(item.gigabytes * _GB),
        draft=item.draft,
        asks_prediction=item.asks_prediction,
        **texts,
    )
