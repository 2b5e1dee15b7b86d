"""A set's pictures as latents, once: the UNet's training never meets the VAE."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file

from .coding import VAE, held_out, to_unit

_LATENTS = "latents.npy"
_PARTS = "parts"
_A_BLOCK = 500  # pictures that are coded and kept together: some seconds
_BATCH = 20


def trained_vae(run: Path) -> AutoencoderKL:
    """The averaged VAE of a training run; its scale is not set."""
    networks = VAE()
    networks.load_state_dict(load_file(run / "average.safetensors"))
    return networks.vae.eval()


def latents_of(data: Path, run: Path, folder: Path) -> torch.Tensor:
    """The most likely latents (n, 4, 16, 16) of a set, unscaled, without what is held out.

    Interrupted, the same call goes on where it was.

    Args:
        run: of the VAE's training.
        folder: for the latents.
    """
    if not (folder / _LATENTS).exists():
        images = np.load(data / "images.npy", mmap_mode="r")
        count = len(images) - held_out(len(images))
        vae = trained_vae(run)
        parts = folder / _PARTS
        parts.mkdir(parents=True, exist_ok=True)
        made = []
        for start in range(0, count, _A_BLOCK):
            file = parts / f"{start}.npy"
            if not file.exists():
                half = file.with_suffix(".new.npy")
                np.save(half, _coded(vae, images[start : min(start + _A_BLOCK, count)]))
                half.replace(file)
            made.append(np.load(file))
        half = folder / f"new.{_LATENTS}"
        np.save(half, np.concatenate(made))
        half.replace(folder / _LATENTS)
    return torch.from_numpy(np.load(folder / _LATENTS))


@torch.inference_mode()
def _coded(vae: AutoencoderKL, images: np.ndarray) -> np.ndarray:
    # Less than half of the time, and an error of half a hundredth of their deviation.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        parts = [
            vae.encode(to_unit(images[start : start + _BATCH])).latent_dist.mode().float()
            for start in range(0, len(images), _BATCH)
        ]
    return torch.cat(parts).numpy()


@dataclass(frozen=True)
class Norm:
    """What brings a VAE's latents to a mean of zero and a variance of one, all channels together.

    Attributes:
        mean: of each channel.
        scale: what the differences from it are multiplied by.
    """

    mean: torch.Tensor
    scale: float

    def __call__(self, latents: torch.Tensor) -> torch.Tensor:
        return (latents - self.mean[:, None, None]) * self.scale


def norm_of(latents: torch.Tensor) -> Norm:
    """For latents (n, C, h, w)."""
    mean = latents.mean((0, 2, 3))
    return Norm(mean, 1.0 / float((latents - mean[:, None, None]).square().mean().sqrt()))


@torch.no_grad()
def normalise(vae: AutoencoderKL, norm: Norm) -> None:
    """Write a norm into a VAE, whose pictures stay what they are.

    Stable Diffusion's format has a scale, and no mean: that goes into the 1x1 convolutions on both
    sides of the latents.
    """
    vae.quant_conv.bias[: len(norm.mean)] -= norm.mean
    vae.post_quant_conv.bias += vae.post_quant_conv.weight[:, :, 0, 0] @ norm.mean
    vae.register_to_config(scaling_factor=norm.scale)
