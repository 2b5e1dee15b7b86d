"""Tiny models with random weights, in the real folder formats, so that the real loaders run."""

from __future__ import annotations

import json
from pathlib import Path

import torch

WORDS = [
    "a",
    "the",
    "of",
    "spiral",
    "galaxy",
    "planet",
    "coast",
    "leaf",
    "blue",
    "red",
    "from",
    "above",
]


def save_tiny_if(
    folder: Path, prediction_type: str = "epsilon", size: int = 32, enlarges: bool = False
) -> Path:
    """A DeepFloyd IF pipeline as ``DiffusionPipeline.save_pretrained`` lays it out.

    Args:
        enlarges: stage II instead of stage I.
    """
    from diffusers import DDPMScheduler, UNet2DConditionModel
    from transformers import T5Config, T5EncoderModel

    torch.manual_seed(0)
    text = T5Config(
        vocab_size=len(WORDS) + 3, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4
    )
    unet = UNet2DConditionModel(
        sample_size=size,
        in_channels=6 if enlarges else 3,
        class_embed_type="timestep" if enlarges else None,
        out_channels=6,
        layers_per_block=1,
        block_out_channels=(32, 64),
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        cross_attention_dim=32,
        encoder_hid_dim=32,
        attention_head_dim=8,
        addition_embed_type="text",
        addition_embed_type_num_heads=2,
        resnet_time_scale_shift="scale_shift",
        act_fn="gelu",
    )
    scheduler = DDPMScheduler(
        beta_schedule="squaredcos_cap_v2",
        prediction_type=prediction_type,
        variance_type="learned_range",
        thresholding=True,
        dynamic_thresholding_ratio=0.95,
        sample_max_value=1.5,
    )
    T5EncoderModel(text).save_pretrained(folder / "text_encoder")
    unet.save_pretrained(folder / "unet")
    scheduler.save_pretrained(folder / "scheduler")
    _tokenizer().save_pretrained(folder / "tokenizer")
    if enlarges:
        DDPMScheduler(beta_schedule="squaredcos_cap_v2").save_pretrained(
            folder / "image_noising_scheduler"
        )
    index = {
        "_class_name": "IFSuperResolutionPipeline" if enlarges else "IFPipeline",
        "_diffusers_version": "0.42.1",
        "feature_extractor": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDPMScheduler"],
        "text_encoder": ["transformers", "T5EncoderModel"],
        "tokenizer": ["transformers", "T5Tokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "watermarker": [None, None],
    }
    if enlarges:
        index["image_noising_scheduler"] = ["diffusers", "DDPMScheduler"]
    (folder / "model_index.json").write_text(json.dumps(index, indent=2))
    return folder


def save_tiny_swin2sr(folder: Path, upscale: int = 4) -> Path:
    """A Swin2SR network in the folder format of transformers."""
    from transformers import Swin2SRConfig, Swin2SRForImageSuperResolution

    torch.manual_seed(0)
    config = Swin2SRConfig(
        image_size=16,
        embed_dim=12,
        depths=[1],
        num_heads=[2],
        window_size=4,
        upscale=upscale,
        upsampler="pixelshuffle" if upscale > 1 else "",
    )
    Swin2SRForImageSuperResolution(config).save_pretrained(folder)
    return folder


def _tokenizer():
    from transformers import T5Tokenizer

    pieces = ["<pad>", "</s>", "<unk>", *("▁" + word for word in WORDS)]
    return T5Tokenizer(vocab=[(piece, 0.0) for piece in pieces], extra_ids=0)
