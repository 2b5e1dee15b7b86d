"""Prompts reach the denoiser as the stock pipeline's own call would read them."""

from __future__ import annotations

import torch

from engine.contract.pipeline_families import PIPELINES
from engine.models.pipelines.embeddings import embedded
from tests.engine.models.pipelines.tiny_pipelines import TINY


def test_no_more_is_read_than_by_the_call() -> None:
    """``encode_prompt`` alone would read twice as much of a long prompt."""
    pipeline = TINY["qwen_image"]()
    family = PIPELINES[type(pipeline).__name__]
    with torch.inference_mode():
        texts = embedded(pipeline, family, ["leaf " * 900], [""], False, torch.device("cpu"))
    assert texts["prompt_embeds"].shape[1] <= family.reads[1]
