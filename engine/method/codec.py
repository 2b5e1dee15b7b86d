"""Between the values that a model samples and pixels.

Where a model of latents is seen in pixels, what changes there is carried back as a difference, so
that what the codec loses is not lost anew each time::

    x = x0 + E(X') - E(X)       X = D(x0), X' the levels in agreement

For a model of pixels that is X' itself. In between, latents are brought into agreement by maps that
are fitted to the codec, see ``fitting.py``.
"""

from __future__ import annotations

from typing import Protocol

import torch

from .fit_pictures import dead_leaves
from .fitting import fit, picture_side
from .latent_footprint import Fit


class Codec(Protocol):
    """Pixels to a model's latents and back."""

    def latent_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of the latents of pictures of a (width, height) in pixels."""
        ...

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) clean latents to (N, 3, H, W) pixels, about -1 to 1."""
        ...

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) pixels, about -1 to 1, to (N, C, h, w) latents."""
        ...

    def moved(
        self, latents: torch.Tensor, before: torch.Tensor, after: torch.Tensor
    ) -> torch.Tensor:
        """The latents whose pixels are ``after``.

        Args:
            latents: (N, C, h, w), with ``before`` as their pixels.
            before, after: (N, 3, H, W).
        """
        ...

    def fit(self, factor: float, aligned: bool, size: tuple[int, int]) -> Fit | None:
        """The maps from a child's latents to its parent's and back; None of pixels.

        Args:
            factor: zoom factor.
            aligned: see ``fitting.is_aligned``.
            size: (width, height) of the pictures in pixels.
        """
        ...

    def not_fitted(self, unexplained: float) -> None:
        """Told where no fit is good enough, and every round is seen in pixels.

        Args:
            unexplained: see ``latent_footprint.Fit``.
        """
        ...


class Pixels:
    """The codec of a model that samples pixels."""

    def latent_size(self, size: tuple[int, int]) -> tuple[int, int]:
        return size

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return latents

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels

    def moved(
        self, _latents: torch.Tensor, _before: torch.Tensor, after: torch.Tensor
    ) -> torch.Tensor:
        return after

    def fit(self, _factor: float, _aligned: bool, _size: tuple[int, int]) -> Fit | None:
        return None

    def not_fitted(self, _unexplained: float) -> None:
        pass


class LatentCodec:
    """A codec of pixels with less numbers than they have; a subclass says which."""

    def latent_size(self, size: tuple[int, int]) -> tuple[int, int]:
        raise NotImplementedError

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def moved(
        self, latents: torch.Tensor, before: torch.Tensor, after: torch.Tensor
    ) -> torch.Tensor:
        """By the difference that it makes in latents, of the pictures that changed."""
        moved = latents.clone()
        changed = [i for i in range(len(before)) if not torch.equal(before[i], after[i])]
        if changed:
            moved[changed] += self.encode(after[changed]) - self.encode(before[changed])
        return moved

    def fit(self, factor: float, aligned: bool, size: tuple[int, int]) -> Fit:
        """Fitted to dead leaves, once for each factor."""
        known = self.__dict__.setdefault("_fits", {})
        key = (factor, aligned, picture_side(self, size, factor))
        if key not in known:
            known[key] = fit(self, factor, aligned, size, dead_leaves)
        found: Fit = known[key]
        return found

    def not_fitted(self, unexplained: float) -> None:
        pass


PIXELS: Codec = Pixels()
