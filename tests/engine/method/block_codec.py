"""A codec whose latents are known exactly: a block cosine transform of grey pictures."""

from __future__ import annotations

import torch

from engine.method.blending import cosines
from engine.method.codec import LatentCodec


class BlockCodec(LatentCodec):
    """The first channels of each block's cosine transform, of the mean over colours.

    Args:
        side: pixels of a block.
        channels: how many of side * side coefficients are kept, slow ones first.
    """

    def __init__(self, side: int = 4, channels: int = 16) -> None:
        self.side = side
        self.channels = channels
        self.visits = 0
        one = cosines(side)
        waves = torch.einsum("ai,bj->abij", one, one).flatten(0, 1)
        order = sorted(range(side * side), key=lambda c: ((c // side) ** 2 + (c % side) ** 2, c))
        self._waves = waves[order[:channels]].float()

    def latent_size(self, size: tuple[int, int]) -> tuple[int, int]:
        return size[0] // self.side, size[1] // self.side

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        grey = pixels.mean(1)
        blocks = grey.unflatten(1, (-1, self.side)).unflatten(3, (-1, self.side))
        return torch.einsum("nyixj,kij->nkyx", blocks, self._waves)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        self.visits += 1
        blocks = torch.einsum("nkyx,kij->nyixj", latents, self._waves)
        grey = blocks.flatten(3, 4).flatten(1, 2)
        return grey[:, None].expand(-1, 3, -1, -1)
