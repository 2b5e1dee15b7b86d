"""The sRGB transfer curve (IEC 61966-2-1) on numpy arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


def to_linear(encoded: Floats) -> Floats:
    """Decode sRGB values of 0-1 to linear light."""
    low = encoded / 12.92
    high = ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, low, high).astype(np.float32)


def to_srgb(linear: Floats) -> Floats:
    """Encode linear light of 0-1 as sRGB; values outside are clipped."""
    light = np.clip(linear, 0.0, 1.0)
    high = 1.055 * np.maximum(light, 0.0031308) ** (1.0 / 2.4) - 0.055
    return np.where(light <= 0.0031308, light * 12.92, high).astype(np.float32)


@functools.cache
def _byte_table() -> Floats:
    return to_linear(np.arange(256, dtype=np.float32) / 255.0)


def bytes_to_linear(encoded: Bytes) -> Floats:
    """Decode 8-bit sRGB to linear light of 0-1."""
    return _byte_table()[encoded]


def linear_to_bytes(linear: Floats) -> Bytes:
    """Encode linear light as 8-bit sRGB, rounded to the nearest value."""
    encoded: Bytes = np.rint(to_srgb(linear) * 255.0).astype(np.uint8)
    return encoded


_STRIP = 256  # rows


def in_strips(
    convert: Callable[[Floats], npt.NDArray[Any]],
    source: Floats,
    target: npt.NDArray[Any],
    check: Callable[[], None],
) -> None:
    """Convert a large picture part by part: quicker than as a whole, and without its temporaries.

    Args:
        convert: of values one by one.
        source: (h, w, 3).
        target: (h, w, 3); takes the result, and may be the source.
        check: called before each part; an exception of its ends the work.
    """
    for top in range(0, len(source), _STRIP):
        check()
        target[top : top + _STRIP] = convert(source[top : top + _STRIP])
