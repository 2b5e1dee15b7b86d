"""The classes of pipelines that files are recognised for, and their names for people."""

from __future__ import annotations

from ...contract.model_folder import FAMILIES
from ...contract.pipeline_families import PIPELINES

SD = "StableDiffusionPipeline"
SDXL = "StableDiffusionXLPipeline"
SD3 = "StableDiffusion3Pipeline"
FLUX1 = "FluxPipeline"
FLUX2 = "Flux2KleinPipeline"
CHROMA = "ChromaPipeline"
Z_IMAGE = "ZImagePipeline"
QWEN = "QwenImagePipeline"
KREA2 = "Krea2Pipeline"
LUMINA2 = "Lumina2Pipeline"
PIXART = "PixArtSigmaPipeline"
SANA = "SanaPipeline"
OVIS = "OvisImagePipeline"
PRX = "PRXPixelPipeline"

CHECKPOINT_TITLES = {
    "sd15": "Stable Diffusion 1.5",
    "sd2": "Stable Diffusion 2",
    "sdxl": "Stable Diffusion XL",
}


def title_of(family: str, checkpoint: str = "") -> str:
    """A family's name for people; the class's own where it has none."""
    if checkpoint:
        return CHECKPOINT_TITLES[checkpoint]
    if family in PIPELINES:
        return PIPELINES[family].title
    return FAMILIES[family].title if family in FAMILIES else family
