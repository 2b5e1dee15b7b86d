"""Fits what a codec's latents do when a picture is seen smaller: once per codec and factor.

Pairs of pictures that agree exactly are made (a parent, and a child that is the parent's
footprint, enlarged, with detail of its own), and encoded. Then, by least squares over all places
of all pairs,

- A tells a parent's latents from its child's at the same place,
- U tells a child's latents from its parent's,
- the *gain* compares slow waves in latents with those of pixels: the clock of the blending, which
  is written for pixels, is read at sigma over gain,
- rough colours of latents serve previews.

Weights lie at knots over distance (``local_map``). Where the distances that occur are few, because
a whole factor's footprint begins at the border of a child's pixel, there is a knot for each;
otherwise knots are as close as can be afforded, and weights are kept smooth (P-splines, Eilers
and Marx 1996).
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from typing import Protocol

import torch

from ..contract.geometry import Placement
from .blending import cosines
from .footprint import Footprint, footprint
from .latent_footprint import (
    BEYOND,
    Fit,
    Taps,
    centres_of,
    reading,
    seen_from_child,
)
from .local_map import features

_MOST_WEIGHTS = 2000  # of a row of A or U
# Weights of second differences along the knots, and shares of the mean power that every feature is
# taken to have of noise: A has those that tell most of pairs that were kept aside.
_SMOOTHS = (1e-3, 1e-2, 1e-1, 1.0)
_FLOORS = (0.0, 1e-1)
_RIDGE = 1e-7
_FLOOR = 1e-3  # of U, which A corrects anyway
_HELD_OUT = 4  # every so many pairs one
_LEAST_PAIRS, _MOST_PAIRS = 16, 64  # each shows one place of the child's pixels in the parent's
_ROWS_EACH = 3.0  # equations for each weight, at least
_SIDE = 512  # pixels of the pictures, at most, if the factor leaves enough of them
_MOST_SIDE = 1152  # larger ones would take too long
_LEAST_COVERED = 4  # latents of a parent to each side that its child covers in these pictures
_SLOWEST, _FASTEST = 0.5, 3.0  # cycles per picture of the waves that make the gain

# (count, side, seed): pictures (count, 3, side, side), about -1 to 1.
Pictures = Callable[[int, int, int], torch.Tensor]


class Encoder(Protocol):
    """What of a ``codec.Codec`` a fit needs."""

    def latent_size(self, size: tuple[int, int]) -> tuple[int, int]: ...

    def encode(self, pixels: torch.Tensor) -> torch.Tensor: ...


def is_aligned(placement: Placement, size: tuple[int, int]) -> bool:
    """Whether the parent's pixels begin at borders of the child's, on both axes.

    Args:
        size: (width, height) of the grid.
    """
    factor = placement.zoom_factor
    begins = [
        (focus * side - side / factor / 2) * factor
        for side, focus in zip(size, placement.focus, strict=True)
    ]
    return all(abs(each - round(each)) < 1e-6 for each in (factor, *begins))


@torch.no_grad()
def fit(
    codec: Encoder, factor: float, aligned: bool, size: tuple[int, int], pictures: Pictures
) -> Fit:
    """Fit a codec at one zoom factor.

    Args:
        aligned: see ``is_aligned``.
        size: (width, height) in pixels at which it will be used.
        pictures: to learn from.
    """
    side = picture_side(codec, size, factor)
    grid = codec.latent_size((side, side))[0]
    ratio = side // grid
    draw = random.Random(1)
    channels = codec.encode(torch.zeros(1, 3, 4 * ratio, 4 * ratio)).shape[1]
    if side > _MOST_SIDE:
        return _nothing_known(channels)
    reduce_taps, enlarge_taps = _taps(factor, aligned, channels, ratio)
    wanted = _ROWS_EACH * channels * reduce_taps.count**2
    pairs = max(_LEAST_PAIRS, min(math.ceil(wanted / (grid / factor) ** 2), _MOST_PAIRS))
    down, held_out, up = _Equations(), _Equations(), _Equations()
    slow = _SlowWaves()
    colours = _Equations()
    for pair in range(pairs):
        placement = _somewhere(draw, factor, aligned, grid)
        parent, child = agreeing_pair(footprint(placement, (side, side)), pictures, side, pair)
        wide, deep = codec.encode(parent).float().cpu(), codec.encode(child).float().cpu()
        place = footprint(placement, (grid, grid))
        patch = place.crop(wide)
        axes = ((place.rows, placement.focus[1]), (place.columns, placement.focus[0]))
        rows, columns = (
            reading(centres_of(axis, factor, focus), grid, 0, reduce_taps) for axis, focus in axes
        )
        asked = held_out if pair % _HELD_OUT == 1 else down
        asked.add(features(deep, rows.float(), columns.float()), patch)
        rows, columns = (
            reading(seen_from_child(axis, factor, focus), axis.count, BEYOND, enlarge_taps)
            for axis, focus in axes
        )
        around = torch.nn.functional.pad(patch, [BEYOND] * 4, mode="replicate")
        up.add(features(around, rows.float(), columns.float()), deep)
        small = torch.nn.functional.avg_pool2d(child.float().cpu(), ratio)
        ones = torch.ones_like(deep[:, :1])
        colours.add(torch.cat([deep, ones], dim=1), small)
        slow.add(parent.float().cpu(), wide)
        slow.add(child.float().cpu(), deep)
    if not all(each.are_sound() for each in (down, held_out, up, colours)):
        return _nothing_known(channels)
    choices = list(itertools.product((0.0,) if aligned else _SMOOTHS, _FLOORS))
    tried = [down.solved(reduce_taps.count, *choice) for choice in choices]
    unexplained, best = min((held_out.unexplained(each), i) for i, each in enumerate(tried))
    smooth = choices[best][0]
    down.take(held_out)
    return Fit(
        reduce_taps,
        enlarge_taps,
        down.solved(reduce_taps.count, *choices[best]).float(),
        up.solved(enlarge_taps.count, smooth, _FLOOR).float(),
        unexplained,
        slow.gain(),
        colours.solved(1, 0.0).float(),
    )


def agreeing_pair(
    place: Footprint, pictures: Pictures, side: int, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """A parent and a child (1, 3, side, side) that show the same: R child = crop(parent)."""
    parent, detail = pictures(2, side, seed)[:, None]
    child = place.enlarge(place.crop(parent)) + detail - place.enlarge(place.reduce(detail))
    return parent, child


def picture_side(codec: Encoder, size: tuple[int, int], factor: float) -> int:
    """Of square pictures to learn from: as large as is used, if that is not more than is needed.

    All that a fit depends on of the ``size`` at which it will be used.
    """
    shorter = size.index(min(size))
    unit = size[shorter] // codec.latent_size(size)[shorter]
    least = math.ceil(_LEAST_COVERED * factor) + 2
    grid = max(min(*size, _SIDE) // unit, least)
    return unit * (grid + grid % 2)


def _nothing_known(channels: int) -> Fit:
    """Of a codec whose latents say nothing, or that could be looked at no more closely."""
    one = Taps(1, 1.0)
    nothing = torch.zeros(channels, channels)
    return Fit(one, one, nothing, nothing, 1.0, 1.0, torch.zeros(3, channels + 1))


def _somewhere(draw: random.Random, factor: float, aligned: bool, grid: int) -> Placement:
    room = grid - grid / factor
    begin = draw.uniform(0.0, room)
    if aligned:
        begin = math.floor(begin * factor) / factor
    down = draw.uniform(0.0, room)
    if aligned:
        down = math.floor(down * factor) / factor
    half = grid / factor / 2
    return Placement(factor, ((begin + half) / grid, (down + half) / grid))


def _taps(factor: float, aligned: bool, channels: int, ratio: int) -> tuple[Taps, Taps]:
    """How A and U read; the finest that can be afforded."""

    def affordable(taps: Taps) -> bool:
        return channels * taps.count**2 <= _MOST_WEIGHTS

    reach = factor / 2 + 0.5
    choices = [Taps(round(factor), 1.0)] if aligned else []
    for spacing in (1 / ratio, 1 / 4, 1 / 2, 1.0):
        if spacing >= 1 / ratio:
            choices.append(Taps(math.ceil(2 * reach / spacing - 1e-6) - 1, spacing))
    coarse = factor / 2
    choices.append(Taps(math.ceil(2 * reach / coarse - 1e-6), coarse))
    ups = [Taps(3 * round(factor), 1 / round(factor))] if aligned else []
    ups += [Taps(6, 0.5), Taps(4, 1.0)]
    return (
        next((taps for taps in choices if affordable(taps)), choices[-1]),
        next((taps for taps in ups if affordable(taps)), ups[-1]),
    )


class _Equations:
    """Linear least squares, collected picture by picture."""

    def __init__(self) -> None:
        self._xx = self._xy = self._yy = self._y = torch.zeros((), dtype=torch.float64)
        self._count = 0

    def add(self, given: torch.Tensor, wanted: torch.Tensor) -> None:
        """(1, F, n, m) features and (1, K, n, m) targets."""
        x, y = (each.transpose(0, 1).flatten(1).double() for each in (given, wanted))
        self._xx = self._xx + x @ x.mT
        self._xy = self._xy + x @ y.mT
        self._yy = self._yy + (y * y).sum(1)
        self._y = self._y + y.sum(1)
        self._count += y.shape[1]

    def take(self, other: _Equations) -> None:
        """Those of others as well."""
        self._xx, self._xy = self._xx + other._xx, self._xy + other._xy
        self._yy, self._y = self._yy + other._yy, self._y + other._y
        self._count += other._count

    def are_sound(self) -> bool:
        """Whether they can be solved at all: finite, and not all of them 0."""
        sums = torch.stack([self._xx.sum(), self._xy.sum(), self._yy.sum()])
        return bool(torch.isfinite(sums).all() and self._xx.diagonal().max() > 0.0)

    def solved(self, taps: int, smooth: float, floor: float = 0.0) -> torch.Tensor:
        """(K, F) weights; F are channels times taps times taps.

        Args:
            smooth: weight of second differences along the knots.
            floor: share of the mean power that every feature is taken to have of noise.
        """
        each = taps**2
        power = self._xx.diagonal().reshape(-1, each).mean(1)
        bend = torch.diff(torch.eye(taps, dtype=torch.float64), n=2, dim=0)
        rough, one = bend.mT @ bend, torch.eye(taps, dtype=torch.float64)
        penalty = smooth * (torch.kron(rough, one) + torch.kron(one, rough))
        penalty = penalty + _RIDGE * torch.eye(each, dtype=torch.float64)
        least = power.max() * 1e-9
        added = torch.kron(torch.diag(power + least), penalty)
        added.diagonal().add_(floor * power.mean())
        solution: torch.Tensor = torch.linalg.solve(self._xx + added, self._xy)
        return solution.mT.contiguous()

    def unexplained(self, weights: torch.Tensor) -> float:
        """Share of the targets' variance that is left, mean over them; 1 where nothing is told."""
        told = 2.0 * (weights * self._xy.mT).sum(1) - ((weights @ self._xx) * weights).sum(1)
        variance = self._yy - self._y**2 / self._count
        # What never changes is told by anything.
        left = (self._yy - told).clamp(min=0.0) / variance.clamp(min=1e-9 * self._yy.max())
        return float(left.clamp(max=1.0).mean())


class _SlowWaves:
    """The largest variance of slow waves, in grey pixels and in latents."""

    def __init__(self) -> None:
        self._sums = [torch.zeros((), dtype=torch.float64)] * 2

    def add(self, pixels: torch.Tensor, latents: torch.Tensor) -> None:
        for index, images in enumerate((pixels, latents)):
            # Pixels as grey: the colours of a picture are nearly the same slow waves.
            shown = images[0].mean(0, keepdim=True) if index == 0 else images[0]
            waves = _slow(shown.double())
            self._sums[index] = self._sums[index] + waves @ waves.mT

    def gain(self) -> float:
        of_pixels, of_latents = (float(torch.linalg.eigvalsh(each)[-1]) for each in self._sums)
        return math.sqrt(of_latents / of_pixels)


def _slow(image: torch.Tensor) -> torch.Tensor:
    """(C, n): an image's slow waves in an orthonormal DCT, each by its frequency."""
    rows, columns = cosines(image.shape[-2]), cosines(image.shape[-1])
    waves = rows @ image @ columns.mT
    down = torch.arange(waves.shape[-2]) / 2
    across = torch.arange(waves.shape[-1]) / 2
    frequency = torch.sqrt(down[:, None] ** 2 + across[None, :] ** 2)
    chosen = (frequency >= _SLOWEST) & (frequency <= _FASTEST)
    return (waves * frequency)[:, chosen]
