"""What a folder in diffusers' format is, from its small JSON files and its weights' headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...contract.errors import ZoomStackError
from ...contract.model_folder import FAMILIES, INDEX_FILE, class_name
from ...contract.pipeline_families import PIPELINES
from ...contract.validation import read_json
from .distilled import is_distilled
from .families import FLUX1, SD, SDXL
from .folder_parts import (
    DENOISERS,
    SCHEDULER_FILE,
    Parts,
    check_files,
    config_of,
    parts_of,
    refuse_code,
)
from .found import CODE, Found, Kind
from .places import hub_name
from .stable_diffusion import BY_CHANNELS

_PICTURES = "Choose a model that makes pictures from prompts."
_SIDES = range(64, 4097)  # pixels
_CHECKPOINTS = {768: "sd15", 1024: "sd2"}  # by the width of the text in attention
_OTHER_NOISE = ("EDM", "KarrasVe", "ScoreSde", "VQDiffusion", "Cosine")
_PREDICTIONS = ("epsilon", "v_prediction", "flow_prediction")
_FEW_STEPS = ("LCMScheduler", "TCDScheduler")
_CHANGES = "a model that changes a given picture"
_VIDEO = "a video model"
#: What pipelines do that make no picture from a prompt alone, by words in their class's name.
_PURPOSES = (
    (("Inpaint", "Fill"), "an inpainting model, which fills holes in a given picture"),
    (("ControlNet", "Adapter", "Control"), "a model that follows a given picture"),
    (
        ("Video", "Animate", "I2V", "T2V", "Wan", "LTX", "Mochi", "Latte", "Allegro", "Cosmos"),
        _VIDEO,
    ),
    (("XLImg2Img",), f"{_CHANGES}, such as the refiner of Stable Diffusion XL"),
    (("Img2Img", "Edit", "Kontext", "Pix2Pix", "Depth2Img"), _CHANGES),
    (("Variation",), "a model that varies a given picture"),
    (("Upscale", "SuperResolution"), "a model that enlarges given pictures"),
    (("Audio", "Music", "ACEStep", "DanceDiffusion"), "a model for sound"),
    (("Marigold",), "a model that measures a given picture"),
    (("Prior", "Decoder"), "a part of a chain of models"),
)


def inspect_folder(folder: Path, name: str) -> Found:
    """Recognise a folder with an index; what is wrong with it goes into the entry.

    Args:
        name: what the entry is called.
    """
    found = Found(name, folder, Kind.MODEL)
    try:
        return _inspect(found, _called(folder))
    except ZoomStackError as error:
        return replace(found, problem=error.text, hint=error.hint)
    except OSError as error:
        text = f"{folder.name} cannot be read: {error.strerror or error}."
        return replace(found, problem=text, hint="Check who may read it.")


def _inspect(found: Found, called: str) -> Found:
    folder = found.path
    content = (
        read_json(folder / INDEX_FILE, CODE, finite=False)
        if (folder / INDEX_FILE).is_file()
        else {}
    )
    index = content if isinstance(content, dict) else {}
    refuse_code(folder, called, index)
    family = class_name(folder)
    if family in FAMILIES:
        row = FAMILIES[family]
        weights = (folder / row.denoiser, *(folder / part for part in row.text_encoders))
        files = {file for part in weights for file in part.glob("*.safetensors")}
        return replace(found, family=family, title=row.title, size=_size(files))
    if family not in PIPELINES:
        problem, hint = _of_another_kind(called, family)
        size = _size(folder.glob("*/*.safetensors"))
        return replace(found, title=family, size=size, problem=problem, hint=hint)
    found = replace(found, family=family, title=PIPELINES[family].title)
    try:
        parts = parts_of(folder, called, index)
        files = set(check_files(folder, called, parts))
    except ZoomStackError as error:
        size = _size(folder.glob("*/*.safetensors"))
        return replace(found, size=size, problem=error.text, hint=error.hint)
    return _described(replace(found, size=_size(files)), called, index, parts)


def _described(found: Found, called: str, index: Mapping[str, Any], parts: Parts) -> Found:
    """A whole model, with what its configurations say of it."""
    folder, family = found.path, found.family
    denoiser = config_of(folder / next(part for part in DENOISERS if part in parts))
    channels = _whole(denoiser, "in_channels")
    if family in (SD, SDXL) and channels not in (0, 4):
        purpose = BY_CHANNELS.get(channels, f"a model that takes {channels} channels")
        return replace(found, problem=f"{called} is {purpose}.", hint=_PICTURES)
    scheduler = config_of(folder / "scheduler", SCHEDULER_FILE)
    prediction = _prediction(scheduler)
    named = str(scheduler.get("_class_name", ""))
    if named.startswith(_OTHER_NOISE):
        text = f"{called} has noise of another kind ({named}), which Zoom Stack cannot sample."
        return replace(found, problem=text, hint=_PICTURES)
    if any("quantization_config" in config_of(folder / part) for part in parts):
        text = f"{called} has quantised weights, which Zoom Stack cannot read."
        return replace(found, problem=text, hint="Choose the model as its authors published it.")
    if prediction not in _PREDICTIONS:
        text = f"{called} predicts {prediction!r}, which Zoom Stack cannot sample."
        return replace(found, problem=text, hint=_PICTURES)
    return replace(
        found,
        checkpoint=_checkpoint(family, denoiser),
        native_size=_native_size(folder, denoiser) if PIPELINES[family].sized else None,
        prediction=prediction,
        draft=_is_draft(called, family, index, denoiser, scheduler),
    )


def _of_another_kind(called: str, family: str) -> tuple[str, str]:
    for words, purpose in _PURPOSES:
        if any(word in family for word in words):
            return f"{called} is {purpose} ({family}).", _PICTURES
    titles = ", ".join(row.title for row in PIPELINES.values())
    return (
        f"{called} is a {family}, which Zoom Stack cannot use yet.",
        f"It can use: {titles}, DeepFloyd IF.",
    )


def _called(folder: Path) -> str:
    """A model's name for people; in the hub's cache a folder is named after its revision."""
    return hub_name(folder.parent.parent) if folder.parent.name == "snapshots" else folder.name


def _size(files: Iterable[Path]) -> int:
    """Bytes on the disk of those that can be asked."""
    total = 0
    for file in files:
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total


def _checkpoint(family: str, denoiser: Mapping[str, Any]) -> str:
    if family == SD:
        return _CHECKPOINTS.get(_whole(denoiser, "cross_attention_dim"), "")
    return "sdxl" if family == SDXL else ""


def _whole(config: Mapping[str, Any], key: str) -> int:
    """A whole number; 0 where there is none."""
    value = config.get(key)
    return value if type(value) is int else 0


def _prediction(scheduler: Mapping[str, Any]) -> str:
    """As the scheduler says; where it says nothing, diffusers' schedulers take ε."""
    said = scheduler.get("prediction_type")
    if isinstance(said, str):
        return said
    flow = str(scheduler.get("_class_name", "")).startswith("FlowMatch")
    return "flow_prediction" if flow else "epsilon"


def _native_size(folder: Path, denoiser: Mapping[str, Any]) -> tuple[int, int] | None:
    """The denoiser's own size in latents, times what its VAE enlarges them by."""
    side = _whole(denoiser, "sample_size")
    vae = config_of(folder / "vae")
    blocks = vae.get("block_out_channels") or vae.get("encoder_block_out_channels")
    scale = 2 ** (len(blocks) - 1) if isinstance(blocks, list) else 1
    return (side * scale, side * scale) if side * scale in _SIDES else None


def _is_draft(
    called: str,
    family: str,
    index: Mapping[str, Any],
    denoiser: Mapping[str, Any],
    scheduler: Mapping[str, Any],
) -> bool:
    if index.get("is_distilled") is True or scheduler.get("_class_name") in _FEW_STEPS:
        return True
    if is_distilled([called.rpartition("/")[2], str(index.get("_name_or_path", ""))]):
        return True
    # FLUX.1 schnell alone is not told how strongly to be guided.
    return family == FLUX1 and denoiser.get("guidance_embeds") is False
