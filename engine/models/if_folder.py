"""What the adapters read from model folders: parts, and an IF cascade's schedule and prompts."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ..contract.errors import ZoomStackError


def load_scheduler(folder: Path, name: str) -> Any:
    """The noise schedule and what the UNet predicts, as the folder says.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    from diffusers import DDPMScheduler

    scheduler = from_folder(DDPMScheduler, folder / "scheduler", name)
    if scheduler.config.prediction_type not in ("epsilon", "v_prediction"):
        raise ZoomStackError(
            "bad_model",
            f'The model "{name}" predicts "{scheduler.config.prediction_type}", which the IF '
            "format does not have.",
        )
    return scheduler


def from_folder(kind: Any, folder: Path, name: str, **options: Any) -> Any:
    """One part of a model folder, from safetensors only.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    weights = sorted(folder.glob("*.safetensors"))
    if weights and all(".fp16." in path.name for path in weights):
        options["variant"] = "fp16"
    if weights:
        options["use_safetensors"] = True
    try:
        return kind.from_pretrained(folder, local_files_only=True, **options)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        what = f'The model "{name}"'
        if folder.name != name:
            what = f'The "{folder.name}" part of the model "{name}"'
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ZoomStackError(
            "bad_model",
            f"{what} cannot be loaded: {reason}",
            f"Check the folder {folder}, or download the model again.",
        ) from error


def encode_prompts(
    folder: Path,
    unet: Any,
    prompts: Sequence[str],
    negative_prompts: Sequence[str],
    guidance_scale: float,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Encode the prompts, then let go of the text encoder: IF's has 11 GB."""
    pipeline = _load_text_pipeline(folder, unet.dtype, unet.device)
    positive, negative = pipeline.encode_prompt(
        list(prompts),
        do_classifier_free_guidance=guidance_scale != 1.0,
        negative_prompt=list(negative_prompts),
        device=unet.device,
    )
    del pipeline
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return positive, negative


def _load_text_pipeline(folder: Path, dtype: torch.dtype, device: torch.device) -> Any:
    """The stock pipeline with its text half only: tokenizer and text encoder."""
    from diffusers.pipelines.deepfloyd_if.pipeline_if import IFPipeline
    from transformers import AutoTokenizer, T5EncoderModel

    encoder = from_folder(T5EncoderModel, folder / "text_encoder", folder.name, dtype=dtype)
    tokenizer = from_folder(AutoTokenizer, folder / "tokenizer", folder.name)
    return IFPipeline(
        tokenizer=tokenizer,
        text_encoder=encoder.to(device).eval(),
        unet=None,
        scheduler=None,
        safety_checker=None,
        feature_extractor=None,
        watermarker=None,
        requires_safety_checker=False,
    )
