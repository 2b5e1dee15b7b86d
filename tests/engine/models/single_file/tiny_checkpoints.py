"""Tiny Stable Diffusion with random weights, of every kind that a single file holds.

All that a kind is known by is as in the real ones: names of blocks, kinds of attention, activations
and special tokens; only widths and depths are small.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

_WIDTH = 16  # of what a text encoder says
_WORDS = 49408
_BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
_END, _FIRST = "<|endoftext|>", "!"
#: What each kind's tokenizers pad with.
PADS = {
    "sd15": {"tokenizer": _END},
    "sd2": {"tokenizer": _FIRST},
    "sdxl": {"tokenizer": _END, "tokenizer_2": _FIRST},
}
PREDICTION = {"sd15": "epsilon", "sd2": "v_prediction", "sdxl": "epsilon"}


def tiny(kind: str) -> Any:
    """The stock pipeline of a kind: "sd15", "sd2" or "sdxl"."""
    import diffusers

    parts: dict[str, Any] = {
        "vae": _vae(),
        "scheduler": diffusers.EulerDiscreteScheduler(
            **_BETAS,
            prediction_type=PREDICTION[kind],
            steps_offset=1,
            timestep_spacing="leading",
        ),
        **{part: _tokenizer(pad) for part, pad in PADS[kind].items()},
    }
    if kind == "sdxl":
        parts["text_encoder"] = _text_encoder("quick_gelu", seed=1)
        parts["text_encoder_2"] = _text_encoder("gelu", seed=2, projects=True)
        parts["unet"] = _unet(
            cross_attention_dim=2 * _WIDTH,
            attention_head_dim=(2, 4),
            transformer_layers_per_block=(1, 2),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=_WIDTH + 6 * 8,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        )
        made = diffusers.StableDiffusionXLPipeline(**parts, add_watermarker=False)
    else:
        sd2 = kind == "sd2"
        parts["text_encoder"] = _text_encoder("gelu" if sd2 else "quick_gelu", seed=1)
        parts["unet"] = _unet(
            cross_attention_dim=_WIDTH,
            attention_head_dim=(2, 4) if sd2 else 8,
            use_linear_projection=sd2,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        )
        made = diffusers.StableDiffusionPipeline(
            **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
        )
    made.set_progress_bar_config(disable=True)
    return made


def configuration(pipeline: Any, kind: str, folder: Path) -> Path:
    """A pipeline's folder in diffusers' format, without its weights."""
    library = {"unet": "diffusers", "vae": "diffusers", "scheduler": "diffusers"}
    index: dict[str, Any] = {"_class_name": type(pipeline).__name__}
    for part in [*library, *PADS[kind], "text_encoder", "text_encoder_2"]:
        whole = getattr(pipeline, part, None)
        if whole is None:
            continue
        index[part] = [library.get(part, "transformers"), type(whole).__name__]
        if part in PADS[kind]:
            _write(folder / part / "tokenizer_config.json", _special(PADS[kind][part]))
        elif part == "scheduler":
            whole.save_config(folder / part)
        elif part in library:
            _write(folder / part / "config.json", dict(whole.config))
        else:
            _write(folder / part / "config.json", whole.config.to_diff_dict())
    index["tokenizer"] = ["transformers", "CLIPTokenizer"]
    if kind == "sdxl":
        index["tokenizer_2"] = ["transformers", "CLIPTokenizer"]
        index["force_zeros_for_empty_prompt"] = True
    _write(folder / "model_index.json", index)
    return folder


def _write(path: Path, what: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(what), encoding="utf-8")


def _special(pad: str) -> dict[str, Any]:
    return {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": 77,
        "bos_token": "<|startoftext|>",
        "eos_token": _END,
        "unk_token": _END,
        "pad_token": pad,
    }


def _tokenizer(pad: str) -> Any:
    """A tokenizer for letters alone, whose ids are the real ones of letters and special tokens."""
    from transformers import CLIPTokenizer

    letters = {chr(code): code - 33 for code in range(33, 127)}
    vocabulary = {**letters, **{f"{letter}</w>": at + 256 for letter, at in letters.items()}}
    vocabulary |= {"<|startoftext|>": _WORDS - 2, _END: _WORDS - 1}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77, pad_token=pad)


def _text_encoder(activation: str, seed: int, *, projects: bool = False) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=_WORDS,
        hidden_size=_WIDTH,
        intermediate_size=24,
        num_hidden_layers=3,
        num_attention_heads=2,
        hidden_act=activation,
        projection_dim=_WIDTH,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=1,
    )
    torch.manual_seed(seed)
    return _lively((CLIPTextModelWithProjection if projects else CLIPTextModel)(config))


def _unet(**options: Any) -> Any:
    from diffusers import UNet2DConditionModel

    torch.manual_seed(3)
    return _lively(
        UNet2DConditionModel(
            sample_size=8,
            layers_per_block=2,
            block_out_channels=(16, 32),
            norm_num_groups=8,
            **options,
        )
    )


def _vae() -> Any:
    from diffusers import AutoencoderKL

    torch.manual_seed(4)
    return _lively(
        AutoencoderKL(
            block_out_channels=(8, 16),
            layers_per_block=2,
            norm_num_groups=4,
            latent_channels=4,
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
        )
    )


def _lively(model: Any) -> Any:
    """No weight that is alike in two places, so that none can be taken for another."""
    with torch.no_grad():
        for value in model.parameters():
            value += 0.02 * torch.randn_like(value)
    return model.eval()
