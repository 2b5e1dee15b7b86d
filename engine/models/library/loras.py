"""LoRA files: whether a file is one, and which family of models it changes.

Trainers name the same weights in four ways: kohya ("lora_unet_down_blocks_0_..."), diffusers and
peft ("unet.down_blocks.0...", "transformer...."), ComfyUI ("diffusion_model....") and plain paths.
With their prefixes gone and their dots made underscores, all say the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .families import FLUX1, FLUX2, KREA2, LUMINA2, PIXART, QWEN, SANA, SD, SD3, SDXL, Z_IMAGE
from .headers import Header

# What follows a layer's name. The shapes' last axis is the width of a layer's input: down
# [rank, in], hada_w1_b [rank, in].
_PART = re.compile(
    r"[._](?:"
    r"(?P<down>(?:lora_down|lora_A|lora\.down|lora_linear_layer\.down|hada_w1_b|proj_lora\d\.down)"
    r"(?:\.\w+)?(?:\.weight)?$)"
    r"|(?P<up>(?:lora_up|lora_B|lora\.up)(?:\.\w+)?(?:\.weight)?$)"
    r"|(?P<factor>lokr_w[12])(?:_b)?$"
    r"|(?P<other>hada_w\d|lokr_w\d|oft_|boft_|glora_|lora_mid|dora_scale|diff(?:_b)?$)"
    r")"
)
_NO_PART = (".alpha", ".lora_up.weight", ".lora_B.weight")  # most keys: told fast
_PREFIXES = re.compile(
    r"^(base_model\.model\.)?(lora_unet_|lora_transformer_|unet\.|transformer\.|diffusion_model\.)?"
)
_TRACES = re.compile(r"lora|hada_w1|lokr_w|oft_|glora|dora_scale|\.diff(_b)?$", re.MULTILINE)
_UNET = re.compile(r"^(down_blocks|up_blocks|mid_block|input_blocks|output_blocks|middle_block)_")
_TEXT = re.compile(r"^(lora_te\d?_|text_encoders?_|text_encoder_\d_)")
_CHECKPOINTS = {768: "sd15", 1024: "sd2", 2048: "sdxl"}  # by the width of the text in attention

#: What can be done about a kind of LoRA that diffusers does not load.
_LYCORIS_FAMILIES = (Z_IMAGE, FLUX2)


@dataclass(frozen=True)
class Lora:
    """What a LoRA changes.

    Attributes:
        family: a class of pipelines; empty if unknown.
        checkpoint: as in ``found.Found``.
        foreign: what it is for, where that is no family of ours; for people.
        form: "LoRA", "LoHa", "LoKr" or "OFT".
    """

    family: str = ""
    checkpoint: str = ""
    foreign: str = ""
    form: str = "LoRA"

    @property
    def loads(self) -> bool:
        """Whether diffusers 0.42 loads a LoRA of this form."""
        return self.form == "LoRA" or (self.form == "LoKr" and self.family in _LYCORIS_FAMILIES)


def read_lora(header: Header) -> Lora | None:
    """What a LoRA file changes; None when the file is no LoRA."""
    layers = _layers(header) if _TRACES.search(header.text) else {}
    if not layers:
        return None
    found = _by_layers(header, layers) or _by_metadata(header.metadata) or Lora()
    return Lora(found.family, found.checkpoint, found.foreign, _form(header))


def _layers(header: Header) -> dict[str, int]:
    """The layers that a LoRA changes, and the widths of their inputs (0: unknown)."""
    layers: dict[str, int] = {}
    factors: dict[str, dict[str, int]] = {}
    for key, shape in header.shapes.items():
        match = None if key.endswith(_NO_PART) else _PART.search(key)
        if match is None or match["up"]:
            continue
        layer = _plain(key[: match.start()])
        if match["down"]:
            layers[layer] = shape[1] if len(shape) > 1 else 0
        elif match["factor"] and len(shape) > 1:
            factors.setdefault(layer, {})[match["factor"]] = shape[1]
        elif not key.startswith("model.diffusion_model."):
            layers.setdefault(layer, 0)
    for layer, parts in factors.items():
        layers[layer] = parts.get("lokr_w1", 0) * parts.get("lokr_w2", 0)
    return layers


def _plain(layer: str) -> str:
    return _PREFIXES.sub("", layer).replace(".", "_").replace("processor_", "")


def _form(header: Header) -> str:
    if ".dora_scale" in header.text or "lora_magnitude_vector" in header.text:
        return "DoRA"
    if "hada_w1" in header.text:
        return "LoHa"
    if "lokr_w1" in header.text:
        return "LoKr"
    return "OFT" if ".oft_" in header.text or ".boft_" in header.text else "LoRA"


def _by_layers(header: Header, layers: Mapping[str, int]) -> Lora | None:
    if any(_UNET.match(layer) for layer in layers):
        return _of_unet(layers)
    for pattern, found in _LAYER_NAMES:
        if any(pattern.match(layer) for layer in layers):
            return found
    if any(re.match(r"(double|single)_blocks_\d", layer) for layer in layers):
        return _of_blocks(header)
    if any(layer.startswith("single_transformer_blocks_") for layer in layers):
        return Lora(FLUX1)
    for pattern, widths in _LAYER_WIDTHS:
        for layer, width in layers.items():
            if pattern.match(layer) and width in widths:
                return widths[width]
    return _of_joint_attention(layers)


#: Names that occur in one family only; the first that fits counts.
_LAYER_NAMES = [
    (re.compile(pattern), found)
    for pattern, found in (
        (
            r"(txt_in_individual_token_refiner|(double|single)_blocks_\d+_(img_mod_linear"
            r"|img_mlp_fc1|txt_mod_linear|modulation_linear))",
            Lora(foreign="Hunyuan Video"),
        ),
        (r"blocks_\d+_(self_attn_[qkvo]|cross_attn_[qkvo]|ffn_0)", Lora(foreign="Wan video")),
        (r"joint_blocks_\d+_", Lora(SD3)),
        (r"single_transformer_blocks_\d+_attn_to_qkv_mlp_proj", Lora(FLUX2)),
        (r"transformer_blocks_\d+_attn_to_gate", Lora(KREA2)),
        (r"blocks_\d+_attn_w[qkvo]$", Lora(KREA2)),
        (r"transformer_blocks_\d+_(img|txt)_(mlp|mod)_", Lora(QWEN)),
        (r"transformer_blocks_\d+_(audio_|av_ca_)", Lora(foreign="LTX video")),
        (r"double_stream_blocks_\d", Lora(foreign="HiDream")),
    )
]
#: Names that several families share, told apart by a layer's width.
_LAYER_WIDTHS = [
    (
        re.compile(r"(layers|noise_refiner|context_refiner)_\d+_(attention|attn|feed_forward)_"),
        {3840: Lora(Z_IMAGE), 2304: Lora(LUMINA2)},
    ),
    (
        re.compile(r"transformer_blocks_\d+_attn2_to_[qk]"),
        {1152: Lora(PIXART), 2240: Lora(SANA), 4096: Lora(foreign="LTX video")},
    ),
    (re.compile(r"transformer_blocks_\d+_attn_"), {1536: Lora(SD3), 2432: Lora(SD3)}),
]


def _of_unet(layers: Mapping[str, int]) -> Lora | None:
    if any("motion_modules" in layer for layer in layers):
        return Lora(foreign="AnimateDiff video")
    for layer, width in layers.items():
        if "attn2_to_k" in layer or "attn2_to_v" in layer:
            if width == 1280:
                return Lora(foreign="the refiner of Stable Diffusion XL")
            if checkpoint := _CHECKPOINTS.get(width):
                return _of_checkpoint(checkpoint)
    # Only SDXL has a second text encoder, and more than one transformer block in a place.
    if any(re.search(r"^lora_te2_|^text_encoder_2_|transformer_blocks_[1-9]", x) for x in layers):
        return _of_checkpoint("sdxl")
    if any(re.match(r"(down_blocks_0|up_blocks_3)_attentions_", layer) for layer in layers):
        for layer, width in layers.items():
            if _TEXT.match(layer) and width in (768, 1024):
                return _of_checkpoint(_CHECKPOINTS[width])
    return None


def _of_checkpoint(checkpoint: str) -> Lora:
    return Lora(SDXL if checkpoint == "sdxl" else SD, checkpoint)


def _of_blocks(header: Header) -> Lora:
    """FLUX.2 and FLUX.1 name their blocks alike; FLUX.2's gated MLPs are of other proportions.

    With width h: FLUX.1's ``linear1`` has 3h + 4h outputs and its ``img_mlp.0`` 4h; FLUX.2's have
    3h + 2·3h and 2·3h.
    """
    inputs: dict[str, int] = {}
    outputs: dict[str, int] = {}
    for key, shape in header.shapes.items():
        match = _PART.search(key) if len(shape) > 1 else None
        if match and match["down"]:
            inputs[_plain(key[: match.start()])] = shape[1]
        elif match and match["up"]:
            outputs[_plain(key[: match.start()])] = shape[0]
    for layer, width in inputs.items():
        ratio = outputs.get(layer, 0) / max(width, 1)
        gated = {"linear1": 9, "img_mlp_0": 6, "txt_mlp_0": 6}
        if any(layer.endswith(f"_{name}") and ratio == times for name, times in gated.items()):
            return Lora(FLUX2)
    if "_stream_modulation" in header.text:
        return Lora(FLUX2)
    return Lora(FLUX1)


def _of_joint_attention(layers: Mapping[str, int]) -> Lora | None:
    """FLUX.1 has 19 blocks of two streams, Qwen-Image 60; both are 3072 wide."""
    numbers = [
        int(match[1])
        for layer, width in layers.items()
        if (match := re.match(r"transformer_blocks_(\d+)_", layer)) and width == 3072
    ]
    if not numbers:
        return None
    return Lora(QWEN if max(numbers) >= 19 else FLUX1)


#: What trainers write: ss_base_model_version (kohya, musubi, ai-toolkit), modelspec.architecture.
_METADATA = [
    (re.compile(pattern), found)
    for pattern, found in (
        (r"refiner", Lora(foreign="the refiner of Stable Diffusion XL")),
        (r"sdxl|stable-diffusion-xl", Lora(SDXL, "sdxl")),
        (r"sd_?v?2|stable-diffusion-v2", Lora(SD, "sd2")),
        (r"sd_?v?1|stable-diffusion-v1", Lora(SD, "sd15")),
        (r"sd_?3|stable-diffusion-3", Lora(SD3)),
        (r"flux\W*2", Lora(FLUX2)),
        (r"flux", Lora(FLUX1)),
        (r"qwen[_-]?image", Lora(QWEN)),
        (r"z[_-]?image", Lora(Z_IMAGE)),
        (r"krea[_-]?2", Lora(KREA2)),
        (r"lumina[_-]?2", Lora(LUMINA2)),
        (r"wan|hunyuan|ltx|framepack", Lora(foreign="a video model")),
    )
]


def _by_metadata(metadata: Mapping[str, str]) -> Lora | None:
    for key in ("ss_base_model_version", "modelspec.architecture"):
        said = metadata.get(key, "").lower()
        for pattern, found in _METADATA:
            if pattern.match(said):
                return found
    return None
