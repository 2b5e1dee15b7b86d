"""DeepFloyd IF's folder format, stage I: text to a small picture, in pixels.

Borrowed from diffusers: the pipeline's ``encode_prompt``, the UNet and the scheduler's
configuration. The UNet predicts noise or velocity in its first three channels and a learned
variance in the rest, which joint sampling cannot use.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..contract.job import BUNDLED, BUNDLED_SECOND, DEFAULT_STEPS
from ..contract.model_folder import IF_MULTIPLE
from ..contract.vocabulary import read_vocabulary
from ..method.codec import PIXELS
from .folder_part import from_folder
from .if_folder import encode_prompts, load_scheduler, unread_ends
from .sizes import sampling_size

GUIDANCE = 7.0  # as IF recommends
BUNDLED_GUIDANCE = 2.5
# The bundled model hardly leaves a colour that it was led to, whatever the prompt says of it.
BUNDLED_CONTEXT = 0.015


class DeepFloydIF:
    """Stage I of an IF cascade, loaded; see ``models.protocol.Model``."""

    family = "DeepFloyd IF"
    default_steps = DEFAULT_STEPS
    avoids_above: float | None = 1.0

    def __init__(
        self, folder: Path, name: str, revision: str, unet: Any, scheduler: Any, guidance: float
    ) -> None:
        self.folder = folder
        self.name = name
        self.revision = revision
        self.unet = unet
        self.scheduler = scheduler
        self.default_guidance = guidance
        side = int(unet.config.sample_size)
        self.native_size = (side, side)
        self.default_context = BUNDLED_CONTEXT if name == BUNDLED else 1.0
        self.vocabulary = read_vocabulary(folder)
        self.second_stage = BUNDLED_SECOND if name == BUNDLED else None

    def sample_size(self, aspect: float) -> tuple[int, int]:
        """See the protocol; sides of whole eights."""
        return sampling_size(self.native_size[0], aspect, IF_MULTIPLE)

    def condition(
        self, prompts: Sequence[str], negative_prompts: Sequence[str], guidance_scale: float
    ) -> IFDenoiser:
        """Encode the prompts of all levels; see the protocol."""
        positive, negative = encode_prompts(
            self.folder, self.unet, prompts, negative_prompts, guidance_scale
        )
        return IFDenoiser(self.unet, self.scheduler, positive, negative, guidance_scale)

    def unread(self, prompts: Sequence[str]) -> list[str]:
        """The end of each prompt that is not read; see the protocol."""
        return unread_ends(self.folder, prompts)


class IFDenoiser:
    """Stage I bound to the prompts of all levels; see ``method.denoiser.Denoiser``.

    Attributes:
        micro_batch: levels evaluated at once; smaller needs less memory.
    """

    channels = 3
    codec = PIXELS

    def __init__(
        self,
        unet: Any,
        scheduler: Any,
        positive: torch.Tensor,
        negative: torch.Tensor | None,
        guidance_scale: float,
        micro_batch: int = 4,
    ) -> None:
        self.unet = unet
        self.config = scheduler.config
        self.positive = positive
        self.negative = negative
        self.guidance_scale = guidance_scale
        self.micro_batch = micro_batch
        alphas = scheduler.alphas_cumprod.double().numpy()
        self.log_sigmas = 0.5 * np.log((1.0 - alphas) / alphas)

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """Estimate the clean images; see the protocol."""
        parts = [
            self._predict(z[i : i + self.micro_batch], sigma[i : i + self.micro_batch], i)
            for i in range(0, len(z), self.micro_batch)
        ]
        return torch.cat(parts)

    def _predict(self, z: torch.Tensor, sigma: torch.Tensor, first: int) -> torch.Tensor:
        levels = slice(first, first + len(z))
        sigma = sigma.view(-1, 1, 1, 1)
        alpha = torch.rsqrt(1.0 + sigma**2)
        latent = alpha * z
        output = self._guided(latent, self._timesteps(sigma.flatten()), levels)
        if self.config.prediction_type == "epsilon":
            x0 = z - sigma * output
        else:  # v = alpha epsilon - sigma' x0 with sigma' = alpha sigma
            x0 = alpha * (latent - sigma * output)
        return self._threshold(x0)

    def _guided(self, latent: torch.Tensor, timesteps: torch.Tensor, levels: slice) -> torch.Tensor:
        """Classifier-free guidance; linear, so it acts alike on noise, velocity and x0."""
        positive = self._evaluate(latent, timesteps, self.positive[levels], levels)
        if self.negative is None:
            return positive
        negative = self._evaluate(latent, timesteps, self.negative[levels], levels)
        return negative + self.guidance_scale * (positive - negative)

    def _evaluate(
        self,
        latent: torch.Tensor,
        timesteps: torch.Tensor,
        prompts: torch.Tensor,
        levels: slice,  # noqa: ARG002 - stage II has a small picture for each
    ) -> torch.Tensor:
        output: torch.Tensor = self.unet(
            latent.to(self.unet.dtype), timesteps, encoder_hidden_states=prompts, return_dict=False
        )[0]
        return output[:, : self.channels].to(latent.dtype)

    def _timesteps(self, sigma: torch.Tensor) -> torch.Tensor:
        """The training time of each noise level, between whole steps by log sigma."""
        wanted = sigma.double().log().cpu().numpy()
        steps = np.interp(wanted, self.log_sigmas, np.arange(len(self.log_sigmas)))
        return torch.from_numpy(steps).to(sigma.device, torch.float32)

    def _threshold(self, x0: torch.Tensor) -> torch.Tensor:
        """Imagen's dynamic thresholding (Saharia et al. 2022, section 2.3) or plain clipping."""
        if self.config.thresholding:
            ratio, limit = self.config.dynamic_thresholding_ratio, self.config.sample_max_value
            bound = torch.quantile(x0.abs().flatten(1), ratio, dim=1)
            bound = bound.clamp(min=1.0, max=limit).view(-1, 1, 1, 1)
            return x0.clamp(-bound, bound) / bound
        if self.config.get("clip_sample", False):
            limit = self.config.get("clip_sample_range", 1.0)
            return x0.clamp(-limit, limit)
        return x0


def load(folder: Path, name: str, revision: str, device: torch.device) -> DeepFloydIF:
    """Load stage I from a folder in IF's format; the text encoder waits until it is needed.

    Args:
        folder: holds ``model_index.json``, ``unet/``, ``scheduler/``, ``text_encoder/``,
            ``tokenizer/``; weights as safetensors.
        revision: identifies the weights.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    dtype = torch.float32 if device.type in ("cpu", "mps") else torch.float16
    unet = from_folder(UNet2DConditionModel, folder / "unet", name, torch_dtype=dtype)
    unet.to(device).eval()
    guidance = BUNDLED_GUIDANCE if name == BUNDLED else GUIDANCE
    return DeepFloydIF(folder, name, revision, unet, load_scheduler(folder, name), guidance)
