"""The families of stock pipelines that the engine can sample: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PipelineFamily:
    """What differs between two pipelines of diffusers, as far as the engine has to know it.

    Attributes:
        title: for people.
        embed: how prompts become arguments of the call; a name in ``pipelines.embeddings.WAYS``.
        guidance: the scale that its authors recommend.
        steps: the number of steps that they recommend.
        layout: of its latents; a name in ``pipelines.layouts.LAYOUTS``.
        multiple: of which the sides of its pictures must be whole ones, in pixels.
        scale: the call's argument for guidance.
        negative: whether it takes negative prompts.
        single: it takes one prompt at a time.
        call: more arguments of the call.
        licence: under which its weights are published, for people.
    """

    title: str
    embed: str
    guidance: float
    steps: int = 30
    layout: str = "plain"
    multiple: int = 16
    scale: str = "guidance_scale"
    negative: bool = True
    single: bool = False
    call: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""


_AS_ASKED = {"use_resolution_binning": False}

#: By the class that a folder's index names.
PIPELINES = {
    "StableDiffusionXLPipeline": PipelineFamily(
        "Stable Diffusion XL", "pooled", 5.0, multiple=8, licence="Open RAIL++"
    ),
    "StableDiffusionPipeline": PipelineFamily(
        "Stable Diffusion", "pair", 7.5, multiple=8, licence="Open RAIL"
    ),
    "ZImagePipeline": PipelineFamily("Z-Image", "listed", 4.0, 50, licence="Apache 2.0"),
    "Flux2KleinPipeline": PipelineFamily(
        "FLUX.2 klein", "flux2", 4.0, 50, "tokens", negative=False, licence="Apache 2.0 (4B)"
    ),
    "PRXPixelPipeline": PipelineFamily(
        "PRX Pixel", "attended", 5.0, 28, single=True, call=_AS_ASKED
    ),
    "FluxPipeline": PipelineFamily(
        "FLUX.1",
        "flux1",
        3.5,
        28,
        "packed",
        negative=False,
        licence="non-commercial (dev), Apache 2.0 (schnell)",
    ),
    "ChromaPipeline": PipelineFamily(
        "Chroma", "chroma", 5.0, 35, "packed", licence="Apache 2.0"
    ),
    "QwenImagePipeline": PipelineFamily(
        "Qwen-Image", "masked", 4.0, 50, "packed", scale="true_cfg_scale", licence="Apache 2.0"
    ),
    "Krea2Pipeline": PipelineFamily("Krea 2", "masked", 3.5, 28, "packed"),
    "StableDiffusion3Pipeline": PipelineFamily(
        "Stable Diffusion 3.5", "pooled", 4.5, 28, licence="Stability community licence"
    ),
    "PixArtSigmaPipeline": PipelineFamily(
        "PixArt-Σ", "attended", 4.5, 20, call=_AS_ASKED, licence="Open RAIL++"
    ),
    "SanaPipeline": PipelineFamily(
        "Sana", "instructed", 4.5, 20, multiple=32, call=_AS_ASKED, licence="NVIDIA, non-commercial"
    ),
    "Lumina2Pipeline": PipelineFamily("Lumina 2", "attended", 4.0, 50, licence="Apache 2.0"),
    "OvisImagePipeline": PipelineFamily(
        "Ovis-Image", "ovis", 5.0, 50, "packed", licence="Apache 2.0"
    ),
}
