"""Swin2SR's folder format, of transformers: one picture enlarged, without diffusion.

Every level's picture is enlarged by itself; the last Pi_image pass lets them agree again.
Conde et al. 2022, "Swin2SR: SwinV2 transformer for compressed image super-resolution and
restoration".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..contract.errors import ZoomStackError
from ..pictures.colour import Floats
from .folder_part import from_folder
from .tiles import Tiling, enlarged_in_tiles
from .upscaling import NetworkUpscaler, Progress

_TILING = Tiling(largest=256, overlap=32)  # attention's memory follows the tile


class Swin2SR(NetworkUpscaler):
    """The network, loaded."""

    def __init__(self, name: str, revision: str, network: Any) -> None:
        super().__init__(name, revision, network.config.upscale)
        self.network = network

    def enlarged(self, picture: Floats, progress: Progress) -> Floats:
        """The picture, larger by the network's factor, tile by tile."""
        return enlarged_in_tiles(picture, self.times, _TILING, self._tile, progress)

    @torch.inference_mode()
    def _tile(self, picture: Floats) -> Floats:
        height, width = picture.shape[:2]
        # The network takes whole windows only; mirrored as its image processor does it.
        window, times = self.network.config.window_size, self.times
        padded = np.pad(picture, ((0, -height % window), (0, -width % window), (0, 0)), "symmetric")
        pixels = torch.from_numpy(np.ascontiguousarray(padded.transpose(2, 0, 1)))[None]
        pixels = pixels.to(self.network.device, self.network.dtype)
        larger = self.network(pixel_values=pixels).reconstruction[0]
        larger = larger[:, : height * times, : width * times].float().clamp(0.0, 1.0)
        array: Floats = larger.cpu().numpy().transpose(1, 2, 0)
        return array


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
