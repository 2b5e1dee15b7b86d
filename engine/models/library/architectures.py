"""What a file holds that is neither a Stable Diffusion checkpoint nor a LoRA, from its keys.

The keys are those that diffusers (``loaders/single_file_utils.py``), ComfyUI and InvokeAI go by.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .families import (
    CHROMA,
    FLUX1,
    FLUX2,
    KREA2,
    LUMINA2,
    OVIS,
    PIXART,
    PRX,
    QWEN,
    SANA,
    SD3,
    Z_IMAGE,
    title_of,
)
from .headers import Header

#: In front of a diffusion model's keys, where a file holds other parts as well.
PREFIXES = ("model.diffusion_model.", "diffusion_model.", "")
_WIDTHS_OF_WORDS = frozenset({768, 1024, 1280, 4096})
_MOST_WORDS = 128  # a prompt has 77


@dataclass(frozen=True)
class Architecture:
    """A kind of diffusion model.

    Attributes:
        title: for people.
        family: the class of its pipelines, where Zoom Stack can sample them.
        purpose: what it is for instead: a phrase that follows "is", or empty.
    """

    title: str
    family: str = ""
    purpose: str = ""


def diffusion_model(header: Header) -> Architecture | None:
    """The diffusion model in a file, other than Stable Diffusion's U-Nets in their own layout."""
    for prefix in PREFIXES:
        for keys, found in _DIFFUSION:
            if all(prefix + key in header for key in keys):
                return _variant(header, prefix, found)
    return None


def part(header: Header) -> str:
    """What part of a model, or what helper of one, a file holds; empty if it is not known."""
    for title, holds in _PARTS:
        if holds(header):
            return title
    return ""


def _sampled(family: str) -> Architecture:
    return Architecture(title_of(family), family)


def _video(title: str) -> Architecture:
    return Architecture(title, purpose="a video model")


def _audio(title: str) -> Architecture:
    return Architecture(title, purpose="a model for sound")


#: Keys that must all be there, without the prefix; the first that fits counts.
_DIFFUSION = [
    (("txt_in.individual_token_refiner.blocks.0.adaLN_modulation.1.bias",), _video("Hunyuan")),
    (("single_stream_modulation.lin.weight",), _sampled(FLUX2)),
    (("early_stream_modulations.image.lin.weight",), Architecture("FLUX.3")),
    (("distilled_guidance_layer.in_proj.bias",), _sampled(CHROMA)),
    (("double_blocks.0.img_attn.norm.key_norm.scale",), _sampled(FLUX1)),
    (("single_transformer_blocks.0.attn.to_qkv_mlp_proj.weight",), _sampled(FLUX2)),
    (
        ("single_transformer_blocks.0.proj_mlp.weight", "context_embedder_norm.weight"),
        _sampled(OVIS),
    ),
    (("single_transformer_blocks.0.proj_mlp.weight",), _sampled(FLUX1)),
    (("joint_blocks.0.context_block.adaLN_modulation.1.bias",), _sampled(SD3)),
    (("transformer_blocks.0.norm1_context.linear.weight", "pos_embed.proj.weight"), _sampled(SD3)),
    (("layers.0.adaLN_modulation.0.weight", "cap_embedder.1.weight"), _sampled(Z_IMAGE)),
    (("layers.0.adaLN_modulation.1.weight", "cap_embedder.1.weight"), _sampled(LUMINA2)),
    (("time_caption_embed.caption_embedder.0.weight",), _sampled(LUMINA2)),
    (("transformer_blocks.0.img_mod.1.weight", "txt_norm.weight"), _sampled(QWEN)),
    (("txtfusion.projector.weight",), _sampled(KREA2)),
    (("text_fusion.projector.weight",), _sampled(KREA2)),
    (("blocks.0.cross_attn.q_linear.weight", "attention_y_norm.weight"), _sampled(SANA)),
    (("blocks.0.cross_attn.q_linear.weight", "t_block.1.weight"), _sampled(PIXART)),
    (("transformer_blocks.0.ff.conv_inverted.weight",), _sampled(SANA)),
    (("caption_projection.linear_1.weight", "pos_embed.proj.weight"), _sampled(PIXART)),
    (("blocks.0.attention.img_qkv_proj.weight", "img_in.0.weight"), _sampled(PRX)),
    (("double_stream_blocks.0.block.adaLN_modulation.1.bias",), Architecture("HiDream")),
    (("double_layers.0.attn.w1q.weight",), Architecture("AuraFlow")),
    (("mlp_t5.0.weight",), Architecture("Hunyuan-DiT")),
    (("clip_txt_mapper.weight", "clf.1.weight"), Architecture("Stable Cascade")),
    (("clip_mapper.weight", "clf.1.weight"), Architecture("Stable Cascade")),
    (("head.modulation", "patch_embedding.weight"), _video("Wan")),
    (("patchify_proj.weight",), _video("LTX")),
    (("blocks.0.attn.qkv_x.weight",), _video("Mochi")),
    (("net.x_embedder.proj.1.weight",), _video("Cosmos")),
    (("transformer.rotary_pos_emb.inv_freq",), _audio("Stable Audio")),
    (("model.model.transformer.rotary_pos_emb.inv_freq",), _audio("Stable Audio")),
    (("lyric_embs.weight",), _audio("ACE-Step")),
]


def _variant(header: Header, prefix: str, found: Architecture) -> Architecture:
    """FLUX.1's tools take more channels: 384 of Fill, 128 of Canny and Depth (its own: 64)."""
    if found.family == FLUX1:
        channels = header.width(f"{prefix}img_in.weight") or header.width(
            f"{prefix}x_embedder.weight"
        )
        if channels == 384:
            return Architecture("FLUX.1 Fill", purpose="an inpainting model")
        if channels == 128:
            return Architecture("FLUX.1 Control", purpose="a model that follows a given picture")
    return found


def _has(*keys: str) -> Callable[[Header], bool]:
    return lambda header: any(key in header for key in keys)


def _begins(*beginnings: str) -> Callable[[Header], bool]:
    return lambda header: header.begins(*beginnings)


def _contains(pattern: str) -> Callable[[Header], bool]:
    searched = re.compile(pattern, re.MULTILINE)
    return lambda header: searched.search(header.text) is not None


def _is_embedding(header: Header) -> bool:
    """Words learned by textual inversion: one or two of [words, width], few words."""
    shapes = list(header.shapes.values())
    return len(shapes) <= 2 and all(
        len(shape) in (1, 2)
        and shape[-1] in _WIDTHS_OF_WORDS
        and (len(shape) == 1 or shape[0] <= _MOST_WORDS)
        for shape in shapes
    )


#: By their most telling keys; the first that fits counts.
_PARTS: list[tuple[str, Callable[[Header], bool]]] = [
    (
        "a ControlNet",
        _contains(
            r"^control_model\.|^(controlnet_)?cond_embedding|^controlnet_|^input_hint_block\."
            r"|^lora_controlnet$|^zero_convs\.|^control_layers\.|^control_all_x_embedder"
        ),
    ),
    ("an IP-Adapter", _contains(r"to_k_ip|^ip_adapter|^image_proj(_model)?\.")),
    ("a T2I-Adapter", _contains(r"^(adapter\.)?body\.\d+\.resnets\.|^adapter\.body\.")),
    ("a motion module for video", _contains(r"motion_modules\.")),
    (
        "an upscaler",
        _contains(
            r"^(params_ema\.|params\.)?(conv_first\.|model\.1\.sub\.0\.|upsampler|conv_up1\.)"
            r"|RDB1\.conv1|rdb1\.conv1|residual_group"
        ),
    ),
    ("a textual-inversion embedding", _is_embedding),
    ("a face model", _contains(r"^(face|arcface)_")),
    (
        "a VAE",
        _contains(
            r"^(first_stage_model\.|vae\.)?(encoder|decoder)\.(conv_in|conv1|mid|middle|stages"
            r"|up_blocks|down_blocks|project_in|layers\.0\.conv)"
        ),
    ),
    (
        "a text encoder",
        _contains(
            r"(^|\.)text_model\.(encoder|embeddings)\.|^embeddings\.token_embedding\."
            r"|^encoder\.block\.0\.layer\.0\.SelfAttention"
            r"|^(model\.|language_model\.)*layers\.0\.self_attn\.|^transformer\.resblocks\."
            r"|^token_embedding\.|^shared\.weight$|^cond_stage_model\.|^conditioner\."
        ),
    ),
    (
        "an image encoder",
        _begins("vision_model.", "visual.", "image_encoder.", "embeddings.patch_embeddings."),
    ),
    (
        "a U-Net without the rest of its model",
        _has("conv_in.weight", "time_embedding.linear_1.weight"),
    ),
]
