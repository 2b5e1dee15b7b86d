"""The bundled model, or another training of it, with the settings that are shipped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from engine.contract.job import BUNDLED
from engine.devices import choose_device
from engine.models import deepfloyd_if
from engine.models.protocol import Denoiser
from engine.models.registry import BUNDLED_FOLDERS
from engine.models.revision import revision_of


def open_stage_one(folder: Path | None = None, device: str = "cpu") -> deepfloyd_if.DeepFloydIF:
    """Stage I.

    Opened under its own name a training's folder would get another family's guidance and context,
    and could not be compared.

    Args:
        folder: as ``training.export`` writes it; None is the bundled model's.
        device: one of ``engine.devices.DEVICE_CHOICES``.

    Raises:
        ZoomStackError: codes ``bad_model``, ``no_device``.
    """
    folder = folder or BUNDLED_FOLDERS[BUNDLED]
    chosen = choose_device(device)
    model = deepfloyd_if.load(folder, BUNDLED, revision_of(folder, "unet"), chosen)
    if chosen.type == "cpu":
        return model
    return _Fetching(
        model.folder,
        model.name,
        model.revision,
        model.unet,
        model.scheduler,
        model.default_guidance,
    )


class _Fetching(deepfloyd_if.DeepFloydIF):
    """Stage I on another device, for samplers and measures that compute on the CPU."""

    def condition(
        self, prompts: Sequence[str], negative_prompts: Sequence[str], guidance_scale: float
    ) -> Denoiser:
        return _Fetched(
            super().condition(prompts, negative_prompts, guidance_scale), self.unet.device
        )


class _Fetched:
    def __init__(self, denoiser: Denoiser, device: torch.device) -> None:
        self.channels = denoiser.channels
        self._denoiser, self._device = denoiser, device

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return self._denoiser.predict_x0(z.to(self._device), sigma.to(self._device)).cpu()
