"""Swin2SR's folder format, of transformers: one picture enlarged, without diffusion.

Every picture of a stack is enlarged by itself; the last Pi_image pass lets them agree again.
Conde et al. 2022, "Swin2SR: SwinV2 transformer for compressed image super-resolution and
restoration".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..colour import Floats
from ..contract.errors import ZoomStackError
from ..upscaling import Lanczos
from .if_folder import from_folder

_LITTLE = 1.25  # times: the network four times larger would cost sixteen times as much


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

    def resize(self, picture: Floats, size: tuple[int, int]) -> Floats:
        """By the network's factor until little is missing, then plainly; see ``Upscaler``."""
        width, height = size
        while max(width / picture.shape[1], height / picture.shape[0]) > _LITTLE:
            picture = self._enlarged(picture)
        return Lanczos().resize(picture, size)

    @torch.inference_mode()
    def _enlarged(self, picture: Floats) -> Floats:
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
