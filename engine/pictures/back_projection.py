"""A larger picture corrected until it shows, reduced again, the picture that it came from.

Irani and Peleg 1991, "Improving resolution by image registration": what is missing is enlarged
smoothly and added, until nothing is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from .colour import Floats

_CLOSE = 0.75 / 255.0  # root mean square; going on would cost sharpness and is not seen
_ROUNDS = 10
# Next to black and white, smooth corrections are cut off. What is missing after so many rounds is
# shared out within each pixel, which stays within the range and is exact, if less smooth.
_ADDING = 8
_LEAST = 1e-4  # of a mean that is divided by


def back_projected(
    larger: Floats, picture: Floats, check: Callable[[], None] = lambda: None
) -> Floats:
    """The larger picture with the area means of the picture, changed no further than that takes.

    Args:
        larger: (H, W, 3), 0 to 1; changed in place.
        picture: (h, w, 3), 0 to 1.
        check: called before each round; an exception of its ends the work.

    Returns:
        ``larger``, 0 to 1: reduced again it differs from the picture by less than one of 255, as
        a root mean square. Where sides are no whole multiples, a pixel between a black and a white
        one belongs to both, and more is left of noise and points of light.
    """
    for channel in range(larger.shape[2]):
        plane = np.ascontiguousarray(larger[..., channel])
        target = np.ascontiguousarray(picture[..., channel])
        for number in range(_ROUNDS):
            check()
            mean = area_mean(plane, (target.shape[1], target.shape[0]))
            if float(np.sqrt(np.mean((target - mean) ** 2))) <= _CLOSE:
                break
            correct = _add if number < _ADDING else _scale
            correct(plane, target, mean)
            np.clip(plane, 0.0, 1.0, out=plane)
        larger[..., channel] = plane
    return larger


def _add(plane: Floats, target: Floats, mean: Floats) -> None:
    plane += _enlarged(target - mean, plane)


def _scale(plane: Floats, target: Floats, mean: Floats) -> None:
    """Take a share of what a pixel's parts have, or of what they lack."""
    plane *= _repeated(np.minimum(target / np.maximum(mean, _LEAST), 1.0), plane)
    np.subtract(1.0, plane, out=plane)
    plane *= _repeated(np.minimum((1.0 - target) / np.maximum(1.0 - mean, _LEAST), 1.0), plane)
    np.subtract(1.0, plane, out=plane)


def _enlarged(small: Floats, like: Floats) -> Floats:
    size = (like.shape[1], like.shape[0])
    result: Floats = np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))
    return result


def _repeated(small: Floats, like: Floats) -> Floats:
    """Each pixel over its parts; a part that a border cuts has its share of both."""
    return area_mean(small, (like.shape[1], like.shape[0]))


def area_mean(plane: Floats, size: tuple[int, int]) -> Floats:
    """(H, W) reduced to a size (width, height); a pixel that a border cuts counts by its share."""
    width, height = size
    rows = _means(plane, height).T
    result: Floats = np.ascontiguousarray(_means(np.ascontiguousarray(rows), width).T)
    return result


def _means(plane: Floats, count: int) -> Floats:
    """(H, W) to (count, W): means over equal parts of the columns."""
    length = plane.shape[0]
    if length % count == 0:
        parts = plane.reshape(count, length // count, -1)
        means: Floats = parts.mean(axis=1, dtype=np.float64).astype(np.float32)
        return means
    borders = np.arange(count + 1) * (length / count)
    borders[-1] = length
    whole = np.minimum(borders.astype(int), length - 1)
    sums: npt.NDArray[np.float64] = np.zeros((length + 1, plane.shape[1]))
    np.cumsum(plane, axis=0, dtype=np.float64, out=sums[1:])
    upto = sums[whole] + (borders - whole)[:, None] * plane[whole]
    reduced: Floats = (np.diff(upto, axis=0) * (count / length)).astype(np.float32)
    return reduced
