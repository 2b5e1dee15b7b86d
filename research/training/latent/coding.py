"""Trains the VAE: pictures of 128 px to 16 x 16 x 4 latents and back, with a loss.

Nothing is adversarial and nothing perceptual is downloaded: the absolute error of colours and of
gradients at three scales. What 4 channels at f = 8 cannot hold is smoothed away.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch.nn import functional

from ..learning.trainer import Losses, Schedule, Trainer
from .shape import SIZE, build_vae

HELD_OUT = 480  # pictures at the end of a set, which no part of the stand-in is trained on
_CROP = 64  # of a picture, in pixels: four times as many pictures are seen
_BATCH = 24
_WHOLE_SHARE = 0.15  # of the time, the last: whole pictures
_NESTED_SHARE = 0.3  # of the pictures hold another, as the levels of a zoom do
_SCALES = (0.25, 0.5, 0.25)  # weights from the full size down: half of it is what can be held
_GRADIENTS = 0.5  # weight of the gradients' error, down and across
_KL = 1e-4  # for each of the latents: keeps their scale, and their noise small


class VAE(torch.nn.Module):
    """The networks of the trainer: the VAE alone."""

    def __init__(self) -> None:
        super().__init__()
        self.vae: AutoencoderKL = build_vae()

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Coded pictures (n, 3, h, w), and the KL divergence of each of their latents, (n,)."""
        latents = self.vae.encode(pictures).latent_dist
        kl = 0.5 * (latents.mean**2 + latents.var - 1.0 - latents.logvar)
        decoded: torch.Tensor = self.vae.decode(latents.sample()).sample
        return decoded.float(), kl.float().mean((1, 2, 3))


class Coding(Trainer):
    """The VAE from a set of pictures; captions do not matter."""

    def __init__(self, data: Path, schedule: Schedule, run: Path, device: torch.device) -> None:
        images = np.load(data / "images.npy", mmap_mode="r")
        self.images = images[: len(images) - held_out(len(images))]
        torch.manual_seed(schedule.seed)
        super().__init__(VAE(), schedule, run, device)

    def losses(self) -> Losses:
        whole = self.spent > self.plan.minutes * 60 * (1 - _WHOLE_SHARE)
        count = _BATCH // 4 if whole else _BATCH
        pictures = self._batch(count, SIZE if whole else _CROP).to(self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            decoded, kl = self.networks(pictures)
        loss = difference(decoded, pictures) + _KL * kl
        error = (decoded.detach() - pictures).square().mean((1, 2, 3))
        return Losses(
            loss.mean(), error, torch.zeros(count, device=self.device), pictures.shape[-1]
        )

    def _batch(self, count: int, size: int) -> torch.Tensor:
        """Crops (count, 3, size, size) in -1..1, some with another picture in their middle."""
        chosen = np.sort(self.order.choice(len(self.images), count, replace=False))
        pictures = to_unit(self.images[chosen])
        for each in np.flatnonzero(self.order.random(count) < _NESTED_SHARE):
            factor = int(self.order.choice((2, 4)))
            inside = functional.avg_pool2d(pictures[(each + 1) % count], factor)
            first = (SIZE - SIZE // factor) // 2
            middle = slice(first, first + SIZE // factor)
            pictures[each, :, middle, middle] = inside
        cut = torch.empty(count, 3, size, size)
        for i, picture in enumerate(pictures):
            top, left = self.order.integers(0, SIZE - size + 1, 2)
            cut[i] = picture[:, top : top + size, left : left + size]
        return cut.flip(3) if self.order.random() < 0.5 else cut


def difference(decoded: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """(n,) absolute error of colours and of gradients, at three scales."""
    total = torch.zeros(len(pictures), device=pictures.device)
    for scale, weight in enumerate(_SCALES):
        if scale:
            decoded, pictures = (functional.avg_pool2d(each, 2) for each in (decoded, pictures))
        colours = (decoded - pictures).abs().mean((1, 2, 3))
        down, across = (
            (decoded.diff(dim=axis) - pictures.diff(dim=axis)).abs().mean((1, 2, 3))
            for axis in (2, 3)
        )
        total = total + weight * (colours + _GRADIENTS * (down + across))
    return total


def held_out(count: int) -> int:
    """How many of a set's pictures are only measured on."""
    return min(HELD_OUT, count // 5)


def to_unit(pictures: np.ndarray) -> torch.Tensor:
    """(n, H, W, 3) bytes to (n, 3, H, W), -1 to 1."""
    return torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1.0


@torch.inference_mode()
def signal_to_noise(vae: AutoencoderKL, data: Path) -> float:
    """PSNR in dB of the held-out pictures, coded by their most likely latents: the mean of all."""
    images = np.load(data / "images.npy", mmap_mode="r")
    ratios = []
    for start in range(len(images) - held_out(len(images)), len(images), 8):
        pictures = to_unit(images[start : start + 8])
        decoded = vae.decode(vae.encode(pictures).latent_dist.mode()).sample.clamp(-1.0, 1.0)
        ratios.append(-10 * ((decoded - pictures) / 2).square().mean((1, 2, 3)).log10())
    return float(torch.cat(ratios).mean())
