"""Noise, colours and pixel grids that the sample's pictures are drawn with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZE = 768

Array = NDArray[np.floating[Any]]
"""Planes (SIZE, SIZE), pictures (SIZE, SIZE, 3) in linear light, points (2,) and colours (3,)."""


def hashed(*cells: Array, seed: int) -> Array:
    """A number 0-1 for each whole-number cell."""
    value = np.full(cells[0].shape, seed * 0x9E3779B9 & 0xFFFFFFFF, np.uint32)
    for cell, prime in zip(cells, (0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F), strict=False):
        value ^= cell.astype(np.int64).astype(np.uint32) * np.uint32(prime)
        value ^= value >> np.uint32(15)
        value *= np.uint32(0x2C1B3C6D)
        value ^= value >> np.uint32(12)
        value *= np.uint32(0x297A2D39)
        value ^= value >> np.uint32(15)
    return value.astype(np.float64) / 2**32


def noise(*axes: Array, seed: int) -> Array:
    """Smooth value noise in two or three dimensions, about -1 to 1, one bump a unit."""
    cells = [np.floor(axis) for axis in axes]
    shares = [axis - cell for axis, cell in zip(axes, cells, strict=True)]
    shares = [t * t * t * (t * (t * 6 - 15) + 10) for t in shares]
    total = np.zeros(axes[0].shape)
    for corner in np.ndindex(*(2,) * len(axes)):
        weight = np.ones(axes[0].shape)
        for t, side in zip(shares, corner, strict=True):
            weight = weight * (t if side else 1 - t)
        total += weight * hashed(
            *(cell + side for cell, side in zip(cells, corner, strict=True)), seed=seed
        )
    return 2 * total - 1


def fbm(*axes: Array, octaves: float, seed: int, gain: float = 0.5) -> Array:
    """Noise over noise, each half as large; a fraction of an octave fades the last one in."""
    total = np.zeros(axes[0].shape)
    for k in range(int(np.ceil(octaves))):
        strength = gain**k * min(1.0, octaves - k)
        # Turned and shifted, or the grids of all octaves would line up.
        total += strength * noise(
            *(axis * 2.03**k + 17.3 * k + 5.1 * seed for axis in axes), seed=seed + k
        )
    return total


def smooth(low: float, high: float, value: Array) -> Array:
    """0 at `low`, 1 at `high`, level at both; falls where low > high."""
    t: Array = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(first: Array, second: Array, share: Array) -> Array:
    return first + (second - first) * share[..., None]


def colour(*rgb: float) -> Array:
    """An sRGB colour, 0-255, as linear light."""
    value = np.array(rgb) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def encode(linear: Array) -> Array:
    linear = np.clip(linear, 0, 1)
    return np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )


def expose(light: Array) -> Array:
    """Film-like: bright things go to white softly and keep their hue."""
    exposed: Array = 1 - np.exp(-light)
    return exposed


def window(centre: tuple[float, float], half: float) -> tuple[Array, Array]:
    """x to the right and y up at the middle of each pixel."""
    steps = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    x, y = np.meshgrid(centre[0] + half * steps, centre[1] - half * steps)
    return x, y
