"""Folders in diffusers' format, with the files and values of published ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.engine.models.library.sparse import write_sparse

Json = dict[str, Any]
WEIGHTS = {"x": (64, 64)}

SDXL: Json = {
    "_class_name": "StableDiffusionXLPipeline",
    "_diffusers_version": "0.19.0.dev0",
    "force_zeros_for_empty_prompt": True,
    "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "tokenizer_2": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
SD15: Json = {
    "_class_name": "StableDiffusionPipeline",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
FLUX: Json = {
    "_class_name": "FluxPipeline",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "text_encoder_2": ["transformers", "T5EncoderModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "tokenizer_2": ["transformers", "T5TokenizerFast"],
    "transformer": ["diffusers", "FluxTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
PRX: Json = {
    "_class_name": "PRXPixelPipeline",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "T5GemmaEncoder"],
    "tokenizer": ["transformers", "GemmaTokenizerFast"],
    "transformer": ["diffusers", "PRXTransformer2DModel"],
}
VAE: Json = {"_class_name": "AutoencoderKL", "block_out_channels": [128, 256, 512, 512]}
CONFIGS: dict[str, Json] = {
    "SDXL unet": {"in_channels": 4, "sample_size": 128, "cross_attention_dim": 2048},
    "SD15 unet": {"in_channels": 4, "sample_size": 64, "cross_attention_dim": 768},
    "SD2 unet": {"in_channels": 4, "sample_size": 96, "cross_attention_dim": 1024},
    "FLUX transformer": {"in_channels": 64, "guidance_embeds": True},
    "PRX transformer": {"in_channels": 3},
}
EULER: Json = {"_class_name": "EulerDiscreteScheduler", "prediction_type": "epsilon"}
FLOW: Json = {"_class_name": "FlowMatchEulerDiscreteScheduler"}


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def make_folder(folder: Path, index: Json, denoiser: Json, scheduler: Json = EULER) -> Path:
    """Every part that an index lists, with its configuration and weights of 8 KiB."""
    write_json(folder / "model_index.json", index)
    for part, made_by in index.items():
        if not isinstance(made_by, list) or made_by[0] is None:
            continue
        if part == "scheduler":
            write_json(folder / part / "scheduler_config.json", scheduler)
        elif part.startswith("tokenizer"):
            write_json(folder / part / "tokenizer_config.json", {"model_max_length": 77})
            write_json(folder / part / "vocab.json", {"a": 0})
        elif part == "feature_extractor":
            write_json(folder / part / "preprocessor_config.json", {})
        else:
            config = {"unet": denoiser, "transformer": denoiser, "vae": VAE}.get(part, {})
            write_json(folder / part / "config.json", config)
            write_sparse(folder / part / weights_of(made_by[0]), WEIGHTS)
    return folder


def weights_of(library: str) -> str:
    stem = "model" if library == "transformers" else "diffusion_pytorch_model"
    return f"{stem}.safetensors"


def sdxl(folder: Path) -> Path:
    return make_folder(folder, SDXL, CONFIGS["SDXL unet"])


def sharded(part: Path, stem: str = "diffusion_pytorch_model", count: int = 3) -> list[Path]:
    """Give a part its weights in shards, as large models have them."""
    (part / f"{stem}.safetensors").unlink()
    names = [f"{stem}-{k + 1:05d}-of-{count:05d}.safetensors" for k in range(count)]
    weights = {f"layers.{k}.weight": name for k, name in enumerate(names)}
    write_json(part / f"{stem}.safetensors.index.json", {"metadata": {}, "weight_map": weights})
    return [
        write_sparse(part / name, {f"layers.{k}.weight": (8, 8)}) for k, name in enumerate(names)
    ]
