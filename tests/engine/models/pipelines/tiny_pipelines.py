"""Every family that the engine samples as a tiny pipeline with random weights, in its own format.

Weights are lively enough for prompts, time and guidance all to change the pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engine.models.pipelines import tiny_transformers, tiny_unets

TINY: dict[str, Callable[[], Any]] = {
    make.__name__: make
    for make in (
        tiny_unets.sdxl,
        tiny_unets.sdxl_v,
        tiny_unets.stable_diffusion,
        tiny_unets.stable_diffusion_v,
        tiny_transformers.z_image,
        tiny_transformers.flux2_klein,
        tiny_transformers.flux2_klein_distilled,
        tiny_transformers.prx_pixel,
        tiny_transformers.flux1_dev,
        tiny_transformers.flux1_schnell,
        tiny_transformers.chroma,
        tiny_transformers.qwen_image,
        tiny_transformers.krea2,
        tiny_transformers.sd3,
        tiny_transformers.pixart_sigma,
        tiny_transformers.aura_flow,
        tiny_transformers.sana,
        tiny_transformers.lumina2,
        tiny_transformers.ovis_image,
    )
}


def save_tiny(name: str, folder: Path) -> Path:
    """Write a family's folder as ``save_pretrained`` lays it out."""
    TINY[name]().save_pretrained(folder)
    return folder


def load_stock(folder: Path) -> Any:
    """The pipeline as its stock class loads it."""
    from diffusers import DiffusionPipeline

    pipeline = DiffusionPipeline.from_pretrained(folder, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
