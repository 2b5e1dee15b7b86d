"""At which size a model samples pictures of a given shape, and how much larger its second stage."""

from __future__ import annotations

import math

from ..contract.errors import ZoomStackError

# How far the number of pixels may go from the native one, and the aspect from what is asked for:
# every level is stretched by the latter in the end.
_LEAST_AREA, _MOST_AREA = 0.6, 1.6
_MOST_STRETCH = 1.1
_LEAST_MULTIPLES = 2
_AREA_WEIGHT = 0.1  # against the aspect's error, both as logarithms


def sampling_size(native: int, aspect: float, multiple: int) -> tuple[int, int]:
    """The size nearest to a shape, of about the native number of pixels.

    Args:
        native: side of the squares that the model was trained on, in pixels.
        aspect: width over height.
        multiple: of which both sides must be whole ones.

    Returns:
        (width, height).

    Raises:
        ZoomStackError: codes ``bad_geometry``, where no size comes near to the shape, and
            ``bad_model``.
    """
    if native < _LEAST_MULTIPLES * multiple:
        raise ZoomStackError(
            "bad_model",
            f"The model works at {native}x{native} pixels, fewer than Zoom Stack can use.",
            f"Choose a model of {_LEAST_MULTIPLES * multiple} pixels or more.",
        )
    sizes = _sizes(native, multiple)

    def stretch(size: tuple[int, int]) -> float:
        return abs(math.log(size[0] / size[1] / aspect))

    nearest = min(sizes, key=stretch)
    if stretch(nearest) > math.log(_MOST_STRETCH):
        raise ZoomStackError(
            "bad_geometry",
            f"This model cannot make pictures {_times(aspect)}: it works at about "
            f"{native}x{native} pixels, with sides that are multiples of {multiple}.",
            f"The nearest shape is {_times(nearest[0] / nearest[1])}.",
        )
    return min(
        (size for size in sizes if stretch(size) <= math.log(_MOST_STRETCH)),
        key=lambda size: (
            stretch(size) + _AREA_WEIGHT * abs(math.log(size[0] * size[1] / native**2))
        ),
    )


def _sizes(native: int, multiple: int) -> list[tuple[int, int]]:
    """All (width, height) of whole multiples with about the native number of pixels."""
    least = _LEAST_MULTIPLES * multiple
    sizes = []
    for width in range(least, int(_MOST_AREA * native**2 / least) + 1, multiple):
        lowest = max(least, multiple * math.ceil(_LEAST_AREA * native**2 / width / multiple))
        highest = int(_MOST_AREA * native**2 / width)
        sizes += [(width, height) for height in range(lowest, highest + 1, multiple)]
    return sizes


def enlargement(name: str, native: int, upscaler: str, larger: int) -> int:
    """How many times as large a second stage makes the first one's pictures.

    Args:
        name: of the first stage's model.
        native: side of its pictures, in pixels.
        upscaler: name of the second stage.
        larger: side of its pictures.

    Raises:
        ZoomStackError: code ``bad_model``, when the two do not fit together.
    """
    times, rest = divmod(larger, native)
    if rest or times < 2:
        raise ZoomStackError(
            "bad_model",
            f"The upscaler {upscaler!r} makes pictures of {larger} pixels, which is no multiple "
            f"of the {native} of the model {name!r}.",
            'Choose two stages of one cascade, or "lanczos".',
        )
    return times


def _times(aspect: float) -> str:
    if aspect >= 1.0:
        return f"{aspect:.3g} times as wide as high"
    return f"{1 / aspect:.3g} times as high as wide"
