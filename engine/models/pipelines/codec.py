"""Pixels to latents and back, by a pipeline's VAE at its own scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ...machine.devices import free_memory
from ...machine.failures import is_out_of_memory
from ...machine.noticing import notice
from ...method.codec import LatentCodec
from ...method.fitting import picture_side
from ...method.latent_footprint import Fit
from .fits import fit_file, read_fit, write_fit
from .tiling import smaller_tiles

_UNFITTED = (
    "How this model's latents follow pictures at two scales was not found out well ({:.0%} of it "
    "is left open), so its levels are decoded in every step, which takes longer."
)
_TILED = "The memory ran short while pictures were coded; that goes on in parts."


class VaeCodec(LatentCodec):
    """A VAE of diffusers, one picture at a time; see ``method.codec.Codec``.

    Args:
        vae: the model.
        side: how many pixels one of the latents stands for, to each side.
        revision: identifies the weights; with it, what was fitted is kept on the disk.
    """

    def __init__(self, vae: Any, side: int, revision: str = "") -> None:
        self._vae = vae
        self.side = side
        self._revision = revision
        self._tiled = False

    def latent_size(self, size: tuple[int, int]) -> tuple[int, int]:
        return size[0] // self.side, size[1] // self.side

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return torch.cat([self._in_parts_if_needed(self._decoded, each[None]) for each in latents])

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """The most likely latents."""
        return torch.cat([self._in_parts_if_needed(self._encoded, each[None]) for each in pixels])

    def fit(self, factor: float, aligned: bool, size: tuple[int, int]) -> Fit:
        """See ``method.codec.Codec``; kept beside the model's revision."""
        side = picture_side(self, size, factor)
        if not self._revision:
            return super().fit(factor, aligned, size)
        weights = next(self._vae.parameters())
        threads = torch.get_num_threads() if weights.device.type == "cpu" else ""
        made_on = f"{torch.__version__} {weights.device.type} {weights.dtype} {threads}"
        file = fit_file(self._revision, factor, aligned, side, made_on)
        fitted = read_fit(file)
        if fitted is None:
            fitted = super().fit(factor, aligned, size)
            write_fit(file, fitted)
        return fitted

    def not_fitted(self, unexplained: float) -> None:
        notice(_UNFITTED.format(unexplained))

    def _decoded(self, latents: torch.Tensor) -> torch.Tensor:
        raw = self._raw(latents).to(self._vae.dtype)
        pixels: torch.Tensor = self._vae.decode(raw, return_dict=False)[0].to(latents.dtype)
        return pixels[:, :, 0] if self._is_of_films else pixels

    def _encoded(self, pixels: torch.Tensor) -> torch.Tensor:
        given = pixels.to(self._vae.device, self._vae.dtype)
        coded = self._vae.encode(given[:, :, None] if self._is_of_films else given)
        mode = coded.latent_dist.mode() if hasattr(coded, "latent_dist") else coded.latent
        return self._scaled(mode.to(pixels.dtype)).to(pixels.device)

    def _in_parts_if_needed(
        self, code: Callable[[torch.Tensor], torch.Tensor], picture: torch.Tensor
    ) -> torch.Tensor:
        while True:
            try:
                return code(picture)
            except Exception as error:
                if not is_out_of_memory(error) or not smaller_tiles(self._vae):
                    raise
            # Outside of the handler: its exception holds what the memory is needed for.
            if not self._tiled:
                notice(_TILED)
            self._tiled = True
            free_memory()

    @property
    def _is_of_films(self) -> bool:
        return hasattr(self._vae.config, "z_dim")  # Wan's and Qwen-Image's

    def _raw(self, latents: torch.Tensor) -> torch.Tensor:
        """As the VAE decodes them."""
        config = self._vae.config
        if hasattr(self._vae, "bn"):  # FLUX.2
            mean, deviation = self._statistics(latents)
            return torch.nn.functional.pixel_shuffle(latents * deviation + mean, 2)
        if self._is_of_films:
            mean, deviation = self._per_channel(latents[:, :, None])
            return latents[:, :, None] * deviation + mean
        if config.get("latents_mean") is not None:  # a few of SDXL's relatives
            mean, deviation = self._per_channel(latents)
            return latents * deviation / float(config.scaling_factor) + mean
        return latents / float(config.scaling_factor) + float(config.get("shift_factor") or 0.0)

    def _scaled(self, raw: torch.Tensor) -> torch.Tensor:
        """The inverse of ``_raw``."""
        config = self._vae.config
        if hasattr(self._vae, "bn"):
            raw = torch.nn.functional.pixel_unshuffle(raw, 2)
            mean, deviation = self._statistics(raw)
            return (raw - mean) / deviation
        if self._is_of_films:
            mean, deviation = self._per_channel(raw)
            return ((raw - mean) / deviation)[:, :, 0]
        if config.get("latents_mean") is not None:
            mean, deviation = self._per_channel(raw)
            return (raw - mean) / deviation * float(config.scaling_factor)
        shift = float(config.get("shift_factor") or 0.0)
        return (raw - shift) * float(config.scaling_factor)

    def _statistics(self, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        norm = self._vae.bn
        mean, variance = (
            v.view(1, -1, 1, 1).to(like) for v in (norm.running_mean, norm.running_var)
        )
        return mean, torch.sqrt(variance + self._vae.config.batch_norm_eps)

    def _per_channel(self, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        config = self._vae.config
        shape = (1, -1, *[1] * (like.ndim - 2))
        mean, deviation = (
            torch.tensor(values).view(shape).to(like)
            for values in (config.latents_mean, config.latents_std)
        )
        return mean, deviation
