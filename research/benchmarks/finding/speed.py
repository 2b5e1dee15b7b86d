"""Looking through a folder of many models, for the first time and again."""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine.models.library.checkpoints import inspect_file
from engine.models.library.library import look_through

FILE_LIMIT = 0.05  # seconds
FIRST_LIMIT = 3.0
AGAIN_LIMIT = 0.3
CHECKPOINT_KEYS = 2515  # of Stable Diffusion XL, published
LORA_LAYERS = 722  # of a LoRA for all its attention and both of its text encoders
_UNET = "model.diffusion_model."
_FIRST = "conditioner.embedders.0.transformer."
_CHECKPOINT = {
    f"{_UNET}input_blocks.0.0.weight": [320, 4, 3, 3],
    f"{_UNET}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": [640, 2048],
    f"{_UNET}middle_block.1.transformer_blocks.9.attn2.to_k.weight": [1280, 2048],
    f"{_UNET}label_emb.0.0.weight": [1280, 2816],
    f"{_UNET}out.2.weight": [4, 320, 3, 3],
    f"{_FIRST}text_model.embeddings.position_embedding.weight": [77, 768],
    "conditioner.embedders.1.model.positional_embedding": [77, 1280],
    "first_stage_model.encoder.conv_in.weight": [128, 3, 3, 3],
    "first_stage_model.decoder.conv_in.weight": [512, 4, 3, 3],
}  # fmt: skip


def run(count: int) -> int:
    """Print the times for a folder of so many files, half of them LoRAs; 1 above the limits."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        os.environ["HF_HUB_CACHE"] = str(folder / "none")
        models = folder / "models"
        for number in range(count):
            _write(models / f"{number}.safetensors", _lora() if number % 2 else _checkpoint())
        one = _seconds(lambda: inspect_file(models / "0.safetensors", "0"))
        first = _seconds(lambda: look_through([models], folder / "seen.json"))
        again = _seconds(lambda: look_through([models], folder / "seen.json"))
        found = look_through([models], folder / "seen.json").found
        assert len(found) == count
        assert not any(each.problem for each in found)
    print(f"a checkpoint of {CHECKPOINT_KEYS:,} keys {one * 1000:.0f} ms")
    print(f"{count} files {first:.2f} s, again {again:.2f} s", flush=True)
    return int(one > FILE_LIMIT or first > FIRST_LIMIT or again > AGAIN_LIMIT)


def _seconds(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def _checkpoint() -> dict[str, list[int]]:
    rest = CHECKPOINT_KEYS - len(_CHECKPOINT)
    block = f"{_UNET}output_blocks.0.1.transformer_blocks"
    return _CHECKPOINT | {f"{block}.{k}.attn1.to_out.0.weight": [1280, 1280] for k in range(rest)}


def _lora() -> dict[str, list[int]]:
    shapes: dict[str, list[int]] = {}
    for number in range(LORA_LAYERS):
        layer = f"lora_unet_down_blocks_2_attentions_1_transformer_blocks_{number}_attn2_to_k"
        shapes |= {f"{layer}.alpha": [], f"{layer}.lora_down.weight": [32, 2048]}
        shapes[f"{layer}.lora_up.weight"] = [1280, 32]
    return shapes


def _write(path: Path, shapes: dict[str, list[int]]) -> None:
    """A whole file with a hole on the disk where its weights would be."""
    header, end = {}, 0
    for key, shape in shapes.items():
        begin, end = end, end + 2 * math.prod(shape)
        header[key] = {"dtype": "F16", "shape": shape, "data_offsets": [begin, end]}
    encoded = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(len(encoded).to_bytes(8, "little") + encoded)
        file.truncate(8 + len(encoded) + end)
