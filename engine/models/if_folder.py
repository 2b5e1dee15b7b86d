"""What an IF cascade's folders say beside the UNet: the noise schedule, and prompts encoded."""

from __future__ import annotations

import bisect
import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ..contract.errors import ZoomStackError
from .folder_part import from_folder

TOKENS = 77  # what IFPipeline.encode_prompt reads of a prompt, the end's token included


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


def unread_ends(folder: Path, prompts: Sequence[str]) -> list[str]:
    """What of each prompt, from its end, does not fit into the tokens that the pipeline reads."""
    from transformers import AutoTokenizer

    tokenizer = from_folder(
        AutoTokenizer, folder / "tokenizer", folder.name, trust_remote_code=False
    )
    ends = []
    for prompt in prompts:
        words = prompt.lower().split()

        def fits(count: int, words: list[str] = words) -> bool:
            return len(tokenizer(" ".join(words[:count])).input_ids) <= TOKENS

        # The first count that does not fit; more words never need fewer tokens.
        first = bisect.bisect_left(range(len(words) + 1), True, key=lambda count: not fits(count))
        ends.append(" ".join(prompt.split()[max(first - 1, 0) :]))
    return ends


def _load_text_pipeline(folder: Path, dtype: torch.dtype, device: torch.device) -> Any:
    """The stock pipeline with its text half only: tokenizer and text encoder."""
    from diffusers.pipelines.deepfloyd_if.pipeline_if import IFPipeline
    from transformers import AutoTokenizer, T5EncoderModel

    encoder = from_folder(T5EncoderModel, folder / "text_encoder", folder.name, dtype=dtype)
    tokenizer = from_folder(
        AutoTokenizer, folder / "tokenizer", folder.name, trust_remote_code=False
    )
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
