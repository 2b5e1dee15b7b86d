"""What one file with weights is, from its header alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ...contract.errors import ZoomStackError
from .architectures import Architecture, diffusion_model, part
from .distilled import is_distilled
from .families import CHECKPOINT_TITLES, SD, SDXL, title_of
from .found import Found, Kind
from .headers import Header, read_header
from .loras import Lora, read_lora
from .stable_diffusion import StableDiffusion, prediction_of, stable_diffusion

_USABLE = "Choose a checkpoint of Stable Diffusion 1.5, 2 or XL, or a folder in diffusers' format."
_WHOLE = "Choose a whole checkpoint, or the model's folder in diffusers' format."
_FOLDER = "Download the model's folder in diffusers' format."
_TITLES = ("modelspec.title", "ss_output_name")
_SIDES = {"sd15": 512, "sd2": 768, "sdxl": 1024}
_LEAST_SIDE, _MOST_SIDE = 256, 4096


def inspect_file(path: Path, name: str) -> Found:
    """Recognise a file; what is wrong with it goes into the entry.

    Args:
        name: what the entry is called.
    """
    try:
        size = path.stat().st_size
    except OSError:
        size = 0
    base = Found(name, path, single=True, size=size)
    try:
        header = read_header(path)
    except ZoomStackError as error:
        return replace(base, problem=error.text, hint=error.hint)
    return _recognise(base, header)


def _recognise(base: Found, header: Header) -> Found:
    if (checkpoint := stable_diffusion(header)) is not None:
        return _as_checkpoint(base, header, checkpoint)
    if (model := diffusion_model(header)) is not None:
        return _as_architecture(base, model)
    if (lora := read_lora(header)) is not None:
        return _as_lora(base, header, lora)
    what = part(header)
    if what:
        return replace(
            base,
            title=what.partition(" ")[2],
            problem=f"{base.path.name} is {what}, not a model by itself.",
            hint=_WHOLE,
        )
    return replace(
        base,
        problem=f"{base.path.name} holds weights of a kind that Zoom Stack does not know.",
        hint=_USABLE,
    )


def _as_checkpoint(base: Found, header: Header, found: StableDiffusion) -> Found:
    file = base.path.name
    title = CHECKPOINT_TITLES.get(found.checkpoint, "U-Net")
    if found.purpose:
        return _refused(base, title, f"{file} is {found.purpose}.", _USABLE)
    if found.obstacle:
        return _refused(base, title, f"{file} {found.obstacle}.", _USABLE)
    if found.missing:
        lacks = _listed(found.missing)
        return _refused(base, title, f"{file} is {title} without its {lacks}.", _WHOLE)
    names = (base.path.stem, *_titles(header.metadata))
    prediction = prediction_of(header, found.checkpoint, names)
    return replace(
        base,
        kind=Kind.MODEL,
        family=SDXL if found.checkpoint == "sdxl" else SD,
        title=title,
        checkpoint=found.checkpoint,
        native_size=_native_size(header.metadata, found.checkpoint, prediction),
        prediction=prediction,
        zero_snr="ztsnr" in header,
        draft=is_distilled(names),
    )


def _as_architecture(base: Found, model: Architecture) -> Found:
    file = base.path.name
    title = model.title
    if model.purpose:
        return _refused(base, title, f"{file} is {model.purpose} ({title}).", _USABLE)
    if not model.family:
        return _refused(
            base, title, f"{file} is a {title} model, which Zoom Stack cannot use yet.", _USABLE
        )
    text = f"{file} is {title} in a single file, which Zoom Stack cannot load."
    return replace(_refused(base, title, text, _FOLDER), family=model.family)


def _refused(base: Found, title: str, problem: str, hint: str) -> Found:
    return replace(base, kind=Kind.MODEL, title=title, problem=problem, hint=hint)


def _as_lora(base: Found, header: Header, lora: Lora) -> Found:
    file = base.path.name
    found = replace(
        base,
        kind=Kind.LORA,
        title=lora.form,
        checkpoint=lora.checkpoint,
        draft=is_distilled((base.path.stem, *_titles(header.metadata))),
        lora_for=lora.family,
    )
    if lora.foreign:
        problem = f"{file} is a LoRA for {lora.foreign}, which Zoom Stack cannot use."
        return replace(found, problem=problem, hint="Choose a LoRA for the model that you use.")
    if not lora.family:
        return replace(
            found,
            problem=f"{file} is a {lora.form}, but nothing in it says for which models.",
            hint="Choose another LoRA.",
        )
    title = f"{lora.form} for {title_of(lora.family, lora.checkpoint)}"
    if not lora.loads:
        return replace(
            found,
            title=title,
            problem=f"{file} is a {title}, and Zoom Stack cannot load a {lora.form} there.",
            hint="Choose a plain LoRA.",
        )
    return replace(found, title=title)


def _titles(metadata: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(metadata[key] for key in _TITLES if key in metadata)


def _native_size(metadata: Mapping[str, str], checkpoint: str, prediction: str) -> tuple[int, int]:
    """As the file says, else of the published model: SD 2 has one of 512 pixels, for ε."""
    said = re.fullmatch(r"(\d{3,4})(?:x(\d{3,4}))?", metadata.get("modelspec.resolution", ""))
    if said:
        width, height = int(said[1]), int(said[2] or said[1])
        if _LEAST_SIDE <= min(width, height) <= max(width, height) <= _MOST_SIDE:
            return width, height
    side = 512 if (checkpoint, prediction) == ("sd2", "epsilon") else _SIDES[checkpoint]
    return side, side


def _listed(names: tuple[str, ...]) -> str:
    """Such as "first text encoder, second text encoder and VAE"."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
