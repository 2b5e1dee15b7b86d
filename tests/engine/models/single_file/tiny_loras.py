"""LoRA files with random weights, in the forms of two trainers, and the models they make.

A LoRA adds ``weight * alpha / rank * up @ down`` to a layer's weight: see Hu et al. 2021, "LoRA",
section 4.1. What a pipeline should become is made here by adding just that.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tests.engine.models.original_layout import Tensors, write

RANK, ALPHA = 2, 3.0  # of a file that has one for all layers

#: Of each part, patterns of the layers that are changed.
LAYERS = {
    "unet": r"(down|up)_blocks\..*(attn2\.to_k|attn1\.to_out\.0|ff\.net\.2|proj_in)$",
    "transformer": r"transformer_blocks\.\d\.attn\.to_[qv]$",
    "text_encoder": r".*(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])$",
    "text_encoder_2": r".*(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])$",
}


@dataclass(frozen=True)
class TinyLora:
    """By part and layer (both as diffusers names them): ``down`` (r, in, …), ``up`` (out, r, …)."""

    changes: dict[tuple[str, str], tuple[torch.Tensor, torch.Tensor]]
    alphas: dict[tuple[str, str], float] = field(default_factory=dict)  # other than ALPHA

    def of(self, *parts: str) -> TinyLora:
        """What it changes of some parts."""
        changes = {key: pair for key, pair in self.changes.items() if key[0] in parts}
        return TinyLora(changes, self.alphas)


def make(pipeline: Any, seed: int, *, uneven: bool = False) -> TinyLora:
    """A LoRA for all parts of a pipeline.

    Args:
        uneven: ranks and alphas differ from layer to layer, as in files that were made smaller.
    """
    generator = torch.Generator().manual_seed(seed)
    changes: dict[tuple[str, str], tuple[torch.Tensor, torch.Tensor]] = {}
    alphas: dict[tuple[str, str], float] = {}
    for part, pattern in LAYERS.items():
        model = getattr(pipeline, part, None)
        if not isinstance(model, torch.nn.Module):
            continue
        for name, layer in model.named_modules():
            if re.match(pattern, name):
                weight = layer.weight
                rank = RANK + (len(changes) % 3 if uneven else 0)
                alphas[part, name] = ALPHA + (len(changes) % 4 if uneven else 0)
                ones = (1,) * (weight.ndim - 2)
                down = torch.randn(rank, *weight.shape[1:], generator=generator) * 0.3
                up = torch.randn(weight.shape[0], rank, *ones, generator=generator) * 0.3
                changes[part, name] = (down, up)
    return TinyLora(changes, alphas)


def merged(pipeline: Any, loras: Sequence[tuple[TinyLora, float]]) -> Any:
    """The pipeline with its weights changed, by the formula."""
    changed = copy.deepcopy(pipeline)
    for lora, weight in loras:
        for (part, name), (down, up) in lora.changes.items():
            layer = getattr(changed, part).get_submodule(name)
            difference = torch.einsum("or...,ri...->oi...", up, down)
            with torch.no_grad():
                alpha = lora.alphas.get((part, name), ALPHA)
                layer.weight += weight * alpha / len(down) * difference
    return changed


def kohya(path: Path, lora: TinyLora) -> Path:
    """As kohya-ss writes it: underscores for dots, an alpha with every layer."""
    two = any(part == "text_encoder_2" for part, _ in lora.changes)
    prefixes = {
        "unet": "lora_unet",
        "text_encoder": "lora_te1" if two else "lora_te",
        "text_encoder_2": "lora_te2",
    }
    weights: Tensors = {}
    for (part, name), (down, up) in lora.changes.items():
        inner = name if part == "unet" else "text_model." + name.removeprefix("text_model.")
        stem = f"{prefixes[part]}_{inner.replace('.', '_')}"
        weights[f"{stem}.lora_down.weight"] = down
        weights[f"{stem}.lora_up.weight"] = up
        weights[f"{stem}.alpha"] = torch.tensor(lora.alphas.get((part, name), ALPHA))
    return write(path, weights, ss_network_module="networks.lora")


def peft(path: Path, lora: TinyLora) -> Path:
    """As diffusers writes it: alphas in the header alone."""
    weights: Tensors = {}
    header: dict[str, Any] = {}
    for part, name in lora.changes:
        down, up = lora.changes[part, name]
        inner = name if part in ("unet", "transformer") else name.removeprefix("text_model.")
        stem = inner if inner is name else f"text_model.{inner}"
        weights[f"{part}.{stem}.lora_A.weight"] = down
        weights[f"{part}.{stem}.lora_B.weight"] = up
        header |= {f"{part}.r": RANK, f"{part}.lora_alpha": ALPHA}
        header.setdefault(f"{part}.target_modules", []).append(stem)
    return write(path, weights, format="pt", lora_adapter_metadata=json.dumps(header))
