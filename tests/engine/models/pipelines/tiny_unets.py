"""Stable Diffusion and XL, tiny, with random weights."""

from __future__ import annotations

from typing import Any

import torch

from tests.engine.models.pipelines import tiny_text as text
from tests.engine.models.pipelines.tiny_parts import WIDTH, kl_codec


def _unet(**options: Any) -> Any:
    from diffusers import UNet2DConditionModel

    torch.manual_seed(0)
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(16, 32),
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=8,
        **options,
    ).eval()


def _diffusion(kind: str, **options: Any) -> Any:
    import diffusers

    return getattr(diffusers, kind)(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        steps_offset=1,
        **options,
    )


def stable_diffusion(prediction: str = "epsilon") -> Any:
    from diffusers import StableDiffusionPipeline

    return StableDiffusionPipeline(
        vae=kl_codec(0.18215),
        text_encoder=text.clip_encoder(),
        tokenizer=text.clip_tokenizer(),
        unet=_unet(cross_attention_dim=WIDTH),
        scheduler=_diffusion("DDIMScheduler", clip_sample=False, prediction_type=prediction),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def stable_diffusion_v() -> Any:
    return stable_diffusion("v_prediction")


def sdxl(prediction: str = "epsilon") -> Any:
    from diffusers import StableDiffusionXLPipeline

    return StableDiffusionXLPipeline(
        vae=kl_codec(0.13025),
        text_encoder=text.clip_encoder(),
        text_encoder_2=text.clip_encoder(projection=WIDTH),
        tokenizer=text.clip_tokenizer(),
        tokenizer_2=text.clip_tokenizer(),
        unet=_unet(
            cross_attention_dim=2 * WIDTH,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=WIDTH + 6 * 8,
            use_linear_projection=True,
        ),
        scheduler=_diffusion(
            "EulerDiscreteScheduler", timestep_spacing="leading", prediction_type=prediction
        ),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )


def sdxl_v() -> Any:
    return sdxl("v_prediction")
