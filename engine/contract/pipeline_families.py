"""The families of stock pipelines that the engine can sample: one row each.

Steps, guidance and lengths go by the authors' model cards and the pipelines' own defaults; 30 steps
for Stable Diffusion and XL, as is usual with the solvers of today.
"""

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
        guidance: the recommended scale.
        steps: the recommended number.
        draft: steps and guidance of the few-step models that were distilled from it.
        least: the lowest scale that the pipeline takes; below it the same is meant.
        guides_above: the scale above which the pipeline asks its denoiser twice.
        scale: the call's argument for guidance.
        layout: of its latents; a name in ``pipelines.layouts.LAYOUTS``.
        sized: its folders say the size that it was trained on.
        native: side of the squares that it was trained on, in pixels, where no file says it.
        grid: how many pixels one of its latents stands for, to each side.
        multiple: of which the sides of its pictures must be whole ones, in pixels.
        reads: the tokenizer that reads the most of a prompt, and how many tokens that is.
        negative: whether it takes negative prompts.
        single: it takes one prompt at a time.
        call: more arguments of the call.
        needs: packages without which it does not run, names to import.
        licence: under which its weights are published, for people.
    """

    title: str
    embed: str
    guidance: float
    steps: int
    draft: tuple[int, float] = (4, 0.0)
    least: float = 0.0
    guides_above: float = 1.0
    scale: str = "guidance_scale"
    layout: str = "plain"
    sized: bool = True
    native: int = 1024
    grid: int = 8
    multiple: int = 16
    reads: tuple[str, int] = ("tokenizer", 512)
    negative: bool = True
    single: bool = False
    call: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    licence: str = ""


_CLIP = ("tokenizer", 77)
_AS_ASKED = {"use_resolution_binning": False}

#: By the class that a folder's index names.
PIPELINES = {
    "StableDiffusionXLPipeline": PipelineFamily(
        "Stable Diffusion XL",
        "pooled",
        guidance=5.0,
        steps=30,
        multiple=8,
        reads=_CLIP,
        licence="Open RAIL++",
    ),
    "StableDiffusionPipeline": PipelineFamily(
        "Stable Diffusion",
        "pair",
        guidance=7.5,
        steps=30,
        native=512,
        multiple=8,
        reads=_CLIP,
        licence="Open RAIL",
    ),
    "ZImagePipeline": PipelineFamily(
        "Z-Image",
        "listed",
        guidance=4.0,
        steps=50,
        draft=(9, 0.0),
        guides_above=0.0,
        licence="Apache 2.0",
    ),
    "Flux2KleinPipeline": PipelineFamily(
        "FLUX.2 klein",
        "flux2",
        guidance=4.0,
        steps=50,
        layout="tokens",
        grid=16,
        licence="Apache 2.0 (4B), non-commercial (9B)",
    ),
    "PRXPixelPipeline": PipelineFamily(
        "PRX Pixel",
        "attended",
        guidance=5.0,
        steps=28,
        draft=(4, 1.0),
        least=1.0,
        grid=1,
        reads=("tokenizer", 256),
        single=True,
        call=_AS_ASKED,
        needs=("ftfy",),
        licence="see its model card",
    ),
    "FluxPipeline": PipelineFamily(
        "FLUX.1",
        "flux1",
        guidance=3.5,
        steps=28,
        draft=(4, 3.5),  # which few-step models are told, or do not hear
        layout="packed",
        reads=("tokenizer_2", 512),
        negative=False,
        licence="non-commercial (dev), Apache 2.0 (schnell)",
    ),
    "ChromaPipeline": PipelineFamily(
        "Chroma", "chroma", guidance=3.0, steps=40, layout="packed", licence="Apache 2.0"
    ),
    "QwenImagePipeline": PipelineFamily(
        "Qwen-Image",
        "masked",
        guidance=4.0,
        steps=50,
        scale="true_cfg_scale",
        layout="packed",
        licence="Apache 2.0",
    ),
    "Krea2Pipeline": PipelineFamily(
        "Krea 2",
        "masked",
        guidance=4.5,
        steps=28,
        draft=(8, 0.0),
        guides_above=0.0,
        layout="packed",
        licence="Krea community licence",
    ),
    "StableDiffusion3Pipeline": PipelineFamily(
        "Stable Diffusion 3.5",
        "pooled",
        guidance=3.5,
        steps=28,
        reads=("tokenizer_3", 256),
        licence="Stability community licence",
    ),
    "PixArtSigmaPipeline": PipelineFamily(
        "PixArt-Σ",
        "attended",
        guidance=4.5,
        steps=20,
        reads=("tokenizer", 300),
        call=_AS_ASKED,
        licence="Open RAIL++",
    ),
    "AuraFlowPipeline": PipelineFamily(
        "AuraFlow",
        "attended",
        guidance=3.5,
        steps=50,
        sized=False,
        reads=("tokenizer", 256),
        licence="Apache 2.0",
    ),
    "SanaPipeline": PipelineFamily(
        "Sana",
        "instructed",
        guidance=4.5,
        steps=20,
        grid=32,
        multiple=32,
        reads=("tokenizer", 300),
        call=_AS_ASKED,
        licence="NVIDIA, non-commercial",
    ),
    "Lumina2Pipeline": PipelineFamily(
        "Lumina 2",
        "attended",
        guidance=4.0,
        steps=50,
        reads=("tokenizer", 256),
        licence="Apache 2.0",
    ),
    "OvisImagePipeline": PipelineFamily(
        "Ovis-Image",
        "ovis",
        guidance=5.0,
        steps=50,
        layout="packed",
        reads=("tokenizer", 256),
        licence="Apache 2.0",
    ),
}
