"""Pictures to fit a codec with: dead leaves, made by a short program.

Discs of all sizes that cover one another have the edges, the flat places and the spectrum of
photographs (Lee, Mumford and Huang, "Occlusion models for natural images", IJCV 2001), without
being any.
"""

from __future__ import annotations

import math

import numpy as np
import torch

_SMALLEST = 1 / 100  # of the picture's side, the least radius, if that is a pixel
_COVERING = 0.16  # leaves for each square of the least radius, so that they cover the picture
_LARGEST = 1 / 2
_COLOURFULNESS = 0.35  # of a leaf's colour, beside its lightness
_DEVIATION = 0.5  # of pixels


def dead_leaves(count: int, side: int, seed: int) -> torch.Tensor:
    """(count, 3, side, side), about -1 to 1; the same for the same arguments."""
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.stack([_picture(side, generator) for _ in range(count)])
    return pictures.clamp(-1.0, 1.0)


def _picture(side: int, generator: torch.Generator) -> torch.Tensor:
    # In numpy: most leaves are a few pixels, and torch takes longer for a call than for those.
    place = ((np.arange(side) + 0.5) / side).astype(np.float32)
    picture = np.zeros((3, side, side), np.float32)
    smallest = max(_SMALLEST, 1.0 / side)
    leaves = round(_COVERING / smallest**2)
    numbers = torch.rand(leaves, 4, generator=generator)
    colours = torch.randn(leaves, 5, generator=generator).numpy()
    tints = _DEVIATION * _COLOURFULNESS * colours[:, 2:, None, None]
    for (size, x, y, turn), colour, tint in zip(numbers.tolist(), colours, tints, strict=True):
        # Radii with density r^-3: as many at every scale as the picture has room for.
        low, high = _LARGEST**-2, smallest**-2
        radius = (low + size * (high - low)) ** -0.5
        x, y = 1.4 * x - 0.2, 1.4 * y - 0.2
        rows, columns = _around(y, radius, side), _around(x, radius, side)
        if rows.start == rows.stop or columns.start == columns.stop:
            continue
        above, beside = (place[rows] - y)[:, None], (place[columns] - x)[None, :]
        inside = np.clip((radius - np.sqrt(above**2 + beside**2)) * side + 0.5, 0.0, 1.0)
        ramp = math.cos(7 * turn) * beside + math.sin(7 * turn) * above
        light = _DEVIATION * (colour[0] + colour[1] * ramp / radius * 0.3)
        below = picture[:, rows, columns]
        below += inside * (light[None] + tint - below)
    return torch.from_numpy(picture)


def _around(centre: float, radius: float, side: int) -> slice:
    """The pixels that a leaf may reach."""
    first, last = (centre - radius) * side - 1.0, (centre + radius) * side + 2.0
    return slice(min(max(int(first), 0), side), min(max(int(last), 0), side))
