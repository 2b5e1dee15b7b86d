"""Swin2SR's folder format, of transformers: one picture enlarged, without diffusion.

Every level's picture is enlarged by itself; the last Pi_image pass lets them agree again.
Conde et al. 2022, "Swin2SR: SwinV2 transformer for compressed image super-resolution and
restoration".
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..contract.errors import ZoomStackError
from ..pictures.colour import Floats
from .folder_part import from_folder
from .upscaling import Lanczos, not_cancelled

_LITTLE = 1.25  # times: the network four times larger would cost sixteen times as much
# Pixels of what is enlarged at once: attention's memory and the time until a cancel follow it.
_TILE = 256
_OVERLAP = 32  # of neighbouring tiles, over which one goes over into the other


class Swin2SR:
    """The network, loaded; an ``Upscaler``.

    Attributes:
        name: as in a job's ``"upscaler"``.
        revision: identifies the weights.
    """

    def __init__(self, name: str, revision: str, network: Any) -> None:
        self.name = name
        self.revision = revision
        self.network = network

    def invents(self, before: tuple[int, int], after: tuple[int, int]) -> bool:
        """Whether the network is used at all between two sizes (width, height)."""
        return max(after[0] / before[0], after[1] / before[1]) > _LITTLE

    def resize(
        self, picture: Floats, size: tuple[int, int], check: Callable[[], None] = not_cancelled, /
    ) -> Floats:
        """By the network's factor until little is missing, then plainly; see ``Upscaler``."""
        while self.invents((picture.shape[1], picture.shape[0]), size):
            picture = self._enlarged(picture, check)
        return Lanczos().resize(picture, size)

    def _enlarged(self, picture: Floats, check: Callable[[], None]) -> Floats:
        """The picture, larger by the network's factor, tile by tile."""
        times = self.network.config.upscale
        height, width = picture.shape[:2]
        larger = np.zeros((height * times, width * times, 3), np.float32)
        weights = np.zeros((height * times, width * times, 1), np.float32)
        for top in _starts(height):
            for left in _starts(width):
                check()
                tile = self._tile(picture[top : top + _TILE, left : left + _TILE])
                rows, columns = (_rise(count, times) for count in tile.shape[:2])
                weight = (rows[:, None] * columns[None, :])[..., None]
                place = (
                    slice(top * times, top * times + tile.shape[0]),
                    slice(left * times, left * times + tile.shape[1]),
                )
                larger[place] += weight * tile
                weights[place] += weight
        result: Floats = (larger / weights).astype(np.float32)
        return result

    @torch.inference_mode()
    def _tile(self, picture: Floats) -> Floats:
        height, width = picture.shape[:2]
        # The network takes whole windows only; mirrored as its image processor does it.
        window, times = self.network.config.window_size, self.network.config.upscale
        padded = np.pad(picture, ((0, -height % window), (0, -width % window), (0, 0)), "symmetric")
        pixels = torch.from_numpy(np.ascontiguousarray(padded.transpose(2, 0, 1)))[None]
        pixels = pixels.to(self.network.device, self.network.dtype)
        larger = self.network(pixel_values=pixels).reconstruction[0]
        larger = larger[:, : height * times, : width * times].float().clamp(0.0, 1.0)
        array: Floats = larger.cpu().numpy().transpose(1, 2, 0)
        return array


def _starts(length: int) -> list[int]:
    """Where the tiles of a side begin: evenly, overlapping at least as far as they go over."""
    if length <= _TILE:
        return [0]
    count = -(-(length - _OVERLAP) // (_TILE - _OVERLAP))
    return [round(start) for start in np.linspace(0, length - _TILE, count)]


def _rise(count: int, times: int) -> Floats:
    """(count,) weights of an enlarged tile's pixels: rising over the overlap from either end."""
    pixel = np.arange(count, dtype=np.float32) + 0.5
    rise: Floats = np.minimum(np.minimum(pixel, count - pixel) / (_OVERLAP * times), 1.0)
    return rise.astype(np.float32)


def load(folder: Path, name: str, revision: str, device: torch.device) -> Swin2SR:
    """Load the network.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    from transformers import Swin2SRForImageSuperResolution

    network = from_folder(Swin2SRForImageSuperResolution, folder, name)
    if network.config.upscale < 2 or network.config.num_channels != 3:
        raise ZoomStackError(
            "bad_model",
            f'The model "{name}" does not enlarge colour pictures.',
            "Choose a Swin2SR model that enlarges two or four times.",
        )
    return Swin2SR(name, revision, network.to(device).eval())
