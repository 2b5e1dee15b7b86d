"""The stand-in's parts: Stable Diffusion's, made small enough to train without a GPU."""

from __future__ import annotations

from typing import Any

from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

SIZE = 128  # of the pictures, in pixels
SIDE = 8  # of what one of the latents stands for, in pixels
CHANNELS = 4  # of the latents
TEXT_WIDTH = 160
TOKENS = 40  # CLIP has 77: a caption of the picture program has 18 words at most

VAE: dict[str, Any] = {
    "sample_size": SIZE,
    "latent_channels": CHANNELS,
    # A thin top: at full size memory traffic costs most, and there are only edges and grain.
    "block_out_channels": (16, 32, 64, 128),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 1,
    "norm_num_groups": 8,
    "mid_block_add_attention": False,
}

UNET: dict[str, Any] = {
    "sample_size": SIZE // SIDE,
    "in_channels": CHANNELS,
    "out_channels": CHANNELS,
    # What a picture shows is decided at 8 and 4 latents, where width and attention are cheap.
    "block_out_channels": (96, 128, 192),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 1,
    "norm_num_groups": 16,
    "attention_head_dim": 4,  # the number of heads, as in Stable Diffusion
    "cross_attention_dim": TEXT_WIDTH,
    "resnet_time_scale_shift": "scale_shift",
}

SCHEDULER: dict[str, Any] = {
    # Stable Diffusion's: noise levels of .029 to 14.6.
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "num_train_timesteps": 1000,
    "steps_offset": 1,
    "prediction_type": "epsilon",
    # Its own spacing leaves the highest levels out; a grid is to begin where the training ends.
    "timestep_spacing": "linspace",
}


def build_vae() -> AutoencoderKL:
    return AutoencoderKL(**VAE)


def build_scheduler() -> EulerDiscreteScheduler:
    return EulerDiscreteScheduler(**SCHEDULER)


def build_unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(**UNET)


def build_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT_WIDTH,
            intermediate_size=3 * TEXT_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=5,
            max_position_embeddings=TOKENS,
            projection_dim=TEXT_WIDTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
