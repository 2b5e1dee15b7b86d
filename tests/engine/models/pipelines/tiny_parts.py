"""What tiny pipelines are made of; codecs have the real scale, shift and normalisation."""

from __future__ import annotations

from typing import Any

import torch

WIDTH = 32  # of what text encoders say
# Shifted with the number of latents, as FLUX and its relatives are.
DYNAMIC = {
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
    "shift": 3.0,
}


def lively(module: Any) -> Any:
    """Random weights where a class begins with zeros, ones or memory as it lay there."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, value in module.named_parameters():
            dull = not torch.isfinite(value).all() or value.abs().max() == 0 or value.std() == 0
            if "pad_token" in name or (dull and value.ndim > 1):
                value.copy_(torch.randn(value.shape, generator=generator) * 0.05)
    return module.eval()


def kl_codec(scaling: float, shift: float | None = None) -> Any:
    from diffusers import AutoencoderKL

    torch.manual_seed(0)
    return AutoencoderKL(
        block_out_channels=(8,) * 4,
        latent_channels=4,
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        scaling_factor=scaling,
        shift_factor=shift,
        use_quant_conv=shift is None,
        use_post_quant_conv=shift is None,
        sample_size=64,
    ).eval()


def film_codec() -> Any:
    from diffusers import AutoencoderKLQwenImage

    torch.manual_seed(0)
    return AutoencoderKLQwenImage(
        base_dim=8,
        z_dim=4,
        dim_mult=[1, 2, 2, 2],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        latents_mean=[-0.7571, -0.7089, -0.9113, 0.1075],  # the first four of the real sixteen
        latents_std=[2.8184, 1.4541, 2.3275, 2.6558],
    ).eval()


def flow(**options: Any) -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler

    return FlowMatchEulerDiscreteScheduler(**options)
