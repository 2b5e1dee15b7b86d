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
        self._tables: dict[Function, torch.Tensor] = {}

    def __call__(self, latents: torch.Tensor) -> torch.Tensor:
        """The map."""
        own = self._grouped(latents)
        matrix = self.matrix
        if matrix is not None:
            mapped = own.flatten(-3) @ matrix.to(latents).mT
        else:
            parts = features(own, self._rows.to(latents), self._columns.to(latents))
            mapped = self._weights.to(latents) @ parts.flatten(-2)
        return mapped.reshape(*latents.shape[:-2], *self._result)

    def transposed(self, patch: torch.Tensor) -> torch.Tensor:
        """The adjoint: (..., C, n, m) to (..., C, h, w)."""
        own = self._grouped(patch)
        matrix = self.matrix
        if matrix is not None:
            spread = own.flatten(-3) @ matrix.to(patch)
        else:
            taps = self._rows.shape[1]
            parts = self._weights.to(patch).mT @ own.flatten(-2)
            parts = parts.reshape(*own.shape[:-2], taps, taps, *self._result)
            across = torch.einsum("mpw,...pnm->...nw", self._columns.to(patch), parts)
            spread = torch.einsum("nqh,...qnw->...hw", self._rows.to(patch), across)
        return spread.reshape(*patch.shape[:-2], *self._source)

    def function_of_gram(self, function: Function, patch: torch.Tensor) -> torch.Tensor:
        """f(A A^T) patch, exactly where the map is small, by Chebyshev's polynomials elsewhere."""
        if self.matrix is None:
            low, high = self._bounds
            return _chebyshev(function, lambda v: self(self.transposed(v)), patch, low, high)
        if function not in self._tables:
            values, vectors = self._eigen
            self._tables[function] = ((vectors * function(values)) @ vectors.mT).float()
        mapped = self._grouped(patch).flatten(-3) @ self._tables[function].to(patch)
        return mapped.reshape(patch.shape)

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
        """Of the eigenvalues of A A^T, by power iterations."""
        shape = (self.channels, *self._result)
        start = torch.randn(shape, generator=torch.Generator().manual_seed(0))

        def largest(apply: Function, rounds: int) -> float:
            vector = start
            for _ in range(rounds):
                vector = apply(vector)
                vector = vector / vector.norm()
            return float((vector * apply(vector)).sum())

        def gram(vector: torch.Tensor) -> torch.Tensor:
            return self(self.transposed(vector))

        high = 1.05 * largest(gram, 30)
        low = high - largest(lambda v: high * v - gram(v), 60)
        return max(0.9 * low, high / _SPREAD), high


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
