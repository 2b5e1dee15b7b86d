"""Linear maps from one grid of latents to another that lies over it at another scale.

What a place of the one has to do with a place of the other depends on how far they lie apart alone,
not on where. So a map is a table of weights over that distance, piecewise linear between knots
(*hat functions*), and the same table serves any placement of one factor.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import torch

# Up to so many numbers a map is kept as one matrix, which is faster and exact.
_SMALL = 1 << 24
# How far the eigenvalues of A A^T are believed to spread; smaller ones count as no smaller.
_SPREAD = 100.0
_PRECISION = 1e-6
_LANCZOS = 40
_ROOM = (0.6, 1.15)  # polynomials run away beyond the eigenvalues that they were made for
_ENDS = 16  # results to each side of the ends of a map that its eigenvalues are taken from

Function = Callable[[torch.Tensor], torch.Tensor]


def knots(count: int, spacing: float) -> list[float]:
    """Distances, symmetrical around 0."""
    return [(index - (count - 1) / 2) * spacing for index in range(count)]


def hats(
    centres: torch.Tensor, pixels: torch.Tensor, at: Sequence[float], spacing: float
) -> torch.Tensor:
    """(n, q, m): for n centres and m pixels, both as positions on one axis, q hat functions.

    Args:
        at: the knots, in the units of the positions.
        spacing: between them.
    """
    distance = pixels[None, None, :] - centres[:, None, None]
    table = torch.tensor(at, dtype=torch.float64)[None, :, None]
    return (1.0 - (distance - table).abs() / spacing).clamp(min=0.0)


class LocalMap:
    """(..., C, h, w) to (..., C, n, m); C is a multiple of the K channels that the map mixes.

    Args:
        rows, columns: (n, q, h) and (m, q, w), of ``hats``.
        weights: (K, K q q).
    """

    def __init__(self, rows: torch.Tensor, columns: torch.Tensor, weights: torch.Tensor) -> None:
        self._rows, self._columns = rows.float(), columns.float()
        self._weights = weights.float()
        self.channels = len(weights)
        self._copies: dict[tuple[object, torch.device, torch.dtype], torch.Tensor] = {}

    def __call__(self, latents: torch.Tensor) -> torch.Tensor:
        """The map."""
        own = self._grouped(latents)
        matrix = self.matrix
        if matrix is not None:
            mapped = own.flatten(-3) @ self._like(latents, "matrix", lambda: matrix).mT
        else:
            rows, columns, weights = self._parts_like(latents)
            mapped = weights @ features(own, rows, columns).flatten(-2)
        return mapped.reshape(*latents.shape[:-2], *self._result)

    def transposed(self, patch: torch.Tensor) -> torch.Tensor:
        """The adjoint: (..., C, n, m) to (..., C, h, w)."""
        own = self._grouped(patch)
        matrix = self.matrix
        if matrix is not None:
            spread = own.flatten(-3) @ self._like(patch, "matrix", lambda: matrix)
        else:
            rows, columns, weights = self._parts_like(patch)
            taps = rows.shape[1]
            parts = weights.mT @ own.flatten(-2)
            parts = parts.reshape(*own.shape[:-2], taps, taps, *self._result)
            across = torch.einsum("mpw,...pnm->...nw", columns, parts)
            spread = torch.einsum("nqh,...qnw->...hw", rows, across)
        return spread.reshape(*patch.shape[:-2], *self._source)

    def function_of_gram(self, function: Function, patch: torch.Tensor) -> torch.Tensor:
        """f(A A^T) patch, exactly where the map is small, by Chebyshev's polynomials elsewhere."""
        if self.matrix is None:
            low, high = self._bounds
            return _chebyshev(function, lambda v: self(self.transposed(v)), patch, low, high)

        def table() -> torch.Tensor:
            values, vectors = self._eigen
            return (vectors * function(values)) @ vectors.mT

        mapped = self._grouped(patch).flatten(-3) @ self._like(patch, function, table)
        return mapped.reshape(patch.shape)

    def _parts_like(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return (
            self._like(image, "rows", lambda: self._rows),
            self._like(image, "columns", lambda: self._columns),
            self._like(image, "weights", lambda: self._weights),
        )

    def _like(
        self, image: torch.Tensor, name: object, make: Callable[[], torch.Tensor]
    ) -> torch.Tensor:
        """A table where an image is, and in its precision; moved there once."""
        key = (name, image.device, image.dtype)
        if key not in self._copies:
            self._copies[key] = make().to(image)
        return self._copies[key]

    def _grouped(self, images: torch.Tensor) -> torch.Tensor:
        """(..., C, h, w) to (..., C / K, K, h, w)."""
        return images.reshape(*images.shape[:-3], -1, self.channels, *images.shape[-2:])

    @property
    def _source(self) -> tuple[int, int]:
        return self._rows.shape[2], self._columns.shape[2]

    @property
    def _result(self) -> tuple[int, int]:
        return self._rows.shape[0], self._columns.shape[0]

    @functools.cached_property
    def matrix(self) -> torch.Tensor | None:
        """(K n m, K h w), the whole map, if it is small."""
        sides = self.channels * math.prod(self._source), self.channels * math.prod(self._result)
        if math.prod(sides) > _SMALL:
            return None
        taps = self._rows.shape[1]
        weights = self._weights.reshape(self.channels, self.channels, taps, taps)
        down = torch.einsum("okqp,nqh->oknhp", weights, self._rows)
        both = torch.einsum("oknhp,mpw->onmkhw", down, self._columns)
        return both.reshape(sides[1], sides[0])

    @functools.cached_property
    def _eigen(self) -> tuple[torch.Tensor, torch.Tensor]:
        assert self.matrix is not None
        matrix = self.matrix.double()
        values, vectors = torch.linalg.eigh(matrix @ matrix.mT)
        return values.clamp(min=float(values[-1]) / _SPREAD), vectors

    @functools.cached_property
    def _bounds(self) -> tuple[float, float]:
        """Of the eigenvalues of A A^T, by Lanczos' method and with some room.

        Taken where the map begins and ends: in between it does the same again and again, and what
        a part of a symmetric operator does lies within what the whole does.
        """
        part = LocalMap(_ends(self._rows), _ends(self._columns), self._weights)
        shape = (self.channels, *part._result)
        start = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        low, high = _extremes(lambda v: part(part.transposed(v)), start)
        low, high = _ROOM[0] * low, _ROOM[1] * high
        return max(low, high / _SPREAD), high


def _ends(reading: torch.Tensor) -> torch.Tensor:
    """The first and the last of the centres of ``hats``, with the pixels that they read."""
    if len(reading) > 2 * _ENDS:
        reading = torch.cat([reading[:_ENDS], reading[-_ENDS:]])
    return reading[:, :, reading.amax((0, 1)) > 0.0]


def _extremes(apply: Function, start: torch.Tensor) -> tuple[float, float]:
    """The smallest and the largest eigenvalue of a symmetric operator (Lanczos, 1950)."""
    basis = [start / start.norm()]
    diagonal, beside = [], []
    for _ in range(_LANCZOS):
        vector = apply(basis[-1])
        diagonal.append(float((vector * basis[-1]).sum()))
        for known in basis:
            vector = vector - (vector * known).sum() * known
        length = vector.norm()
        if float(length) < 1e-6 * max(diagonal):
            break
        beside.append(float(length))
        basis.append(vector / length)
    matrix = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
    sides = torch.tensor(beside[: len(diagonal) - 1], dtype=torch.float64)
    matrix += torch.diag(sides, 1) + torch.diag(sides, -1)
    values = torch.linalg.eigvalsh(matrix)
    return float(values[0]), float(values[-1])


def features(latents: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """(..., K, h, w) to (..., K q q, n, m): what weights are given for."""
    down = torch.einsum("nqh,...hw->...qnw", rows, latents)
    both = torch.einsum("mpw,...nw->...pnm", columns, down)
    return both.flatten(-5, -3).contiguous()


def _chebyshev(
    function: Function,
    apply: Function,
    vector: torch.Tensor,
    low: float,
    high: float,
) -> torch.Tensor:
    """f(operator) vector for a symmetric operator with eigenvalues from ``low`` to ``high``.

    As many terms as 1/sqrt(x) needs (Trefethen, Approximation Theory and Practice, 2013, ch. 8).
    """
    root = math.sqrt(high / low)
    rate = math.log((root + 1.0) / max(root - 1.0, 1e-9))
    count = max(3, math.ceil(-math.log(_PRECISION) / rate))
    angles = (torch.arange(count, dtype=torch.float64) + 0.5) * math.pi / count
    values = function((torch.cos(angles) * (high - low) + (high + low)) / 2.0)
    terms = [2.0 / count * float((values * torch.cos(k * angles)).sum()) for k in range(count)]

    def scaled(v: torch.Tensor) -> torch.Tensor:
        return (2.0 * apply(v) - (high + low) * v) / (high - low)

    before, now = vector, scaled(vector)
    result = 0.5 * terms[0] * before + terms[1] * now
    for term in terms[2:]:
        before, now = now, 2.0 * scaled(now) - before
        result = result + term * now
    return result
