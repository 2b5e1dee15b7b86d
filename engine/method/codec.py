"""Between the values that a model samples and the pixels in which levels are brought together.

Levels are blended, rendered and pinned in pixels. What that changes is carried back to a model's
own latents as a difference, so that what the codec loses is not lost anew in every round::

    x = x0 + E(X') - E(X)        X = D(x0), X' the levels in agreement

For a model of pixels that is X' itself.
"""

from __future__ import annotations

from typing import Protocol

import torch


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


class LatentCodec:
    """A codec of pixels with less numbers than they have; a subclass says which."""

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def moved(
        self, latents: torch.Tensor, before: torch.Tensor, after: torch.Tensor
    ) -> torch.Tensor:
        """By the difference that it makes in latents; see above."""
        return latents + self.encode(after) - self.encode(before)


PIXELS: Codec = Pixels()
