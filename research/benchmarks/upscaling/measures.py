"""Measures of enlarged pictures. A picture is (H, W, 3), sRGB values of 0 to 1."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from engine.method.footprint import Axis, Footprint
from engine.pictures.back_projection import area_mean
from engine.pictures.colour import Floats

Doubles = npt.NDArray[np.float64]

_LUMA = (0.299, 0.587, 0.114)  # Rec. 601, as GMSD's authors have it
_GMSD_STABILITY = 170.0 / 255.0**2  # for values of 0 to 1


def psnr(made: Floats, truth: Floats) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    error = _mean_square(made, truth)
    return 10.0 * math.log10(1.0 / error) if error > 0.0 else math.inf


def gmsd(made: Floats, truth: Floats) -> float:
    """Gradient magnitude similarity deviation; 0 for equal pictures, lower is more alike.

    Xue et al. 2014, "Gradient magnitude similarity deviation: a highly efficient perceptual image
    quality index", section II: Prewitt gradients of the luma at half size, compared pixel by
    pixel, and the standard deviation of what is compared.
    """
    one, other = (_prewitt(_halved(picture @ np.array(_LUMA))) for picture in (made, truth))
    alike = (2.0 * one * other + _GMSD_STABILITY) / (one**2 + other**2 + _GMSD_STABILITY)
    return float(alike.std())


def sharpness(made: Floats, other: Floats) -> float:
    """Mean gradient magnitude over that of another picture."""
    return float(gradients(made).mean() / gradients(other).mean())


def drift(larger: Floats, small: Floats) -> float:
    """How far the area means are from the picture that was enlarged: rms, in steps of 255."""
    size = (small.shape[1], small.shape[0])
    reduced = [area_mean(np.ascontiguousarray(larger[..., c]), size) for c in range(3)]
    return 255.0 * math.sqrt(_mean_square(np.stack(reduced, axis=-1), small))


def halo(larger: Floats, small: Floats) -> float:
    """Rms excursion beyond the least and the most of the 3x3 small pixels around, in steps of 255.

    Of a true picture it is not 0 either: what is finer than a small pixel may be brighter than it.

    Args:
        larger: a whole number of times as large as ``small``.
    """
    times = larger.shape[0] // small.shape[0]
    framed = np.pad(small, ((1, 1), (1, 1), (0, 0)), "edge")
    around = np.lib.stride_tricks.sliding_window_view(framed, (3, 3), axis=(0, 1))
    least, most = (
        limit.repeat(times, axis=0).repeat(times, axis=1)
        for limit in (around.min(axis=(-2, -1)), around.max(axis=(-2, -1)))
    )
    beyond = np.maximum(np.maximum(larger - most, least - larger), 0.0)
    return 255.0 * math.sqrt(float(np.mean(beyond.astype(np.float64) ** 2)))


def inside_to_outside(parent: Floats, place: Footprint) -> float:
    """Mean gradient magnitude inside a child's place over that outside it; 1 shows no border.

    Both are taken in bands along the border, equally wide: a quarter of the place, or what room the
    parent has around it. Differences across the border belong to neither.
    """
    found = gradients(parent)
    height, width = parent.shape[:2]
    rows, columns = place.rows, place.columns
    room = max(_room(rows, height), _room(columns, width))
    reach = max(2, min(room, rows.count // 4, columns.count // 4))
    inside = _box(rows, columns, 0, found.shape) & ~_box(rows, columns, -reach, found.shape)
    # Where the difference begins outside, it must not end inside either.
    touching = _box(rows, columns, 0, found.shape, before=1)
    outside = _box(rows, columns, reach, found.shape) & ~touching
    return float(found[inside].mean() / found[outside].mean())


def gradients(picture: Floats) -> Doubles:
    """(H - 1, W - 1): length of the differences to the pixels below and beside, all channels."""
    down = np.diff(picture, axis=0)[:, :-1].astype(np.float64)
    across = np.diff(picture, axis=1)[:-1].astype(np.float64)
    length: Doubles = np.hypot(down, across).mean(axis=-1)
    return length


def _mean_square(one: Floats, other: Floats) -> float:
    return float(np.mean((one.astype(np.float64) - other) ** 2))


def _halved(plane: Doubles) -> Doubles:
    even = plane[: plane.shape[0] // 2 * 2, : plane.shape[1] // 2 * 2]
    halved: Doubles = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2).mean(axis=(1, 3))
    return halved


def _prewitt(plane: Doubles) -> Doubles:
    """Gradient magnitude of the pixels that have all eight neighbours."""
    across = (plane[:, 2:] - plane[:, :-2]) / 3.0
    down = (plane[2:] - plane[:-2]) / 3.0
    across = across[:-2] + across[1:-1] + across[2:]
    down = down[:, :-2] + down[:, 1:-1] + down[:, 2:]
    length: Doubles = np.hypot(across, down)
    return length


def _room(axis: Axis, length: int) -> int:
    return max(axis.start, length - axis.start - axis.count)


def _box(
    rows: Axis, columns: Axis, wider: int, shape: tuple[int, ...], before: int = 0
) -> npt.NDArray[np.bool_]:
    """Where all pixels of a gradient lie in the place, widened on all sides.

    Args:
        before: begin so many gradients earlier and end as much later.
    """
    result = np.zeros(shape, dtype=np.bool_)
    top, left = (max(0, axis.start - wider - before) for axis in (rows, columns))
    bottom, right = (axis.start + axis.count + wider - 1 + before for axis in (rows, columns))
    result[top:bottom, left:right] = True
    return result
