"""A level's footprint in its parent: reduction, enlargement, crop and paste.

Everything is separable, so that each operator is a pair of small matrices built once from the
overlap matrix B of an axis: B[r, c] is how much child pixel c adds to the integral over parent
pixel r. For whole, aligned factors that is plain overlap: the box mean. Otherwise borders of
parent pixels cut child pixels, and what lies on either side of a cut is read from the smoothest
curve with the child's pixel means (a histospline): taking pixels as flat would blur once more,
which costs half the power of the highest frequencies at a factor of 1.7 and shows as a seam.

Only parent pixels that the footprint covers wholly take part; those at its border that it covers
in part stay the parent's own, which keeps rendering idempotent and noise white for any factor and
any focus point.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import torch

from ..contract.errors import ZoomStackError
from ..contract.geometry import Placement

MIN_PIXELS = 2
# Weight of curvature against slope in the enlargement's smoothness, in squared child pixels:
# large is smooth inside and overshoots at the border, 0 is a piecewise linear "tent".
_CURVATURE = 4.0
# A pixel counts as covered when no more than this share of it is missing: 64 / 1.6 is 40 to a
# person and 39.99999999999999 to a computer.
_SLACK = 1e-6
# Large matrices are next to empty: they are applied in blocks of so many rows, each over the
# columns where it is more than negligible. It changes no 32-bit number by more than its rounding.
_BLOCK = 256
_LARGE = 512
_NEGLIGIBLE = 1e-10
_BEYOND = 32  # pixels around a block that what is in it may depend on

# Rows, columns, and what a matrix has there; elsewhere it is negligible.
Block = tuple[slice, slice, torch.Tensor]


class Axis:
    """One axis of a footprint; the matrices are built when they are first asked for.

    Attributes:
        start: first covered parent pixel.
        at_edge: whether the footprint ends at the parent's own border, at its start and end.
        size: how many pixels the child has.
    """

    def __init__(
        self, start: int, at_edge: tuple[bool, bool], borders: torch.Tensor, size: int
    ) -> None:
        self.start = start
        self.at_edge = at_edge
        self.size = size
        self._borders = borders  # of the n covered parent pixels, n + 1, in child pixels

    @property
    def count(self) -> int:
        """How many parent pixels are covered."""
        return len(self._borders) - 1

    @functools.cached_property
    def overlap(self) -> torch.Tensor:
        """(n, size) the overlap matrix B of the n covered parent pixels."""
        return torch.diff(_integral_up_to(self._borders, self.size), dim=0)

    @functools.cached_property
    def reduce(self) -> torch.Tensor:
        """(n, size) area mean; rows sum to 1."""
        return _means_between(self._borders, self.size)

    @functools.cached_property
    def enlarge(self) -> torch.Tensor:
        """(size, n) the smoothest right inverse: ``reduce @ enlarge`` is the identity."""
        return _smoothest_right_inverse(self.reduce)

    @functools.cached_property
    def reduce_blocks(self) -> list[Block]:
        """``reduce`` of a large axis, which as a whole would be far larger than pictures are."""
        blocks = []
        for row in range(0, self.count, _BLOCK):
            borders = self._borders[row : row + _BLOCK + 1]
            first = max(int(borders[0]) - _BEYOND, 0)
            last = min(int(borders[-1]) + 1 + _BEYOND, self.size)
            blocks.append(_block(_means_between(borders - first, last - first), row, first))
        return blocks

    @functools.cached_property
    def enlarge_blocks(self) -> list[Block]:
        """``enlarge`` of a large axis, likewise."""
        blocks = []
        for row in range(0, self.size, _BLOCK):
            end = min(row + _BLOCK, self.size)
            near = torch.searchsorted(self._borders, torch.tensor([row, end]).to(self._borders))
            begin = max(int(near[0]) - 1 - _BEYOND, 0)
            stop = min(int(near[1]) + _BEYOND, self.count)
            borders = self._borders[begin : stop + 1]
            first = 0 if begin == 0 else int(borders[0])
            last = self.size if stop == self.count else int(borders[-1]) + 1
            whole = _smoothest_right_inverse(_means_between(borders - first, last - first))
            blocks.append(_block(whole[row - first : end - first], row, begin))
        return blocks

    @functools.cached_property
    def whiten(self) -> torch.Tensor:
        """(n, size) orthonormal rows, (B B^T)^(-1/2) B: white noise in, white noise out."""
        return _orthonormal_rows(self.overlap)


@dataclass(frozen=True)
class Footprint:
    """Where a level lies in its parent, for images of one size.

    Images are (..., H, W); patches are (..., h, w), the parent's covered pixels.
    """

    rows: Axis
    columns: Axis

    @property
    def pixels(self) -> int:
        """How many pixels a level's picture has."""
        return self.rows.size * self.columns.size

    @property
    def margin(self) -> int:
        """How far beyond a level's border its noise is asked for, on each side, by its parent."""
        return 0

    def crop(self, parent: torch.Tensor) -> torch.Tensor:
        """The parent's own view of the child: (..., H, W) to (..., h, w)."""
        rows, columns = self.rows, self.columns
        return parent[
            ...,
            rows.start : rows.start + rows.count,
            columns.start : columns.start + columns.count,
        ]

    def paste(self, parent: torch.Tensor, patch: torch.Tensor) -> torch.Tensor:
        """The parent with its covered pixels replaced; a new tensor."""
        result = parent.clone()
        self.fill(result, patch)
        return result

    def fill(self, parent: torch.Tensor, patch: torch.Tensor) -> None:
        """``paste`` in place."""
        self.crop(parent).copy_(patch)

    def reduce(self, child: torch.Tensor) -> torch.Tensor:
        """R: centre-aligned area mean, (..., H, W) to (..., h, w)."""
        if max(child.shape[-2:]) > _LARGE:
            return _apply_blocks(self.rows.reduce_blocks, self.columns.reduce_blocks, child)
        return _apply(self.rows.reduce, self.columns.reduce, child)

    def enlarge(self, patch: torch.Tensor) -> torch.Tensor:
        """U: (..., h, w) to (..., H, W), smooth, with R U = I."""
        if max(self.rows.size, self.columns.size) > _LARGE:
            return _apply_blocks(self.rows.enlarge_blocks, self.columns.enlarge_blocks, patch)
        return _apply(self.rows.enlarge, self.columns.enlarge, patch)

    def reduce_mask(self, mask: torch.Tensor) -> torch.Tensor:
        """The area mean of a mask, (..., 1, H, W), which is in no model's values."""
        return self.reduce(mask)

    def reduce_noise(self, noise: torch.Tensor) -> torch.Tensor:
        """White noise of the child as the parent sees it: unit variance, white, shared."""
        return _apply(self.rows.whiten, self.columns.whiten, noise)

    def share_noise(self, parent: torch.Tensor, child: torch.Tensor) -> torch.Tensor:
        """The parent's white noise with the child's in its place, which stays white.

        Args:
            child: with ``margin`` pixels more on each side.
        """
        return self.paste(parent, self.reduce_noise(child))


def footprint(placement: Placement, size: tuple[int, int]) -> Footprint:
    """Build the operators of a level.

    Args:
        size: (width, height) of every level in pixels.

    Raises:
        ZoomStackError: code ``bad_geometry``, when less than 2 pixels of the parent are covered.
    """
    check_pixels(placement, size)
    width, height = size
    columns = _axis(width, placement.zoom_factor, placement.focus[0])
    rows = _axis(height, placement.zoom_factor, placement.focus[1])
    return Footprint(rows, columns)


def check_pixels(
    placement: Placement, size: tuple[int, int], level: str = "A level", where: str = ""
) -> None:
    """Refuse a level that is too small in its parent to be seen; no operators are built.

    Args:
        level: how to call it.
        where: appended to the size.

    Raises:
        ZoomStackError: code ``bad_geometry``.
    """
    factor = placement.zoom_factor
    for side, focus in zip(size, placement.focus, strict=True):
        first, last = _covered(side, factor, focus)
        if last - first < MIN_PIXELS:
            raise ZoomStackError(
                "bad_geometry",
                f"{level} has a zoom factor of {factor:g} and covers less than {MIN_PIXELS} "
                f"pixels of the level before it at {size[0]}x{size[1]} pixels{where}.",
                "Use a smaller zoom factor, or more levels.",
            )


def _apply(rows: torch.Tensor, columns: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    """rows @ image @ columns.T for (..., H, W)."""
    rows = rows.to(image.device, image.dtype)
    columns = columns.to(image.device, image.dtype)
    return rows @ image @ columns.T


def _apply_blocks(rows: list[Block], columns: list[Block], image: torch.Tensor) -> torch.Tensor:
    """The same by the blocks of both matrices."""
    height, width = rows[-1][0].stop, columns[-1][0].stop
    result = image.new_empty(*image.shape[:-2], height, width)
    across = [(out, band, part.to(image).mT) for out, band, part in columns]
    for down, above, part in rows:
        partly = part.to(image) @ image[..., above, :]
        for out, band, weights in across:
            result[..., down, out] = partly[..., band] @ weights
    return result


def _block(part: torch.Tensor, row: int, column: int = 0) -> Block:
    """A part of a matrix that begins there, without the columns beside what is in it."""
    used = (part.abs().amax(0) > _NEGLIGIBLE).nonzero()
    first, last = int(used[0]), int(used[-1]) + 1
    columns = slice(column + first, column + last)
    return slice(row, row + len(part)), columns, part[:, first:last].clone()


def _covered(size: int, factor: float, focus: float) -> tuple[int, int]:
    """The first of the parent's pixels that lie wholly within, and the one after the last."""
    length = size / factor
    begin = focus * size - length / 2
    first = max(int(-(-(begin - _SLACK) // 1)), 0)
    last = min(int((begin + length + _SLACK) // 1), size)
    return first, max(last, first)


@functools.lru_cache(maxsize=256)
def _axis(size: int, factor: float, focus: float) -> Axis:
    length = size / factor
    begin = focus * size - length / 2
    first, last = _covered(size, factor, focus)
    count = last - first
    # Borders of the covered parent pixels, in child pixels.
    borders = ((torch.arange(count + 1, dtype=torch.float64) + first) - begin) * factor
    at_edge = (begin < 1.0, begin + length > size - 1.0)
    return Axis(first, at_edge, borders.clamp(0, size), size)


def _means_between(borders: torch.Tensor, size: int) -> torch.Tensor:
    """(len(borders) - 1, size): from a row of pixels to its means between the borders."""
    overlap = torch.diff(_integral_up_to(borders, size), dim=0)
    return overlap / overlap.sum(1, keepdim=True)


def _integral_up_to(borders: torch.Tensor, size: int) -> torch.Tensor:
    """(len(borders), size): the integral of a row of pixels from its start to each border.

    At whole borders it is the sum of the pixels before. In between it follows the natural cubic
    spline through those sums, whose slope is the histospline.
    """
    nearest = borders.round()
    if torch.allclose(borders, nearest, rtol=0.0, atol=_SLACK):
        return _sums(nearest, size)
    return torch.cat([_spline(part, size) for part in torch.split(borders, _BLOCK)])


def _sums(knots: torch.Tensor, size: int) -> torch.Tensor:
    """(len(knots), size): the sums of the pixels before."""
    return (torch.arange(size) < knots[:, None]).double()


def _spline(borders: torch.Tensor, size: int) -> torch.Tensor:
    """(len(borders), size): the natural cubic spline through the sums."""
    knot = borders.floor().clamp(0, size - 1)
    right = (borders - knot)[:, None]
    left = 1.0 - right
    chord = left * _sums(knot, size) + right * _sums(knot + 1, size)
    curve = (left**3 - left) * _second_derivatives(knot, size)
    curve += (right**3 - right) * _second_derivatives(knot + 1, size)
    return chord + curve / 6.0


def _second_derivatives(knots: torch.Tensor, size: int) -> torch.Tensor:
    """(len(knots), size): the spline's second derivatives there.

    They solve a tridiagonal system with 1, 4, 1, whose right side is six times the differences of
    neighbouring pixels. Its inverse is known in closed form: with cosh a = 2, for i <= j,
    (-1)^(i+j) sinh(i a) sinh((size - j) a) / (sinh(a) sinh(size a)), and 0 at both ends.
    """
    angle = math.acosh(2.0)

    def share(times: torch.Tensor) -> torch.Tensor:
        """sinh(times * angle) over half of exp(times * angle), which overflows."""
        return -torch.expm1(-2.0 * angle * times)

    i, j = knots[:, None], torch.arange(size + 1, dtype=torch.float64)
    apart = (i - j).abs()
    near, far = torch.minimum(i, j), size - torch.maximum(i, j)
    inverse = torch.exp(-angle * (apart + 1.0)) * share(near) * share(far)
    inverse *= 1.0 - 2.0 * (apart % 2.0)
    inverse /= math.expm1(-2.0 * angle) * math.expm1(-2.0 * angle * size)
    return 6.0 * (inverse[:, :-1] - inverse[:, 1:])


def _orthonormal_rows(overlap: torch.Tensor) -> torch.Tensor:
    """(B B^T)^(-1/2) B, the orthonormal matrix closest to B in the Frobenius norm."""
    values, vectors = torch.linalg.eigh(overlap @ overlap.T)
    root: torch.Tensor = vectors @ torch.diag(values.rsqrt()) @ vectors.T
    return root @ overlap


def _smoothest_right_inverse(reduce: torch.Tensor) -> torch.Tensor:
    """The U with R U = I whose columns have the least slope and curvature.

    It interpolates means, not samples: the enlarged patch has exactly the patch's values when
    it is reduced again. Solved as the usual saddle point of a constrained least-squares problem.
    """
    count, size = reduce.shape
    slope = torch.diff(torch.eye(size, dtype=torch.float64), dim=0)
    curvature = torch.diff(slope, dim=0)
    energy = slope.T @ slope + _CURVATURE * curvature.T @ curvature
    system = torch.zeros(size + count, size + count, dtype=torch.float64)
    system[:size, :size] = energy
    system[:size, size:] = reduce.T
    system[size:, :size] = reduce
    right = torch.zeros(size + count, count, dtype=torch.float64)
    right[size:] = torch.eye(count, dtype=torch.float64)
    solution: torch.Tensor = torch.linalg.solve(system, right)
    return solution[:size]
