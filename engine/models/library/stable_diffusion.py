"""Stable Diffusion checkpoints in their original layout: which one, and what is missing.

Told apart by the width of the text in attention and by ``label_emb``, as ComfyUI and InvokeAI do.
Shapes are those of the published models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .architectures import PREFIXES
from .headers import Header

_TEXT_WIDTH = (  # SDXL has no attention in its first blocks
    "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight",
    "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight",
)
_CHECKPOINTS = {768: "sd15", 1024: "sd2", 2048: "sdxl"}
_SDXL_LABELS = 2816  # pooled text of 1280 and six sizes of 256
#: Blocks that the smaller, distilled variants lack.
_LAST_BLOCKS = {
    "sd15": "middle_block.1.transformer_blocks.0.attn2.to_k.weight",
    "sd2": "middle_block.1.transformer_blocks.0.attn2.to_k.weight",
    "sdxl": "middle_block.1.transformer_blocks.9.attn2.to_k.weight",
}
#: A key of each part: any one of them shows that it is there.
_TEXT_ENCODERS = {
    "sd15": (
        (
            "text encoder",
            ("cond_stage_model.transformer.text_model.embeddings.position_embedding.weight",),
        ),
    ),
    "sd2": (("text encoder", ("cond_stage_model.model.token_embedding.weight",)),),
    "sdxl": (
        (
            "first text encoder",
            (
                "conditioner.embedders.0.transformer.text_model.embeddings"
                ".position_embedding.weight",
            ),
        ),
        ("second text encoder", ("conditioner.embedders.1.model.positional_embedding",)),
    ),
}
_VAE = (
    ("VAE's encoder", ("first_stage_model.encoder.conv_in.weight",)),
    ("VAE's decoder", ("first_stage_model.decoder.conv_in.weight",)),
)
_OLD_TEXT_ENCODER = "cond_stage_model.transformer.embeddings.position_embedding.weight"
_QUANTISED = (".quant_state.", "scaled_fp8", ".comfy_quant", ".weight_scale", ".wscales", ".SCB")


@dataclass(frozen=True)
class StableDiffusion:
    """A U-Net of Stable Diffusion, and what lies beside it.

    Attributes:
        checkpoint: "sd15", "sd2", "sdxl", or empty.
        purpose: what it is for instead of text to image: a phrase that follows "is".
        missing: the parts that are not in the file, for people.
        obstacle: another reason why it cannot be used: a phrase that follows the file's name.
    """

    checkpoint: str = ""
    purpose: str = ""
    missing: tuple[str, ...] = ()
    obstacle: str = ""


def stable_diffusion(header: Header) -> StableDiffusion | None:
    """What a file holds of Stable Diffusion; None when it holds no such U-Net."""
    for prefix in PREFIXES:
        if f"{prefix}input_blocks.0.0.weight" in header and f"{prefix}out.2.weight" in header:
            return _inspect(header, prefix)
    return None


def _inspect(header: Header, prefix: str) -> StableDiffusion:
    width = next((w for key in _TEXT_WIDTH if (w := header.width(prefix + key))), 0)
    checkpoint = _CHECKPOINTS.get(width, "")
    purpose = _other_purpose(header, prefix, width)
    if purpose:
        return StableDiffusion(checkpoint, purpose)
    if not checkpoint:
        return StableDiffusion(obstacle="is a U-Net of an unknown kind")
    obstacle, missing = _obstacle(header, prefix, checkpoint), _missing(header, checkpoint)
    if prefix != PREFIXES[0] and not missing:
        obstacle = obstacle or "has its U-Net under other names than its authors'"
    return StableDiffusion(checkpoint, missing=missing, obstacle=obstacle)


def _other_purpose(header: Header, prefix: str, width: int) -> str:
    if ".time_stack." in header.text or ".time_mix_blocks." in header.text:
        return "a video model (Stable Video Diffusion)"
    if f"{prefix}input_blocks.1.1.temporal_transformer" in header.text:
        return "a video model"
    if width == 1280:
        return "the refiner of Stable Diffusion XL, which only ends what another model began"
    channels = header.width(f"{prefix}input_blocks.0.0.weight", 1)
    if channels in BY_CHANNELS:
        return BY_CHANNELS[channels]
    if width == 1024 and f"{prefix}label_emb.0.0.weight" in header:
        return "an unCLIP model, which makes variations of a given picture"
    return "" if channels == 4 else f"a model that takes {channels} channels"


#: A picture's latents have 4; the rest says what else the model is given.
BY_CHANNELS = {
    9: "an inpainting model",
    8: "an InstructPix2Pix model, which edits a given picture",
    7: "an upscaler",
    5: "a model that follows a given depth",
}


def _obstacle(header: Header, prefix: str, checkpoint: str) -> str:
    labels = header.width(f"{prefix}label_emb.0.0.weight")
    if prefix + _LAST_BLOCKS[checkpoint] not in header:
        return "is a smaller variant of Stable Diffusion, whose blocks are others"
    if checkpoint == "sdxl" and labels != _SDXL_LABELS:
        return "looks like Stable Diffusion XL, but is told sizes in another way"
    if "edm_mean" in header:
        return "is Playground 2.5, whose noise is of another kind"
    if any(trace in header.text for trace in _QUANTISED):
        return "has quantised weights, which Zoom Stack cannot read"
    if checkpoint == "sd15" and _OLD_TEXT_ENCODER in header:
        return "has its text encoder in an older layout, which Zoom Stack cannot read"
    return ""


def _missing(header: Header, checkpoint: str) -> tuple[str, ...]:
    missing = [
        title
        for title, keys in (*_TEXT_ENCODERS[checkpoint], *_VAE)
        if not any(key in header for key in keys)
    ]
    if len(missing) >= 2 and missing[-2:] == ["VAE's encoder", "VAE's decoder"]:
        missing[-2:] = ["VAE"]
    return tuple(missing)


def prediction_of(header: Header, checkpoint: str, names: tuple[str, ...]) -> str:
    """What a checkpoint predicts: "epsilon", "v_prediction", or "" where nothing says it.

    Args:
        names: of the file, and its titles: "vpred" in them leaves the choice to the user.
    """
    if "v_pred" in header or "ztsnr" in header:
        return "v_prediction"
    said = _prediction_said(header.metadata)
    if said or checkpoint == "sd2":
        return said
    doubtful = any("vpred" in name.lower().replace("-", "").replace("_", "") for name in names)
    return "" if doubtful else "epsilon"


def _prediction_said(metadata: Mapping[str, str]) -> str:
    said = metadata.get("modelspec.prediction_type", "").strip().lower()
    if said in ("v", "v_prediction", "v-prediction", "vpred", "v_pred"):
        return "v_prediction"
    if said in ("epsilon", "eps"):
        return "epsilon"
    architecture = metadata.get("modelspec.architecture", "").lower()
    if architecture.startswith("stable-diffusion-v2-768-v"):
        return "v_prediction"
    return "epsilon" if architecture.startswith("stable-diffusion-v2-512") else ""
