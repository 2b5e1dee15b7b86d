"""Trains the UNet and its text encoder on cached latents: the noise in them, from captions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from transformers import CLIPTextModel, CLIPTokenizer

from ..learning.model import log_sigmas, sigma_at
from ..learning.trainer import Losses, Schedule, Trainer
from .shape import build_scheduler, build_text_encoder, build_unet
from .words import encode

BATCH = 48
LEFT_OUT = 0.1  # share of the captions, for guidance


class Networks(torch.nn.Module):
    """Both networks as one module, for one optimiser and one average."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        super().__init__()
        self.unet: UNet2DConditionModel = build_unet()
        self.text_encoder: CLIPTextModel = build_text_encoder(tokenizer)

    def forward(self, z: torch.Tensor, timesteps: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """The noise (n, 4, h, w) in latents z (n, 4, h, w), for timesteps (n,) and ids (n, 40)."""
        text = self.text_encoder(input_ids=ids)[0]
        noise: torch.Tensor = self.unet(z, timesteps, encoder_hidden_states=text).sample
        return noise


class Denoising(Trainer):
    """The latent UNet.

    Args:
        latents: (n, 4, 16, 16), of about unit variance.
        captions: of the same pictures.
    """

    def __init__(
        self,
        latents: torch.Tensor,
        captions: Sequence[str],
        tokenizer: CLIPTokenizer,
        schedule: Schedule,
        run: Path,
        device: torch.device,
    ) -> None:
        torch.manual_seed(schedule.seed)
        networks = Networks(tokenizer)
        # Fused attention is slow on a CPU where there are few tokens: a third of a step's time.
        networks.unet.set_attn_processor(AttnProcessor())
        networks.text_encoder.set_attn_implementation("eager")
        super().__init__(networks, schedule, run, device)
        self.table = log_sigmas(build_scheduler()).to(device)
        self.latents = latents.to(device)
        self.ids = encode(tokenizer, captions).to(device, torch.int16)
        self.nothing = encode(tokenizer, [""]).to(device, torch.int16)

    def losses(self) -> Losses:
        chosen = torch.from_numpy(self.order.integers(0, len(self.latents), BATCH)).to(self.device)
        x0 = self.latents[chosen]
        dropped = torch.rand(BATCH, 1, device=self.device) < LEFT_OUT
        ids = torch.where(dropped, self.nothing, self.ids[chosen]).to(torch.int64)
        # One timestep of each part of the range: the loss varies less from batch to batch.
        within = torch.rand(BATCH, device=self.device)
        timesteps = (torch.arange(BATCH, device=self.device) + within) / BATCH * 999
        sigma = sigma_at(self.table, timesteps)[:, None, None, None]
        noise = torch.randn_like(x0)
        z = (x0 + sigma * noise) / torch.sqrt(1 + sigma**2)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            predicted = self.networks(z, timesteps, ids)
        error = (predicted.float() - noise).square().mean((1, 2, 3))
        return Losses(
            (weight(sigma.flatten()) * error).mean(), error.detach(), timesteps, z.shape[-1]
        )


def weight(sigma: torch.Tensor) -> torch.Tensor:
    """Of the noise's squared error, for noise levels (n,).

    Min-SNR with gamma 5 (Hang et al. 2023). Towards high noise it rises with sigma, half of the
    way in logarithms to a velocity's error: there an error of the noise counts sigma times in the
    picture, and mean colour and layout are decided.
    """
    return torch.clamp(5.0 * sigma**2, max=1.0) * torch.sqrt(1.0 + sigma**2)
