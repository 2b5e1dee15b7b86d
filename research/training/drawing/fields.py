"""Noise, cells, light and colour: the brushes that every concept draws with.

All fields are arrays of floats of shape (n, n), images (n, n, 3) with values 0..1 unless a
docstring says otherwise. Coordinates run from -1 to 1, y downwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]
Colour = tuple[float, float, float]
"""Red, green and blue, 0..1."""

Rng = np.random.Generator

UNITS = 128
"""A picture's width in the unit of absolute lengths: of blurs, shifts and spots."""

_side: ContextVar[int] = ContextVar("side", default=UNITS)


def canvas_side() -> int:
    """The width of a drawing in pixels: one a unit, unless `canvas` says otherwise."""
    return _side.get()


@contextmanager
def canvas(pixels: int) -> Iterator[None]:
    """Draw at this width, a multiple of `UNITS`. Other widths draw other pictures of a subject."""
    before = _side.set(pixels)
    try:
        yield
    finally:
        _side.reset(before)


def blank() -> Field:
    """A drawing (n, n) of zeros."""
    return np.zeros((canvas_side(), canvas_side()), np.float32)


def patch(cx: float, cy: float, reach: float) -> tuple[slice, slice]:
    """Rows and columns of the pixels that lie within `reach` of a point, and a few more."""
    n = canvas_side()
    margin = int(reach * n / 2) + 3
    px, py = int((cx + 1) * n / 2), int((cy + 1) * n / 2)
    return (
        slice(max(py - margin, 0), max(py + margin, 0)),
        slice(max(px - margin, 0), max(px + margin, 0)),
    )


def grid() -> tuple[Field, Field]:
    """x and y of the pixel centres, -1..1. Shared between calls: do not write into them."""
    return _grid(canvas_side())


@lru_cache(maxsize=4)
def _grid(n: int) -> tuple[Field, Field]:
    axis = ((np.arange(n) + 0.5) / n * 2 - 1).astype(np.float32)
    x, y = np.meshgrid(axis, axis)
    return x, y


@lru_cache(maxsize=4)
def _wave_numbers(n: int) -> tuple[Field, Field]:
    ky = np.fft.fftfreq(n)[:, None] * n
    kx = np.fft.rfftfreq(n)[None, :] * n
    return kx.astype(np.float32), ky.astype(np.float32)


def noise(
    rng: Rng,
    slope: float = 1.8,
    low: float = 1.0,
    stretch: tuple[float, float] = (1.0, 1.0),
    n: int | None = None,
) -> Field:
    """Fractal Gaussian noise of mean 0 and standard deviation 1.

    The amplitude falls as k^-slope above `low` cycles per picture and is flat below it.
    `stretch` (x, y) above 1 draws the structures out along that axis. The field is cut from a
    larger periodic one, so that opposite borders do not match.
    """
    n = n or canvas_side()
    m = n + n // 4
    kx, ky = _wave_numbers(m)
    k = np.hypot(kx * stretch[0], ky * stretch[1]) / 1.25
    amplitude = 1.0 / np.maximum(k, low) ** slope
    amplitude[0, 0] = 0.0
    white = rng.standard_normal((m, m), dtype=np.float32)
    field = np.fft.irfft2(np.fft.rfft2(white) * amplitude, s=(m, m))[:n, :n]
    field -= field.mean()
    normal: Field = (field / (field.std() + 1e-9)).astype(np.float32)
    return normal


def blur(field: Field, sigma: float) -> Field:
    """Gaussian blur (periodic), sigma in units."""
    n = field.shape[0]
    sigma = sigma * n / UNITS
    kx, ky = _wave_numbers(n)
    gain = np.exp(-2 * (np.pi * sigma / n) ** 2 * (kx**2 + ky**2))
    return np.fft.irfft2(np.fft.rfft2(field) * gain, s=field.shape).astype(np.float32)


def warp(field: Field, dx: Field, dy: Field) -> Field:
    """`field` read at x + dx, y + dy (units), bilinear, mirrored at the borders."""
    n = field.shape[0]
    dx, dy = dx * np.float32(n / UNITS), dy * np.float32(n / UNITS)
    rows, columns = np.indices(field.shape, dtype=np.float32)
    y = _mirror(rows + dy, n)
    x = _mirror(columns + dx, n)
    y0, x0 = y.astype(np.int32), x.astype(np.int32)
    fy, fx = y - y0, x - x0
    y1, x1 = np.minimum(y0 + 1, n - 1), np.minimum(x0 + 1, n - 1)
    top = field[y0, x0] * (1 - fx) + field[y0, x1] * fx
    bottom = field[y1, x0] * (1 - fx) + field[y1, x1] * fx
    read: Field = (top * (1 - fy) + bottom * fy).astype(np.float32)
    return read


def _mirror(position: Field, n: int) -> Field:
    period = 2.0 * (n - 1)
    position = np.mod(position, period)
    mirrored: Field = np.minimum(position, period - position)
    return mirrored


def smooth(low: float, high: float, value: Field) -> Field:
    """Smooth step: 0 at `low`, 1 at `high`; falls where low > high."""
    t: Field = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def unit(field: Field) -> Field:
    """Standard normal values squeezed to 0..1, evenly spread."""
    squeezed: Field = (0.5 + 0.5 * np.tanh(0.8 * field)).astype(np.float32)
    return squeezed


def ramp(value: Field, *stops: tuple[float, Colour]) -> Field:
    """Colours (r, g, b) given at positions, straight lines between them: (n, n, 3)."""
    position = [stop for stop, _ in stops]
    channels = [np.interp(value, position, [colour[c] for _, colour in stops]) for c in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def mix(a: Field, b: Field | Colour, amount: Field) -> Field:
    """a where amount is 0, b where it is 1; amount (n, n)."""
    weight = amount[..., None]
    return a * (1 - weight) + np.asarray(b, np.float32) * weight


def hillshade(height: Field, azimuth: float, altitude: float, strength: float) -> Field:
    """Lambert light on a relief, about 0..1.5, flat ground is 1.

    `azimuth` is where the light comes from (radians, 0 = right, y down), `altitude` its height
    over the horizon in radians, `strength` the relief's steepness, per unit.
    """
    dy, dx = np.gradient(height)
    strength *= len(height) / UNITS
    dx, dy = dx * strength, dy * strength
    light = np.sin(altitude) - np.cos(altitude) * (dx * np.cos(azimuth) + dy * np.sin(azimuth))
    shade = np.maximum(light, 0.0) / np.sqrt(1 + dx**2 + dy**2) / np.sin(altitude)
    bounded: Field = np.minimum(shade, 2.2).astype(np.float32)
    return bounded


class Cells:
    """A jittered grid of points and, for each pixel, the nearest two.

    f1, f2: distance to the nearest and second nearest point in cell widths; id: number of the
    nearest; dx, dy: the pixel's position seen from it, in cell widths; edge: f2 - f1, 0 on walls.
    """

    def __init__(
        self,
        rng: Rng,
        count: float,
        jitter: float = 0.9,
        x: Field | None = None,
        y: Field | None = None,
    ) -> None:
        gx, gy = grid()
        u = ((gx if x is None else x) * 0.5 + 0.5) * count + rng.uniform(8, 9)
        v = ((gy if y is None else y) * 0.5 + 0.5) * count + rng.uniform(8, 9)
        side = int(np.ceil(max(u.max(), v.max()))) + 4
        # Rows are shifted by half a cell: square grids show through at low jitter.
        points = 0.5 + (rng.random((2, side, side), dtype=np.float32) - 0.5) * jitter
        iu, iv = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
        shape = u.shape
        self.f1 = np.full(shape, 9.0, np.float32)
        self.f2 = np.full(shape, 9.0, np.float32)
        self.id = np.zeros(shape, np.int32)
        self.dx = np.zeros(shape, np.float32)
        self.dy = np.zeros(shape, np.float32)
        for j in (-1, 0, 1):
            for i in (-2, -1, 0, 1, 2):
                cu, cv = np.clip(iu + i, 0, side - 1), np.clip(iv + j, 0, side - 1)
                ddx = u - (cu + points[0, cv, cu] + 0.5 * (cv & 1))
                ddy = v - (cv + points[1, cv, cu])
                distance = np.sqrt(ddx * ddx + ddy * ddy)
                nearer = distance < self.f1
                self.f2 = np.where(nearer, self.f1, np.minimum(self.f2, distance))
                self.id = np.where(nearer, cv * side + cu, self.id)
                self.dx = np.where(nearer, ddx, self.dx)
                self.dy = np.where(nearer, ddy, self.dy)
                self.f1 = np.minimum(self.f1, distance)
        self.total = side * side
        self.edge = self.f2 - self.f1

    def per_cell(self, rng: Rng) -> Field:
        """One random number 0..1 a cell, spread over its pixels."""
        return rng.random(self.total, dtype=np.float32)[self.id]


def stamp(
    image: Field,
    cx: float,
    cy: float,
    radius: float,
    colour: Colour,
    gain: float,
) -> None:
    """Adds a Gaussian spot to `image` (n, n, 3) in place; cx, cy, radius in units."""
    n = image.shape[0]
    cx, cy, radius = (length * n / UNITS for length in (cx, cy, radius))
    reach = int(radius * 3) + 1
    x0, x1 = max(int(cx) - reach, 0), min(int(cx) + reach + 1, n)
    y0, y1 = max(int(cy) - reach, 0), min(int(cy) + reach + 1, n)
    if x0 >= x1 or y0 >= y1:
        return
    px = np.exp(-0.5 * ((np.arange(x0, x1) + 0.5 - cx) / radius) ** 2)
    py = np.exp(-0.5 * ((np.arange(y0, y1) + 0.5 - cy) / radius) ** 2)
    image[y0:y1, x0:x1] += gain * (py[:, None] * px[None, :])[..., None] * np.asarray(colour)


def reduce(image: Field, factor: int = 2) -> Field:
    """Area mean over factor x factor pixels."""
    h, w = image.shape[0] // factor, image.shape[1] // factor
    blocks = image[: h * factor, : w * factor].reshape(h, factor, w, factor, -1)
    mean: Field = blocks.mean(axis=(1, 3))
    return mean


def vary(rng: Rng, colour: Colour, amount: float = 0.06) -> Colour:
    """A neighbouring colour, so that no two pictures share one."""
    red, green, blue = np.clip(np.asarray(colour) + rng.normal(0, amount, 3), 0, 1)
    return red, green, blue
