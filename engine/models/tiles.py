"""One picture enlarged tile by tile: memory and the time until a cancel follow the tile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..pictures.colour import Floats


@dataclass(frozen=True)
class Tiling:
    """How a picture is cut.

    Attributes:
        largest: side of a tile, in pixels, at most.
        overlap: pixels over which neighbouring tiles go over into one another.
    """

    largest: int
    overlap: int

    def spans(self, length: int) -> list[tuple[int, int]]:
        """Beginning and end of each tile along a side: as few as possible, of about one length."""
        if length <= self.largest:
            return [(0, length)]
        count = -(-(length - self.overlap) // (self.largest - self.overlap))
        side = -(-(length + (count - 1) * self.overlap) // count)
        starts = [round(start) for start in np.linspace(0, length - side, count)]
        return [(start, start + side) for start in starts]


def enlarged_in_tiles(
    picture: Floats,
    times: int,
    tiling: Tiling,
    enlarge: Callable[[Floats], Floats],
    progress: Callable[[float], None],
) -> Floats:
    """The picture, a whole number of times as large.

    Args:
        picture: (h, w, 3).
        enlarge: (a, b, 3) to (a * times, b * times, 3).
        progress: called before each tile with the share that is done, 0 to 1.

    Returns:
        (h * times, w * times, 3).
    """
    height, width = picture.shape[:2]
    rows, columns = (_weighted(tiling.spans(side), times, tiling) for side in (height, width))
    larger = np.zeros((height * times, width * times, 3), np.float32)
    total = len(rows) * len(columns)
    for number in range(total):
        (top, bottom), down = rows[number // len(columns)]
        (left, right), across = columns[number % len(columns)]
        progress(number / total)
        tile = enlarge(picture[top:bottom, left:right])
        place = larger[top * times : bottom * times, left * times : right * times]
        place += tile * down[:, None, None] * across[None, :, None]
    return larger


def _weighted(
    spans: list[tuple[int, int]], times: int, tiling: Tiling
) -> list[tuple[tuple[int, int], Floats]]:
    """Each tile with the weights of its enlarged pixels, which add up to 1 everywhere."""
    rises = [_rise((end - start) * times, tiling.overlap * times) for start, end in spans]
    total = np.zeros(spans[-1][1] * times, np.float32)
    for (start, end), rise in zip(spans, rises, strict=True):
        total[start * times : end * times] += rise
    return [
        ((start, end), rise / total[start * times : end * times])
        for (start, end), rise in zip(spans, rises, strict=True)
    ]


def _rise(count: int, overlap: int) -> Floats:
    """(count,) weights that rise over the overlap from either end."""
    pixel = np.arange(count, dtype=np.float32) + 0.5
    rise: Floats = np.minimum(np.minimum(pixel, count - pixel) / overlap, 1.0)
    return rise.astype(np.float32)
