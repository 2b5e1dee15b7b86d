"""Stable Diffusion's weights under the names that its authors' code had for them.

The inverse of what a loader does, written from the authors' modules (``ldm`` and ``open_clip``)
and not from any conversion: ``input_blocks`` number the layers that ``down_blocks`` nest, the VAE's
``up`` blocks count from the picture, open_clip keeps queries, keys and values in one matrix.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

Tensors = dict[str, torch.Tensor]

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_UNET_ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_MIDDLE = {"resnets.0": "0", "attentions.0": "1", "resnets.1": "2"}
_VAE_ATTENTION = {
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}
_OPEN_CLIP = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm.weight": "ln_final.weight",
    "final_layer_norm.bias": "ln_final.bias",
}
_OPEN_CLIP_LAYER = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}


def original_unet(unet: Any) -> Tensors:
    """The UNet's weights as in ``ldm.modules.diffusionmodules.openaimodel``."""
    layers = unet.config.layers_per_block
    return {_unet_name(name, layers, unet): value for name, value in unet.state_dict().items()}


def original_vae(vae: Any) -> Tensors:
    """The VAE's weights as in ``ldm.models.autoencoder``: attention by 1×1 convolutions."""
    blocks = len(vae.config.block_out_channels)
    weights = {}
    for name, value in vae.state_dict().items():
        of_attention = ".attentions." in name and value.ndim == 2
        weights[_vae_name(name, blocks)] = value[:, :, None, None] if of_attention else value
    return weights


def original_clip(encoder: Any) -> Tensors:
    """A text encoder of OpenAI's CLIP, whose names were transformers' all along."""
    weights = {f"text_model.{name}": value for name, value in _plain(encoder).items()}
    positions = encoder.config.max_position_embeddings
    weights["text_model.embeddings.position_ids"] = torch.arange(positions)[None]
    return weights


def original_open_clip(encoder: Any, *, unused_layers: int = 0) -> Tensors:
    """A text encoder as in ``open_clip.model``, with as many layers more as nobody reads."""
    plain = _plain(encoder)
    projection = plain.pop("text_projection.weight", None)
    weights: Tensors = {}
    for name, value in plain.items():
        if name in _OPEN_CLIP:
            weights[_OPEN_CLIP[name]] = value
        elif not re.search(r"[qkv]_proj", name):
            layer, inner, kind = _layer(name)
            weights[f"transformer.resblocks.{layer}.{_OPEN_CLIP_LAYER[inner]}.{kind}"] = value
    layers = encoder.config.num_hidden_layers
    for number in range(layers):
        for kind in ("weight", "bias"):
            attention = f"encoder.layers.{number}.self_attn"
            together = [plain[f"{attention}.{part}_proj.{kind}"] for part in "qkv"]
            weights[f"transformer.resblocks.{number}.attn.in_proj_{kind}"] = torch.cat(together)
    for number in range(layers, layers + unused_layers):
        for name, value in list(weights.items()):
            if name.startswith("transformer.resblocks.0."):
                weights[name.replace(".0.", f".{number}.", 1)] = torch.full_like(value, 9.0)
    width = encoder.config.hidden_size
    weights["text_projection"] = torch.full((width, width), 9.0)
    if projection is not None:
        weights["text_projection"] = projection.T
    weights["logit_scale"] = torch.tensor(4.6)
    return weights


def original_checkpoint(pipeline: Any) -> Tensors:
    """All weights of a stock pipeline of SD 1.5, SD 2.x or SDXL, as one file holds them."""
    weights = _within("model.diffusion_model.", original_unet(pipeline.unet))
    weights |= _within("first_stage_model.", original_vae(pipeline.vae))
    first = pipeline.text_encoder
    if hasattr(pipeline, "text_encoder_2"):
        weights |= _within("conditioner.embedders.0.transformer.", original_clip(first))
        second = original_open_clip(pipeline.text_encoder_2)
        weights |= _within("conditioner.embedders.1.model.", second)
    elif first.config.hidden_act == "quick_gelu":  # OpenAI's own
        weights |= _within("cond_stage_model.transformer.", original_clip(first))
    else:
        read = original_open_clip(first, unused_layers=1)
        weights |= _within("cond_stage_model.model.", read)
    # What the authors' training left in the files, beside the weights.
    return weights | {"alphas_cumprod": torch.linspace(1, 0, 1000), "betas": torch.ones(1000)}


def write(path: Path, weights: Mapping[str, torch.Tensor], **metadata: str) -> Path:
    """A ``.safetensors`` file."""
    from safetensors.torch import save_file

    whole = {name: value.detach().clone().contiguous() for name, value in weights.items()}
    save_file(whole, path, metadata or None)
    return path


def _within(prefix: str, weights: Tensors) -> Tensors:
    return {prefix + name: value for name, value in weights.items()}


def _plain(encoder: Any) -> Tensors:
    """Names without the outer ``text_model``, which not every release of transformers has."""
    return {
        name.removeprefix("text_model."): value
        for name, value in encoder.state_dict().items()
        if not name.endswith("position_ids")
    }


def _layer(name: str) -> tuple[str, str, str]:
    match = re.fullmatch(r"encoder\.layers\.(\d+)\.(.+)\.(weight|bias)", name)
    assert match, name
    return match[1], match[2], match[3]


def _unet_name(name: str, layers: int, unet: Any) -> str:
    stem, kind = name.rsplit(".", 1)
    if stem in _UNET_ENDS:
        return f"{_UNET_ENDS[stem]}.{kind}"
    if match := re.fullmatch(r"mid_block\.(\w+\.\d)\.(.+)", stem):
        return f"middle_block.{_MIDDLE[match[1]]}.{_inner(match[2])}.{kind}"
    match = re.fullmatch(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.+)", stem)
    assert match, name
    block, place = int(match[2]), int(match[4])
    if match[3] == "downsamplers":
        return f"input_blocks.{(layers + 1) * (block + 1)}.0.op.{kind}"
    if match[3] == "upsamplers":
        attends = "CrossAttn" in unet.config.up_block_types[block]
        last = (layers + 1) * block + layers
        return f"output_blocks.{last}.{2 if attends else 1}.conv.{kind}"
    first = "input_blocks" if match[1] == "down" else "output_blocks"
    number = (layers + 1) * block + place + (match[1] == "down")
    part = 1 if match[3] == "attentions" else 0
    return f"{first}.{number}.{part}.{_inner(match[5])}.{kind}"


def _inner(stem: str) -> str:
    return _RESNET.get(stem, stem)


def _vae_name(name: str, blocks: int) -> str:
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    if match := re.fullmatch(r"(.+)\.mid_block\.attentions\.0\.(.+)\.(\w+)", name):
        return f"{match[1]}.mid.attn_1.{_VAE_ATTENTION[match[2]]}.{match[3]}"
    name = name.replace(".resnets.", ".block.")
    name = re.sub(r"downsamplers\.0", "downsample", name)
    name = re.sub(r"upsamplers\.0", "upsample", name)
    name = name.replace("down_blocks.", "down.")
    return re.sub(r"up_blocks\.(\d+)", lambda m: f"up.{blocks - 1 - int(m[1])}", name)
