"""Pixels to latents and back, by a pipeline's VAE at its own scale."""

from __future__ import annotations

from typing import Any

import torch


class Codec:
    """A pipeline's VAE; without one, pixels are the latents.

    Args:
        vae: of diffusers, or None.
    """

    def __init__(self, vae: Any) -> None:
        self._vae = vae

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """(B, C, h, w) clean latents to (B, 3, H, W), about -1 to 1."""
        if self._vae is None:
            return latents
        raw = self._raw(latents.to(self._vae.dtype))
        pixels = self._vae.decode(raw, return_dict=False)[0].float()
        return pixels[:, :, 0] if pixels.ndim == 5 else pixels

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W), about -1 to 1, to (B, C, h, w): the most likely latents."""
        if self._vae is None:
            return pixels
        pixels = pixels.to(self._vae.dtype)
        coded = self._vae.encode(pixels[:, :, None] if self._is_of_films else pixels)
        mode = coded.latent_dist.mode() if hasattr(coded, "latent_dist") else coded.latent
        return self._scaled(mode).float()

    @property
    def _is_of_films(self) -> bool:
        return hasattr(self._vae.config, "z_dim")  # Wan's and Qwen-Image's

    def _raw(self, latents: torch.Tensor) -> torch.Tensor:
        """As the VAE decodes them."""
        config = self._vae.config
        if hasattr(self._vae, "bn"):  # FLUX.2
            mean, deviation = self._statistics(latents)
            return _pixel_shuffled(latents * deviation + mean)
        if self._is_of_films:
            mean, deviation = self._per_channel(latents)
            return latents[:, :, None] * deviation + mean
        return latents / config.scaling_factor + (config.get("shift_factor") or 0.0)

    def _scaled(self, raw: torch.Tensor) -> torch.Tensor:
        """The inverse of ``_raw``."""
        config = self._vae.config
        if hasattr(self._vae, "bn"):
            raw = _pixel_gathered(raw)
            mean, deviation = self._statistics(raw)
            return (raw - mean) / deviation
        if self._is_of_films:
            mean, deviation = self._per_channel(raw)
            return ((raw - mean) / deviation)[:, :, 0]
        return (raw - (config.get("shift_factor") or 0.0)) * config.scaling_factor

    def _statistics(self, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        norm = self._vae.bn
        mean, variance = (v.view(1, -1, 1, 1).to(like) for v in (norm.running_mean, norm.running_var))
        return mean, torch.sqrt(variance + self._vae.config.batch_norm_eps)

    def _per_channel(self, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        config = self._vae.config
        mean, deviation = (
            torch.tensor(values).view(1, -1, 1, 1, 1).to(like)
            for values in (config.latents_mean, config.latents_std)
        )
        return mean, deviation


def _pixel_shuffled(latents: torch.Tensor) -> torch.Tensor:
    """(B, 4 C, h, w) to (B, C, 2 h, 2 w)."""
    return torch.nn.functional.pixel_shuffle(latents, 2)


def _pixel_gathered(raw: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.pixel_unshuffle(raw, 2)
