"""DeepFloyd IF's folder format, stage II: a level's picture enlarged four times, in pixels.

The UNet sees the noisy large picture beside the small one, enlarged and made slightly noisy itself
(Ho et al. 2022, "Cascaded diffusion models", section 4: conditioning augmentation). Its low
frequencies therefore follow the first stage's levels, which agree; what is left for joint sampling
is the detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from ..contract.errors import ZoomStackError
from ..contract.job import BUNDLED_SECOND
from .deepfloyd_if import IFDenoiser
from .folder_part import from_folder
from .if_folder import encode_prompts, load_scheduler

AUGMENTATION = 250  # of 1,000: the noise level of the small picture, as IF recommends
BUNDLED_AUGMENTATION = 150
GUIDANCE = 4.0  # as IF recommends
STEPS_SHARE = 0.5
BUNDLED_STEPS_SHARE = 0.34  # 8 of 24
# Rows along the border that a small UNet, which sees zeros beyond it, draws as lines of their own:
# the outermost two differ from their neighbours by 1.5 and 1.3 times as much as rows inside do.
FRAYED = 2


class SuperResolution:
    """Stage II of an IF cascade, loaded.

    Attributes:
        name: as in a job's ``"upscaler"``.
        revision: identifies the weights.
        native_size: (width, height) of its pictures.
        steps_share: of a job's steps, how many it needs.
        augmentation: of 1,000: the noise level of the small picture.
        follows: its estimates keep the small picture's low frequencies.
    """

    def __init__(
        self, folder: Path, name: str, revision: str, unet: Any, scheduler: Any, noising: Any
    ) -> None:
        self.folder = folder
        self.name = name
        self.revision = revision
        self.unet = unet
        self.scheduler = scheduler
        self.noising = noising
        side = int(unet.config.sample_size)
        self.native_size = (side, side)
        bundled = name == BUNDLED_SECOND
        self.steps_share = BUNDLED_STEPS_SHARE if bundled else STEPS_SHARE
        self.augmentation = BUNDLED_AUGMENTATION if bundled else AUGMENTATION
        # The bundled one is small and drifts in colour where it is left alone.
        self.follows = bundled

    def condition(
        self,
        prompts: Sequence[str],
        negative_prompts: Sequence[str],
        small: torch.Tensor,
        noise: torch.Tensor,
    ) -> SuperResolutionDenoiser:
        """Encode the prompts and prepare the small pictures.

        Args:
            prompts: one per level.
            small: (N, 3, h, w), about -1 to 1: the levels of the stage before.
            noise: (N, 3, H, W), standard normal and shared between the levels, H x W being the
                size to sample at.
        """
        if reads_text(self.unet):
            positive, negative = encode_prompts(
                self.folder, self.unet, prompts, negative_prompts, GUIDANCE
            )
        else:
            positive, negative = torch.zeros(len(prompts), 1, 1, device=small.device), None
        enlarged = functional.interpolate(
            small, noise.shape[-2:], mode="bilinear", align_corners=True
        )
        level = torch.full((len(small),), self.augmentation, device=small.device)
        augmented = self.noising.add_noise(enlarged, noise, timesteps=level)
        return SuperResolutionDenoiser(
            self.unet, self.scheduler, positive, negative, augmented, self.augmentation,
            small if self.follows else None,
        )  # fmt: skip


def reads_text(unet: Any) -> bool:
    """Whether prompts reach a UNet at all."""
    config = unet.config
    blocks = (*config.down_block_types, config.mid_block_type or "", *config.up_block_types)
    return bool(config.addition_embed_type) or any("CrossAttn" in block for block in blocks)


class SuperResolutionDenoiser(IFDenoiser):
    """Stage II bound to the prompts and the small pictures of all levels."""

    def __init__(
        self,
        unet: Any,
        scheduler: Any,
        positive: torch.Tensor,
        negative: torch.Tensor | None,
        augmented: torch.Tensor,
        augmentation: int,
        small: torch.Tensor | None,
    ) -> None:
        # Sixteen times the pixels of stage I, so one level at a time.
        super().__init__(unet, scheduler, positive, negative, GUIDANCE, micro_batch=1)
        self.augmented = augmented
        self.augmentation = augmentation
        self.small = small

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """The UNet's estimate; where it follows, with the small picture's low frequencies.

        x0 + U (R small - R x0), R the area mean at half the small picture's size and U bilinear
        (Choi et al. 2021, "ILVR"). At its whole size a small model's grain would stay as well. The
        frayed border of such a model is first replaced by what lies inside of it, mirrored.
        """
        x0 = super().predict_x0(z, sigma)
        if self.small is None:
            return x0
        x0 = functional.pad(x0[..., FRAYED:-FRAYED, FRAYED:-FRAYED], (FRAYED,) * 4, mode="reflect")
        height, width = self.small.shape[-2:]
        half = (max(height // 2, 1), max(width // 2, 1))
        reduce = functional.adaptive_avg_pool2d
        rest = reduce(self.small, half) - reduce(x0, half)
        return x0 + functional.interpolate(rest, x0.shape[-2:], mode="bilinear")

    def _evaluate(
        self,
        latent: torch.Tensor,
        timesteps: torch.Tensor,
        prompts: torch.Tensor,
        levels: slice,
    ) -> torch.Tensor:
        small = self.augmented[levels]
        output: torch.Tensor = self.unet(
            torch.cat([latent, small], dim=1).to(self.unet.dtype),
            timesteps,
            encoder_hidden_states=prompts,
            class_labels=torch.full((len(latent),), self.augmentation, device=latent.device),
            return_dict=False,
        )[0]
        return output[:, : self.channels].to(latent.dtype)


def load(folder: Path, name: str, revision: str, device: torch.device) -> SuperResolution:
    """Load stage II; the text encoder waits until it is needed.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    from diffusers import DDPMScheduler
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    dtype = torch.float32 if device.type in ("cpu", "mps") else torch.float16
    unet = from_folder(UNet2DConditionModel, folder / "unet", name, torch_dtype=dtype)
    if unet.config.in_channels != 6:
        raise ZoomStackError(
            "bad_model",
            f'The UNet of "{name}" takes {unet.config.in_channels} channels; one that enlarges '
            "pictures takes 6.",
            "Choose a stage II model.",
        )
    unet.to(device).eval()
    noising = from_folder(DDPMScheduler, folder / "image_noising_scheduler", name)
    return SuperResolution(folder, name, revision, unet, load_scheduler(folder, name), noising)
