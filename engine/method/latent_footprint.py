"""A level's footprint in its parent, in latents: the operators of ``footprint.Footprint``, fitted.

A latent stands for a block of pixels, so averaging latents is not what averaging pixels makes of
them, and white noise shared that way leaves a seam. The maps here are those that a codec's own
latents follow (``fitting``): A from a child's latents to its parent's at the same place, U back.

Only latents that the child covers wholly are exchanged, as in pixels. Noise is shared in all that
it touches: beyond its border the child's noise goes on with noise of its own.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from ..contract.geometry import Placement
from .footprint import Axis, Footprint, footprint
from .local_map import LocalMap, hats, knots

_SLACK = 1e-6
_MOST_UNEXPLAINED = 0.5
BEYOND = 2  # latents of the parent around a patch, its border's again, that U may look at


@dataclass(frozen=True)
class Taps:
    """Over which distances a map has weights, in pixels of the grid that it reads."""

    count: int
    spacing: float


@dataclass(frozen=True)
class Fit:
    """What is known of a codec's latents at two scales; see ``fitting.fit``.

    Attributes:
        reduce_taps, enlarge_taps: of A and of U.
        reduce, enlarge: (K, K q q), their weights.
        unexplained: share of the parent's latents' variance that A does not tell, mean over
            channels.
        gain: how large slow waves are in latents, where they are 1 in an orthonormal transform of
            the pixels.
        colours: (3, K + 1) from latents to rough colours, the last column constant.
    """

    reduce_taps: Taps
    enlarge_taps: Taps
    reduce: torch.Tensor
    enlarge: torch.Tensor
    unexplained: float
    gain: float
    colours: torch.Tensor

    @property
    def usable(self) -> bool:
        return self.unexplained <= _MOST_UNEXPLAINED


@dataclass(frozen=True)
class Touched:
    """The parent's pixels that the child touches, along an axis.

    Attributes:
        start: the first of them.
        centres: (n,) in child pixels.
        margin: child pixels beyond its border that they reach.
    """

    start: int
    centres: torch.Tensor
    margin: int


@dataclass(frozen=True)
class LatentFootprint(Footprint):
    """See ``footprint.Footprint``; images are latents, (..., C, h, w), C a multiple of K."""

    placement: Placement = field(default_factory=Placement)
    fit: Fit = field(kw_only=True)
    picture_pixels: int = field(kw_only=True)

    @property
    def pixels(self) -> int:
        """How many pixels a level's picture has."""
        return self.picture_pixels

    def reduce(self, child: torch.Tensor) -> torch.Tensor:
        return self._reduce(child)

    def reduce_mask(self, mask: torch.Tensor) -> torch.Tensor:
        return super().reduce(mask)

    def enlarge(self, patch: torch.Tensor) -> torch.Tensor:
        """As smooth as pictures are on average, and with A U = 1."""
        smooth = self._enlarge(_extended(patch))
        missed = patch - self._reduce(smooth)
        inverse = self._reduce.function_of_gram(torch.reciprocal, missed)
        return smooth + self._reduce.transposed(inverse)

    @property
    def margin(self) -> int:
        return max(touched.margin for touched in self._touched)

    def reduce_noise(self, noise: torch.Tensor) -> torch.Tensor:
        """Of all that the child touches; see ``share_noise``."""
        noises = self._reduce_noise
        return noises.function_of_gram(torch.rsqrt, noises(noise))

    def share_noise(self, parent: torch.Tensor, child: torch.Tensor) -> torch.Tensor:
        rows, columns = self._touched
        white = self.reduce_noise(child)
        result = parent.clone()
        result[
            ...,
            rows.start : rows.start + len(rows.centres),
            columns.start : columns.start + len(columns.centres),
        ] = white
        return result

    def partly(self) -> torch.Tensor:
        """(h, w) bool: what of the parent the child covers in part."""
        rows, columns = self._touched
        mask = torch.zeros(self.rows.size, self.columns.size, dtype=torch.bool)
        mask[
            rows.start : rows.start + len(rows.centres),
            columns.start : columns.start + len(columns.centres),
        ] = True
        self.crop(mask).fill_(False)
        return mask

    @property
    def _axes(self) -> tuple[tuple[Axis, float, float], tuple[Axis, float, float]]:
        factor, (across, down) = self.placement.zoom_factor, self.placement.focus
        return (self.rows, factor, down), (self.columns, factor, across)

    @functools.cached_property
    def _touched(self) -> tuple[Touched, Touched]:
        rows, columns = (touched(axis.size, factor, focus) for axis, factor, focus in self._axes)
        return rows, columns

    @functools.cached_property
    def _reduce(self) -> LocalMap:
        rows, columns = (
            reading(centres_of(axis, factor, focus), axis.size, 0, self.fit.reduce_taps)
            for axis, factor, focus in self._axes
        )
        return LocalMap(rows, columns, self.fit.reduce)

    @functools.cached_property
    def _reduce_noise(self) -> LocalMap:
        sizes = (self.rows.size, self.columns.size)
        rows, columns = (
            reading(axis.centres, size, self.margin, self.fit.reduce_taps)
            for axis, size in zip(self._touched, sizes, strict=True)
        )
        return LocalMap(rows, columns, self.fit.reduce)

    @functools.cached_property
    def _enlarge(self) -> LocalMap:
        rows, columns = (
            reading(seen_from_child(axis, factor, focus), axis.count, BEYOND, self.fit.enlarge_taps)
            for axis, factor, focus in self._axes
        )
        return LocalMap(rows, columns, self.fit.enlarge)


def latent_footprints(
    placements: Sequence[Placement],
    latent_size: tuple[int, int],
    size: tuple[int, int],
    fits: Sequence[Fit],
) -> list[LatentFootprint]:
    """The nesting of levels in latents.

    Args:
        placements: of the children, one for each footprint.
        latent_size, size: (width, height) of latents and of pictures.
        fits: one for each footprint.

    Raises:
        ZoomStackError: code ``bad_geometry``.
    """
    made: dict[Placement, LatentFootprint] = {}
    for placement, fit in zip(placements, fits, strict=True):
        if placement not in made:
            plain = footprint(placement, latent_size)
            made[placement] = LatentFootprint(
                plain.rows, plain.columns, placement, fit=fit, picture_pixels=math.prod(size)
            )
    return [made[placement] for placement in placements]


def touched(size: int, factor: float, focus: float) -> Touched:
    """The parent's pixels that a child touches, along an axis of ``size`` pixels."""
    length = size / factor
    begin = focus * size - length / 2
    first = max(math.floor(begin + _SLACK), 0)
    last = min(math.ceil(begin + length - _SLACK), size)
    borders = (torch.tensor([first, last], dtype=torch.float64) - begin) * factor
    margin = math.ceil(max(-float(borders[0]), float(borders[1]) - size, 0.0) - _SLACK)
    parents = torch.arange(first, last, dtype=torch.float64) + 0.5
    return Touched(first, (parents - begin) * factor, margin)


def reading(centres: torch.Tensor, size: int, margin: int, taps: Taps) -> torch.Tensor:
    """(n, q, size + 2 margin): how a map reads an axis around its n centres."""
    pixels = torch.arange(-margin, size + margin, dtype=torch.float64) + 0.5
    return hats(centres, pixels, knots(taps.count, taps.spacing), taps.spacing)


def centres_of(axis: Axis, factor: float, focus: float) -> torch.Tensor:
    """(n,) of the wholly covered parent pixels, in child pixels."""
    begin = focus * axis.size - axis.size / factor / 2
    parents = torch.arange(axis.start, axis.start + axis.count, dtype=torch.float64) + 0.5
    return (parents - begin) * factor


def seen_from_child(axis: Axis, factor: float, focus: float) -> torch.Tensor:
    """(size,): where each child pixel lies in the parent's patch, in the patch's pixels."""
    begin = focus * axis.size - axis.size / factor / 2
    children = torch.arange(axis.size, dtype=torch.float64) + 0.5
    return begin - axis.start + children / factor


def _extended(patch: torch.Tensor) -> torch.Tensor:
    """With its border's latents again around it."""
    flat = patch.flatten(0, -4) if patch.ndim > 3 else patch[None]
    wide = torch.nn.functional.pad(flat, [BEYOND] * 4, mode="replicate")
    return wide.reshape(*patch.shape[:-2], *wide.shape[-2:])
