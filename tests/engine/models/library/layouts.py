"""Keys and shapes of published files, of what tells them apart; rank 4 for LoRAs.

Those of whole checkpoints come from ``original_layout``, at full size on torch's meta device.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import engine.models.single_file
from tests.engine.models.library.sparse import Shapes
from tests.engine.models.original_layout import original_checkpoint

_CONFIGURATIONS = Path(engine.models.single_file.__file__).with_name("configurations")
_TEXT = {"text_encoder": "CLIPTextModel", "text_encoder_2": "CLIPTextModelWithProjection"}
RANK = 4


@cache
def checkpoint(kind: str) -> dict[str, tuple[int, ...]]:
    """All keys of a published checkpoint: "sd15", "sd2" or "sdxl"."""
    import diffusers
    import torch
    import transformers

    parts: dict[str, Any] = {}
    with torch.device("meta"):
        for part in sorted(path.name for path in (_CONFIGURATIONS / kind).iterdir()):
            folder = _CONFIGURATIONS / kind / part
            if part in _TEXT:
                config = transformers.CLIPTextConfig.from_pretrained(folder)
                parts[part] = getattr(transformers, _TEXT[part])(config)
            elif part in ("unet", "vae"):
                of = diffusers.UNet2DConditionModel if part == "unet" else diffusers.AutoencoderKL
                parts[part] = of.from_config(of.load_config(folder))
        weights = original_checkpoint(SimpleNamespace(**parts))
    return {key: tuple(value.shape) for key, value in weights.items()}


def without(shapes: Shapes, *beginnings: str) -> dict[str, tuple[int, ...]]:
    return {key: shape for key, shape in shapes.items() if not key.startswith(beginnings)}


def only(shapes: Shapes, beginning: str) -> dict[str, tuple[int, ...]]:
    """The keys of one part, without what they begin with."""
    return {
        key.removeprefix(beginning): shape
        for key, shape in shapes.items()
        if key.startswith(beginning)
    }


def kohya(layers: Shapes) -> dict[str, tuple[int, ...]]:
    """A LoRA by kohya's scripts for layers of so many outputs and inputs."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (outputs, inputs) in layers.items():
        name = layer.replace(".", "_")
        shapes[f"{name}.alpha"] = ()
        shapes[f"{name}.lora_down.weight"] = (RANK, inputs)
        shapes[f"{name}.lora_up.weight"] = (outputs, RANK)
    return shapes


def peft(layers: Shapes) -> dict[str, tuple[int, ...]]:
    """A LoRA as peft and diffusers write it."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (outputs, inputs) in layers.items():
        shapes[f"{layer}.lora_A.weight"] = (RANK, inputs)
        shapes[f"{layer}.lora_B.weight"] = (outputs, RANK)
    return shapes


def loha(layers: Shapes) -> dict[str, tuple[int, ...]]:
    """A LoRA as products of two low ranks, by LyCORIS."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (outputs, inputs) in layers.items():
        name = layer.replace(".", "_")
        for half in ("hada_w1", "hada_w2"):
            shapes[f"{name}.{half}_a"] = (outputs, RANK)
            shapes[f"{name}.{half}_b"] = (RANK, inputs)
    return shapes


def lokr(layers: Shapes) -> dict[str, tuple[int, ...]]:
    """A LoRA as Kronecker products, by LyCORIS: of 8 x 8 and the rest."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (outputs, inputs) in layers.items():
        name = layer.replace(".", "_")
        shapes[f"{name}.lokr_w1"] = (8, 8)
        shapes[f"{name}.lokr_w2"] = (outputs // 8, inputs // 8)
    return shapes


_DOWN = "down_blocks.1.attentions.0.transformer_blocks.0"


def unet_layers(width: int, inner: int, prefix: str) -> dict[str, tuple[int, ...]]:
    """Layers of a U-Net that LoRAs change, by the width of its text."""
    return {
        f"{prefix}{_DOWN}.attn1.to_q": (inner, inner),
        f"{prefix}{_DOWN}.attn2.to_k": (inner, width),
        f"{prefix}{_DOWN}.attn2.to_v": (inner, width),
        f"{prefix}{_DOWN}.ff.net.0.proj": (8 * inner, inner),
    }


#: FLUX.1 in its authors' layout, and in diffusers'.
FLUX1_BLOCKS = {
    "double_blocks.0.img_attn.qkv": (9216, 3072),
    "double_blocks.0.img_mlp.0": (12288, 3072),
    "single_blocks.37.linear1": (21504, 3072),
}
FLUX1_DIFFUSERS = {
    "transformer_blocks.18.attn.to_q": (3072, 3072),
    "single_transformer_blocks.37.attn.to_q": (3072, 3072),
    "single_transformer_blocks.37.proj_mlp": (12288, 3072),
}
#: FLUX.2 klein 4B: its MLPs are gated, 3 times as wide as what they read.
FLUX2_BLOCKS = {
    "double_blocks.0.img_attn.qkv": (9216, 3072),
    "double_blocks.0.img_mlp.0": (18432, 3072),
    "single_blocks.19.linear1": (27648, 3072),
}
QWEN_LAYERS = {
    "transformer_blocks.59.attn.to_q": (3072, 3072),
    "transformer_blocks.59.img_mlp.net.0.proj": (12288, 3072),
}
Z_IMAGE_LAYERS = {
    "layers.29.attention.to_q": (3840, 3840),
    "layers.29.feed_forward.w1": (10240, 3840),
}
SD3_LAYERS = {
    "transformer_blocks.37.attn.to_q": (2432, 2432),
    "transformer_blocks.37.attn.add_k_proj": (2432, 2432),
}
WAN_LAYERS = {"blocks.39.self_attn.q": (5120, 5120), "blocks.39.ffn.0": (13824, 5120)}

FLUX1_MODEL = {
    "img_in.weight": (3072, 64),
    "double_blocks.0.img_attn.norm.key_norm.scale": (128,),
    "double_blocks.0.img_attn.qkv.weight": (9216, 3072),
    "single_blocks.0.linear1.weight": (21504, 3072),
    "guidance_in.in_layer.weight": (3072, 256),
}
SD3_MODEL = {
    "model.diffusion_model.joint_blocks.0.context_block.adaLN_modulation.1.bias": (14592,),
    "model.diffusion_model.x_embedder.proj.weight": (2432, 16, 2, 2),
    "first_stage_model.decoder.conv_in.weight": (512, 16, 3, 3),
}
CASCADE_MODEL = {
    "clip_txt_mapper.weight": (2048, 1280),
    "clf.1.weight": (16, 2048, 1, 1),
}
AUDIO_MODEL = {
    "model.model.transformer.rotary_pos_emb.inv_freq": (16,),
    "pretransform.model.decoder.layers.0.bias": (2048,),
}
WAN_MODEL = {
    "patch_embedding.weight": (5120, 16, 1, 2, 2),
    "head.modulation": (1, 2, 5120),
    "blocks.0.self_attn.q.weight": (5120, 5120),
}
CONTROLNET = {
    "controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3),
    "controlnet_down_blocks.0.weight": (320, 320, 1, 1),
    "conv_in.weight": (320, 4, 3, 3),
    "time_embedding.linear_1.weight": (1280, 320),
}
CONTROLNET_OLD = {
    "control_model.input_blocks.0.0.weight": (320, 4, 3, 3),
    "control_model.zero_convs.0.0.weight": (320, 320, 1, 1),
}
IP_ADAPTER = {
    "image_proj.proj.weight": (8192, 1280),
    "ip_adapter.1.to_k_ip.weight": (640, 2048),
}
EMBEDDING = {"emb_params": (8, 768)}
EMBEDDING_XL = {"clip_g": (8, 1280), "clip_l": (8, 768)}
ESRGAN = {
    "conv_first.weight": (64, 3, 3, 3),
    "body.0.rdb1.conv1.weight": (32, 64, 3, 3),
    "conv_last.weight": (3, 64, 3, 3),
}
VAE = {
    "encoder.conv_in.weight": (128, 3, 3, 3),
    "decoder.conv_in.weight": (512, 4, 3, 3),
    "quant_conv.weight": (8, 8, 1, 1),
}
T5 = {
    "encoder.block.0.layer.0.SelfAttention.q.weight": (4096, 4096),
    "shared.weight": (32128, 4096),
}
CLIP = {
    "text_model.embeddings.token_embedding.weight": (49408, 768),
    "text_model.encoder.layers.0.self_attn.q_proj.weight": (768, 768),
}
UNET = {
    "conv_in.weight": (320, 4, 3, 3),
    "time_embedding.linear_1.weight": (1280, 320),
    "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": (640, 2048),
}
