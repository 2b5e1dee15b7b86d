"""One frame of the continuous zoom: the reference that Blender's frames are compared with.

Definition: levels are laid over one another widest first, in linear light, each with the
opacity of ``contract.geometry.opacity`` times its feathered border; pictures are looked up
bilinearly in linear light; pixels are averaged with a Blackman-Harris filter 3 px wide (1.5 px
to each side, Blender's default). At magnification 1 the frame is the largest rectangle of its
aspect inside level 0. Outside level 0 it is black. A loop is laid out by ``contract.unrolling``.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..contract.errors import ZoomStackError
from ..contract.geometry import level_offsets
from ..contract.picture_header import NoPictureError
from ..contract.stack import Stack
from ..contract.unrolling import Unrolled, unroll
from .colour import Bytes, Floats, bytes_to_linear, linear_to_bytes
from .opening import opened, pixels_of

FILTER_RADIUS = 1.5  # pixels
SAMPLES = 8  # per pixel and axis
MAX_MAGNIFICATION = 2.0**300
_ROWS_AT_ONCE = 32


@dataclass(frozen=True)
class _Layer:
    """A level that shows in the frame.

    Attributes:
        picture: (h, w, 3) linear light.
        centre: the level's centre minus the view's, in widths of the view; y up.
        size: the level's (width, height) in widths of the view.
        opacity: 0-1, before the feathered border.
        feather: width of the border in the unit of ``size``; 0 for the widest level.
    """

    picture: Floats
    centre: tuple[float, float]
    size: tuple[float, float]
    opacity: float
    feather: float


def load_picture(path: Path) -> Bytes:
    """Read a picture as (h, w, 3) 8-bit sRGB; transparency is ignored.

    Raises:
        ZoomStackError: code ``bad_picture``.
    """
    try:
        with opened(path) as image:
            return pixels_of(image)
    except NoPictureError as error:
        raise error.told_of(str(path)) from None


def picture_size(path: Path) -> tuple[int, int]:
    """(width, height) of a picture, read from its header.

    Raises:
        ZoomStackError: code ``bad_picture``.
    """
    try:
        with opened(path) as image:
            return image.size
    except NoPictureError as error:
        raise error.told_of(str(path)) from None


def render_view(stack: Stack, magnification: float, size: tuple[int, int]) -> Bytes:
    """Render one frame.

    Args:
        magnification: 1 shows level 0 whole; beyond the deepest level its picture is enlarged,
            and a loop begins again.
        size: (width, height) of the frame in pixels.

    Returns:
        (height, width, 3) 8-bit sRGB.

    Raises:
        ZoomStackError: codes ``bad_geometry``, ``bad_picture``, ``bad_view``.
    """
    # A loop shows something at any depth.
    most = sys.float_info.max if stack.loop else MAX_MAGNIFICATION
    if not 1.0 <= magnification <= most:
        raise ZoomStackError(
            "bad_view", f"The magnification is {magnification:g}.", "It must be 1 or more."
        )
    width, height = size
    if not (1 <= width <= 16384 and 1 <= height <= 16384):
        raise ZoomStackError(
            "bad_view", f"The frame size is {width}x{height}.", "Each side can be 1 to 16384."
        )
    sizes = [picture_size(stack.picture(i)) for i in range(len(stack.levels))]
    unrolled = unroll(stack, sizes)
    # At zoom 0 the frame is this wide in the unit of level 0's width.
    frame_width = min(1.0, width / height / unrolled.placements[unrolled.first].aspect)
    frame = (frame_width, frame_width * height / width)
    layers = _visible_layers(stack, unrolled, math.log2(magnification), frame)
    rows = [
        _render_rows(layers, frame_width, size, top, min(top + _ROWS_AT_ONCE, height))
        for top in range(0, height, _ROWS_AT_ONCE)
    ]
    return linear_to_bytes(np.concatenate(rows))


def _visible_layers(
    stack: Stack, unrolled: Unrolled, octaves: float, frame: tuple[float, float]
) -> list[_Layer]:
    """The levels that show, widest first; those that a deeper one hides wholly are left out."""
    octaves = unrolled.wrapped(octaves)
    offsets = level_offsets(unrolled.placements)
    view_x, view_y = unrolled.view_offset(octaves)
    layers: list[_Layer] = []
    for i in range(len(unrolled.levels) - 1, -1, -1):
        visible = unrolled.opacity(i, octaves, stack.display.fade)
        if visible == 0.0:
            continue
        width = 2.0 ** (octaves - unrolled.octaves[i])
        size = (width, width / unrolled.placements[i].aspect)
        layer = _Layer(
            picture=bytes_to_linear(load_picture(stack.picture(unrolled.levels[i]))),
            centre=(offsets[i][0] * width - view_x, offsets[i][1] * width - view_y),
            size=size,
            opacity=visible,
            feather=stack.display.feather * min(size) if i else 0.0,
        )
        layers.append(layer)
        if _hides_the_rest(layer, *frame):
            break
    return layers[::-1]


def _hides_the_rest(layer: _Layer, width: float, height: float) -> bool:
    # Twice the view stands for the pixel filter's reach at any sensible frame size.
    return layer.opacity == 1.0 and all(
        abs(centre) + view <= size / 2 - layer.feather
        for centre, view, size in zip(layer.centre, (width, height), layer.size, strict=True)
    )


def _render_rows(
    layers: list[_Layer], frame_width: float, size: tuple[int, int], top: int, bottom: int
) -> Floats:
    """Pixel rows top..bottom, linear light."""
    width, height = size
    pixel = frame_width / width
    margin = math.ceil(FILTER_RADIUS)
    across = _sample_positions(-margin, width + margin)
    down = _sample_positions(top - margin, bottom + margin)
    x = (across - width / 2) * pixel
    y = (height / 2 - down) * pixel
    colour = np.zeros((len(down), len(across), 3), np.float32)
    for layer in layers:
        _lay_over(colour, layer, x, y)
    weights = _filter_weights()
    colour = _filter_axis(colour, weights, bottom - top, axis=0)
    return _filter_axis(colour, weights, width, axis=1)


def _sample_positions(start: int, stop: int) -> npt.NDArray[np.float64]:
    """Sample positions in pixels, ``SAMPLES`` to a pixel."""
    return start + (np.arange((stop - start) * SAMPLES) + 0.5) / SAMPLES


def _lay_over(
    colour: Floats, layer: _Layer, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> None:
    u = (x - layer.centre[0]) / layer.size[0] + 0.5
    v = 0.5 - (y - layer.centre[1]) / layer.size[1]
    columns = np.flatnonzero((u >= 0.0) & (u <= 1.0))
    rows = np.flatnonzero((v >= 0.0) & (v <= 1.0))
    if not len(columns) or not len(rows):
        return
    inside = np.ix_(rows, columns)
    u, v = u[columns], v[rows]
    found = _bilinear(layer.picture, u, v)
    alpha = (
        layer.opacity
        * _ramp(v, layer.size[1], layer.feather)[:, None]
        * _ramp(u, layer.size[0], layer.feather)[None, :]
    )[..., None].astype(np.float32)
    colour[inside] += (found - colour[inside]) * alpha


def _ramp(
    position: npt.NDArray[np.float64], side: float, feather: float
) -> npt.NDArray[np.float64]:
    """The feathered border along one axis: smoothstep over ``feather`` from either end."""
    if feather == 0.0:
        return np.ones_like(position)
    t = np.clip(np.minimum(position, 1.0 - position) * side / feather, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _bilinear(picture: Floats, u: npt.NDArray[np.float64], v: npt.NDArray[np.float64]) -> Floats:
    """Look the picture up on the grid v x u (0-1), edge pixels extended."""
    rows, row_weight = _neighbours(v, picture.shape[0])
    columns, column_weight = _neighbours(u, picture.shape[1])
    # Only the rows that are met, so that a huge picture costs no more than its visible part.
    band: Floats = (
        picture[rows[0]] * (1.0 - row_weight)[:, None, None]
        + picture[rows[1]] * row_weight[:, None, None]
    )
    found: Floats = (
        band[:, columns[0]] * (1.0 - column_weight)[None, :, None]
        + band[:, columns[1]] * column_weight[None, :, None]
    )
    return found


def _neighbours(
    position: npt.NDArray[np.float64], count: int
) -> tuple[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]], Floats]:
    texel = position * count - 0.5
    low = np.floor(texel)
    weight = (texel - low).astype(np.float32)
    low_index = low.astype(np.intp)
    return (
        (np.clip(low_index, 0, count - 1), np.clip(low_index + 1, 0, count - 1)),
        weight,
    )


def _filter_weights() -> Floats:
    """Blackman-Harris over ``FILTER_RADIUS`` pixels to each side, at the samples' offsets."""
    margin = math.ceil(FILTER_RADIUS)
    offset = _sample_positions(-margin, margin + 1) - 0.5
    phase = 2.0 * math.pi * (offset / (2.0 * FILTER_RADIUS) + 0.5)
    weights = (
        0.35875
        - 0.48829 * np.cos(phase)
        + 0.14128 * np.cos(2.0 * phase)
        - 0.01168 * np.cos(3.0 * phase)
    )
    weights[np.abs(offset) > FILTER_RADIUS] = 0.0
    normalised: Floats = (weights / weights.sum()).astype(np.float32)
    return normalised


def _filter_axis(samples: Floats, weights: Floats, count: int, axis: int) -> Floats:
    """Average the samples of ``count`` pixels along one axis."""
    moved = np.moveaxis(samples, axis, 0)
    result = np.zeros((count, *moved.shape[1:]), np.float32)
    for k, weight in enumerate(weights):
        if weight:
            result += weight * moved[k : k + (count - 1) * SAMPLES + 1 : SAMPLES]
    return np.moveaxis(result, 0, axis)
