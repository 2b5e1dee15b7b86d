"""How pipelines lay latents out: (B, C, h, w) to what their denoiser takes, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Layout:
    """One way to lay latents out.

    Attributes:
        lay: (B, C, h, w) to what a pipeline takes as ``latents``.
        raised: what its denoiser says, with h and w, as (B, C, h, w) again.
        fold: how many channels of the denoiser are one of the latents.
        side: how many pixels of the codec's latents are one here, to each side.
    """

    lay: Callable[[torch.Tensor], torch.Tensor]
    raised: Callable[[torch.Tensor, int, int], torch.Tensor]
    fold: int = 1
    side: int = 1


def _same(latents: torch.Tensor) -> torch.Tensor:
    return latents


def _as_it_is(output: torch.Tensor, _height: int, _width: int) -> torch.Tensor:
    return output


def _pack(latents: torch.Tensor) -> torch.Tensor:
    """(B, C, h, w) to (B, h/2 * w/2, 4 C): blocks of 2 x 2 pixels, the channel slowest."""
    count, channels, height, width = latents.shape
    blocks = latents.view(count, channels, height // 2, 2, width // 2, 2)
    return blocks.permute(0, 2, 4, 1, 3, 5).reshape(count, height * width // 4, 4 * channels)


def _unpack(output: torch.Tensor, height: int, width: int) -> torch.Tensor:
    count, _, channels = output.shape
    blocks = output.view(count, height // 2, width // 2, channels // 4, 2, 2)
    return blocks.permute(0, 3, 1, 4, 2, 5).reshape(count, channels // 4, height, width)


def _from_tokens(output: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(B, h * w, C) to (B, C, h, w)."""
    return output.transpose(1, 2).reshape(len(output), -1, height, width)


LAYOUTS = {
    "plain": Layout(_same, _as_it_is),
    # FLUX.1 and its relatives.
    "packed": Layout(_pack, _unpack, fold=4),
    # FLUX.2 takes them plain and hands on tokens; four of the codec's pixels are one.
    "tokens": Layout(_same, _from_tokens, side=2),
}
