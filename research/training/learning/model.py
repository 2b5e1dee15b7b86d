"""The network's shape: DeepFloyd IF's parts, made small enough to train without a GPU."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from transformers import T5Config, T5EncoderModel

TOKENS = 77
"""Length that IFPipeline pads every prompt to; the UNet sees the padding too."""

TEXT_WIDTH = 160

UNET: dict[str, Any] = {
    "sample_size": 64,
    "in_channels": 3,
    # As in IF: three channels of v and three of a learned variance, which is left untrained.
    "out_channels": 6,
    # A thin top: at 64 pixels memory traffic costs most and the content is still noise; the
    # structure of a picture is decided at 16 and 8 pixels, where width is cheap.
    "block_out_channels": (16, 64, 192, 256),
    "layers_per_block": 1,
    # Attention at 16 and 8 pixels only: above, convolutions do the work at a tenth of the cost.
    "down_block_types": (
        "DownBlock2D",
        "DownBlock2D",
        "SimpleCrossAttnDownBlock2D",
        "SimpleCrossAttnDownBlock2D",
    ),
    "mid_block_type": "UNetMidBlock2DSimpleCrossAttn",
    "up_block_types": (
        "SimpleCrossAttnUpBlock2D",
        "SimpleCrossAttnUpBlock2D",
        "UpBlock2D",
        "UpBlock2D",
    ),
    "norm_num_groups": 8,
    "attention_head_dim": 64,
    "cross_attention_dim": 128,
    "encoder_hid_dim": TEXT_WIDTH,
    "encoder_hid_dim_type": "text_proj",
    "addition_embed_type": "text",
    "addition_embed_type_num_heads": 5,
    "resnet_time_scale_shift": "scale_shift",
    "act_fn": "silu",
}

SECOND_UNET: dict[str, Any] = {
    "sample_size": 256,
    # The noisy large picture, and the small one, enlarged and slightly noisy.
    "in_channels": 6,
    "out_channels": 6,
    # Thin, and without text: what a picture shows is decided, only edges and grain are missing.
    "block_out_channels": (16, 32, 64, 96),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D",) * 4,
    "mid_block_type": None,
    "up_block_types": ("UpBlock2D",) * 4,
    "norm_num_groups": 8,
    "class_embed_type": "timestep",
    "resnet_time_scale_shift": "scale_shift",
    "act_fn": "silu",
}

SCHEDULER: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_schedule": "squaredcos_cap_v2",
    "prediction_type": "v_prediction",
    "variance_type": "learned_range",
    "clip_sample": True,
    "thresholding": True,
    "dynamic_thresholding_ratio": 0.95,
    "sample_max_value": 1.5,
}


def build_unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(**UNET)


def build_second_unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(**SECOND_UNET)


def build_text_encoder(vocabulary: int) -> T5EncoderModel:
    return T5EncoderModel(
        T5Config(
            vocab_size=vocabulary,
            d_model=TEXT_WIDTH,
            d_kv=32,
            num_heads=5,
            d_ff=320,
            num_layers=2,
            dropout_rate=0.0,
            feed_forward_proj="gated-gelu",
            pad_token_id=0,
            eos_token_id=1,
            decoder_start_token_id=0,
            tie_word_embeddings=False,
        )
    )


def build_scheduler() -> DDPMScheduler:
    return DDPMScheduler(**SCHEDULER)


def log_sigmas(scheduler: DDPMScheduler) -> torch.Tensor:
    """log sigma at timesteps 0..999, sigma = sqrt((1 - abar) / abar)."""
    abar = scheduler.alphas_cumprod.double()
    return (0.5 * torch.log((1 - abar) / abar)).float()


def sigma_at(table: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
    """sigma at fractional timesteps: straight lines in log sigma, as the sampler has them."""
    low = timesteps.floor().long().clamp(0, len(table) - 2)
    part = timesteps - low
    return torch.exp(table[low] * (1 - part) + table[low + 1] * part)


def timestep_at(table: torch.Tensor, sigmas: torch.Tensor) -> torch.Tensor:
    """The inverse of `sigma_at`."""
    value = torch.log(sigmas)
    low = (torch.searchsorted(table, value) - 1).clamp(0, len(table) - 2)
    return low + (value - table[low]) / (table[low + 1] - table[low])


def parameters_of(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
