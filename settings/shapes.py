"""The usual sizes and shapes of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engine.contract.job import BUNDLED, THEN
from ..engine.contract.picture_size import default_size
from .model_list import find, find_second_stage

if TYPE_CHECKING:
    from .properties import ZOOMSTACK_PG_settings

# identifier -> (width over height, name, description)
SHAPES = {
    "SQUARE": (1.0, "Square 1:1", "As the models were trained"),
    "WIDE": (16 / 9, "Widescreen 16:9", "Film and television"),
    "TALL": (9 / 16, "Portrait 9:16", "Telephones"),
    "SCOPE": (2.39, "Scope 2.39:1", "Cinema"),
}
#: Of the longer side, in pixels.
SIZES = (256, 512, 1024, 2048, 4096)
OWN = "OWN"


def shape_size(aspect: float, longest: int) -> tuple[int, int]:
    """(width, height) of a shape: its longer side in pixels is given, both are even.

    Films are coded in pairs of pixels.
    """
    shortest = longest / max(aspect, 1.0 / aspect)
    sides = [2 * int(side / 2 + 1e-6) for side in (longest, shortest)]
    return (sides[0], sides[1]) if aspect >= 1.0 else (sides[1], sides[0])


def shape_of(width: int, height: int) -> float:
    """Width over height, before it was rounded to pixels where it is one of the usual ones."""
    usual = [aspect for aspect, _, _ in SHAPES.values()]
    exact = [each for each in usual if shape_size(each, max(width, height)) == (width, height)]
    return exact[0] if exact else width / height


def present_size(settings: ZOOMSTACK_PG_settings) -> str:
    """The identifier of ``zoom_stack.size`` that the settings have; "" for another size."""
    if not settings.use_size:
        return OWN
    longest = max(settings.width, settings.height)
    return str(longest) if longest in SIZES else ""


def present_shape(settings: ZOOMSTACK_PG_settings) -> str:
    """The identifier of ``zoom_stack.shape`` that the settings have; "" for another shape."""
    aspect = shape_of(settings.width, settings.height)
    return next((key for key, (usual, _, _) in SHAPES.items() if usual == aspect), "")


# Of the bundled model, which the engine need not have told of yet.
_BUNDLED_SIZE = (64, 64)


def models_own_size(settings: ZOOMSTACK_PG_settings) -> tuple[int, int] | None:
    """(width, height) of the pictures where their size is left to the model; None while unknown."""
    native: tuple[int, int] | None = _BUNDLED_SIZE
    if settings.model != BUNDLED:
        model = find(settings.model)
        native = model.native_size if model is not None else None
    if native is None:
        return None
    stage = find_second_stage(settings.upscaler.partition(THEN)[0])
    larger = stage.native_size if stage is not None else None
    return default_size(native, larger[0] // native[0] if larger else 1)
