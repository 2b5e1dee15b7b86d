"""LoRA files, applied to a stock pipeline: to both of its halves, or to the one that is loaded.

What diffusers' ``load_lora_weights`` does, part by part: it asks for the denoiser even where only
text encoders are loaded, and leaves out without a word what it finds no place for.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ...contract.errors import ZoomStackError
from ...machine.environment import install_hint
from .weights_file import WeightsFile

_DENOISERS = ("unet", "transformer")
_TEXT = re.compile(r"(base_model\.model\.)?(lora_te\d?_|text_encoders?(_\d)?[._])")
# One a layer that is changed, in the names of all trainers.
_CHANGES = re.compile(
    r"[._](lora_down|lora_A|lora\.down|lora_linear_layer\.down|lokr_w1(_a)?)(\.\w+)?(\.weight)?$"
)
_ALPHA, _UP, _DOWN = ".alpha", ".lora_up.weight", ".lora_down.weight"  # kohya's
_METADATA = "lora_adapter_metadata"  # where diffusers writes ranks and alphas, as JSON
_FAILURES = (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)
_SAME = "Choose a LoRA that was made for this very model, or for the one that it was made from."
_CHOOSE = "Choose a LoRA that was made for this family of models."


def apply_loras(pipeline: Any, loras: Sequence[tuple[Path, float]]) -> None:
    """Change a stock pipeline as LoRA files say; several add.

    A LoRA for a half that is not loaded changes nothing.

    Args:
        loras: files, each with its weight: 1 as it was trained, 0 not at all, negative the other
            way.

    Raises:
        ZoomStackError: code ``no_lora``: the package ``peft`` is missing or too old. Code
            ``bad_model``: a file is unreadable, no LoRA, or made for other models; the pipeline is
            of no use then.
    """
    if not loras:
        return
    _require_peft()
    weights = {f"file{number}": weight for number, (_, weight) in enumerate(loras)}
    for name, (path, _) in zip(weights, loras, strict=True):
        _add(pipeline, _opened(pipeline, path), name)
    held = {name for names in pipeline.get_list_adapters().values() for name in names}
    if held:
        active = [name for name in weights if name in held]
        pipeline.set_adapters(active, [weights[name] for name in active])


def _require_peft() -> None:
    from diffusers.utils import USE_PEFT_BACKEND

    if not USE_PEFT_BACKEND:
        raise _no_peft()


def _no_peft() -> ZoomStackError:
    return ZoomStackError(
        "no_lora",
        "LoRAs need the package peft, which the engine lacks or has in too old a version.",
        install_hint(),
    )


def _opened(pipeline: Any, path: Path) -> WeightsFile:
    file = WeightsFile(path, f'the LoRA "{path.name}"')
    if not hasattr(pipeline, "load_lora_weights"):
        raise file.complaint("cannot be used: this family of models takes none", "Leave it out.")
    if not any(_CHANGES.search(name) for name in file.names):
        raise file.complaint(
            "is no LoRA of a form that can be used",
            "Choose a LoRA: LoHa, OFT, embeddings and whole models are none.",
        )
    if any("dora_scale" in name for name in file.names):
        raise file.complaint("is a DoRA, which cannot be used", "Choose a plain LoRA.")
    return file


def _add(pipeline: Any, file: WeightsFile, adapter: str) -> None:
    of_text = [name for name in file.names if _TEXT.match(name)]
    of_denoiser = [name for name in file.names if not _TEXT.match(name)]
    denoisers = _loaded(pipeline, _DENOISERS)
    # Of the parts that diffusers can change, by its own list: none of them is a T5.
    encoders = [part for part in pipeline._lora_loadable_modules if part.startswith("text_encoder")]
    for parts, names in ((denoisers, of_denoiser), (_loaded(pipeline, encoders), of_text)):
        if not parts or not names:
            continue
        try:
            _load(pipeline, parts, file, names, adapter)
        except ImportError as error:  # of what transformers expects of a later peft
            raise _no_peft() from error
        except _FAILURES as error:
            if "size mismatch" in str(error):
                raise file.complaint("does not fit: its sizes are others", _SAME) from error
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise file.complaint(f"does not fit the model ({reason})", _CHOOSE) from error
        _check(pipeline, parts, file, names, adapter)


def _loaded(pipeline: Any, parts: Sequence[str]) -> list[str]:
    return [part for part in parts if getattr(pipeline, part, None) is not None]


def _load(
    pipeline: Any, parts: list[str], file: WeightsFile, names: list[str], adapter: str
) -> None:
    tensors = {name: file.tensor(name) for name in names}
    if hasattr(pipeline, "unet"):
        tensors = _with_alphas_in_the_weights(tensors)
    options: dict[str, Any] = {"return_lora_metadata": True, "return_alphas": True}
    if "unet" in parts:
        options["unet_config"] = pipeline.unet.config
    # With alphas or without, as families have it; metadata of weights in memory is None.
    weights, *alphas, _ = pipeline.lora_state_dict(tensors, **options)
    for part in parts:
        of_text = part.startswith("text_encoder")
        load = getattr(pipeline, f"load_lora_into_{'text_encoder' if of_text else part}")
        arguments = {
            "network_alphas": alphas[0] if alphas else None,
            "text_encoder" if of_text else part: getattr(pipeline, part),
            "prefix": part,
            "adapter_name": adapter,
            "metadata": json.loads(file.metadata.get(_METADATA, "null")),
            "low_cpu_mem_usage": True,
        }
        known = inspect.signature(load).parameters
        load(weights, **{name: value for name, value in arguments.items() if name in known})


def _with_alphas_in_the_weights(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same LoRA with every alpha equal to its rank, which is what files without alphas mean.

    diffusers 0.42 takes one alpha for a whole text encoder where kohya's files have several.
    """
    kept = dict(tensors)
    for name in tensors:
        up, down = (name.removesuffix(_ALPHA) + end for end in (_UP, _DOWN))
        if name.endswith(_ALPHA) and up in kept and down in kept:
            kept[up] = kept[up] * (float(kept.pop(name)) / len(kept[down]))
    return kept


def _check(
    pipeline: Any, parts: list[str], file: WeightsFile, names: list[str], adapter: str
) -> None:
    """Whether everything has found its place; a layer of the file may become several."""
    wanted = sum(bool(_CHANGES.search(name)) for name in names)
    layers = [
        layer
        for part in parts
        for layer in getattr(pipeline, part).modules()
        if adapter in getattr(layer, "scaling", {})
    ]
    if len(layers) < wanted:
        raise file.complaint(
            f"changes {wanted} layers, and the model has {len(layers)} of them", _CHOOSE
        )
    if any(value.is_meta for layer in layers for value in layer.parameters()):
        raise file.complaint("lacks some of its weights", "Download it again.")
