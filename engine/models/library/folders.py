"""What a folder in diffusers' format is, from its small JSON files and its weights' headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...contract.errors import ZoomStackError
from ...contract.model_folder import CONFIG_FILE, FAMILIES, INDEX_FILE, class_name, parts_of
from ...contract.pipeline_families import PIPELINES
from ...contract.validation import read_json
from .distilled import is_distilled
from .families import SD, SDXL
from .found import CODE, Found, Kind
from .headers import is_pickle, read_header

_AGAIN = "Download it again."
_UNUSED = ("safety_checker", "feature_extractor", "image_encoder", "watermarker")
_WITHOUT_WEIGHTS = ("tokenizer", "scheduler", "processor", "image_processor")
_LIBRARIES = ("diffusers", "transformers")
_SIDES = range(64, 4097)  # pixels
#: What pipelines do that make no picture from a prompt alone, by words in their class's name.
_PURPOSES = (
    (("Inpaint", "Fill"), "an inpainting model, which fills holes in a given picture"),
    (("Img2Img", "Edit", "Kontext", "Pix2Pix"), "a model that changes a given picture"),
    (("Variation",), "a model that varies a given picture"),
    (("Upscale", "SuperResolution"), "a model that enlarges given pictures"),
    (("ControlNet", "Adapter", "Control"), "a model that follows a given picture"),
    (("Video", "Animate", "ImageToVideo", "I2V", "T2V"), "a video model"),
    (("Wan", "LTX", "Mochi", "CogVideo", "Latte", "Allegro", "Cosmos"), "a video model"),
    (("Audio", "Music", "Dance"), "an audio model"),
    (("Depth", "Normals", "Marigold"), "a model that measures a given picture"),
    (("Prior", "Decoder"), "a part of a chain of models"),
)


def inspect_folder(folder: Path, name: str) -> Found:
    """Recognise a folder with an index; what is wrong with it goes into the entry.

    Args:
        name: what the entry is called.
    """
    found = Found(name, folder, Kind.MODEL)
    try:
        _refuse_class_of_its_own(folder)
        found = replace(found, family=class_name(folder), size=_size(folder, ()))
        if found.family in FAMILIES:
            return replace(found, title=FAMILIES[found.family].title)
        return _as_pipeline(found, _read(folder / INDEX_FILE))
    except ZoomStackError as error:
        return replace(found, problem=error.text, hint=error.hint)


def _as_pipeline(found: Found, index: Mapping[str, Any]) -> Found:
    folder, family = found.path, found.family
    if family not in PIPELINES:
        raise _of_another_kind(folder, family)
    parts = [part for part in parts_of(index) if part not in _UNUSED]
    size = _size(folder, parts)
    found = replace(found, title=PIPELINES[family].title, size=size)
    try:
        _refuse_code(folder, index)
        _check_parts(folder, parts)
    except ZoomStackError as error:
        return replace(found, problem=error.text, hint=error.hint)
    model = _config(folder / "unet") | _config(folder / "transformer")
    if family in (SD, SDXL) and model.get("in_channels", 4) != 4:
        text = f"{folder.name} takes {model['in_channels']} channels: it changes a given picture."
        return replace(found, problem=text, hint="Choose a model that makes pictures.")
    return replace(
        found,
        checkpoint=_checkpoint(family, model),
        native_size=_native_size(folder, model),
        prediction=str(
            _config(folder / "scheduler", "scheduler_config.json").get("prediction_type", "")
        ),
        draft=_is_draft(folder, family, index, model),
    )


def _refuse_class_of_its_own(folder: Path) -> None:
    """A pipeline that lies in the folder is named by its file and its class."""
    if (folder / INDEX_FILE).is_file():
        index = read_json(folder / INDEX_FILE, CODE)
        if isinstance(index, dict) and isinstance(index.get("_class_name"), list):
            raise _code_of_its_own(folder)


def _of_another_kind(folder: Path, family: str) -> ZoomStackError:
    for words, purpose in _PURPOSES:
        if any(word in family for word in words):
            return ZoomStackError(
                CODE,
                f"{folder.name} is {purpose} ({family}).",
                "Choose a model that makes pictures from prompts.",
            )
    titles = ", ".join(row.title for row in PIPELINES.values())
    return ZoomStackError(
        CODE,
        f"{folder.name} is a {family}, which Zoom Stack cannot use yet.",
        f"It can use: {titles}, DeepFloyd IF.",
    )


def _refuse_code(folder: Path, index: Mapping[str, Any]) -> None:
    for part, (library, _) in parts_of(index).items():
        if part in _UNUSED:
            continue
        if library not in _LIBRARIES:
            raise _code_of_its_own(folder)
        for file in (CONFIG_FILE, "tokenizer_config.json"):
            if "auto_map" in _config(folder / part, file):
                raise _code_of_its_own(folder)


def _code_of_its_own(folder: Path) -> ZoomStackError:
    return ZoomStackError(
        CODE,
        f"{folder.name} asks for code of its own, which Zoom Stack never runs.",
        "Choose a model that diffusers knows by itself.",
    )


def _check_parts(folder: Path, parts: list[str]) -> None:
    missing = [part for part in parts if not (folder / part).is_dir()]
    if missing:
        raise ZoomStackError(
            CODE, f"{folder.name} lacks {_listed(missing)}.", "Download the whole folder again."
        )
    for part in parts:
        if not part.startswith(_WITHOUT_WEIGHTS):
            _check_weights(folder / part, folder.name)


def _check_weights(part: Path, model: str) -> None:
    files = _weights(part)
    for file in files:
        read_header(file)
    if files:
        return
    what = f"The part {part.name!r} of {model}"
    if any(is_pickle(file) for file in part.iterdir() if file.suffix in (".bin", ".pt", ".ckpt")):
        raise ZoomStackError(
            CODE,
            f"{what} has its weights only as pickle files, which could run any program.",
            "Download the model's safetensors files.",
        )
    raise ZoomStackError(CODE, f"{what} has no weights (*.safetensors).", _AGAIN)


def _weights(part: Path) -> list[Path]:
    """The files that are loaded: the full precision where both are there, and every shard."""
    files = sorted(part.glob("*.safetensors"))
    full = [file for file in files if ".fp16." not in file.name and ".fp16-" not in file.name]
    chosen = full or files
    for index in sorted(part.glob("*.safetensors.index*.json")):
        if (".fp16" in index.name) != (not full):
            continue
        shards = _read(index).get("weight_map")
        if isinstance(shards, dict):
            # A shard is a name beside its index, never a path somewhere else.
            chosen = sorted({part / Path(str(shard)).name for shard in shards.values()})
    return chosen


def _size(folder: Path, parts: tuple[str, ...] | list[str]) -> int:
    """Bytes on the disk; of all that is there where no parts are named."""
    names = parts or [path.name for path in _folders(folder)]
    total = 0
    for name in names:
        for file in (folder / name).glob("*.safetensors"):
            try:
                total += file.stat().st_size
            except OSError:
                continue
    return total


def _folders(folder: Path) -> Iterator[Path]:
    try:
        yield from (path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return


def _config(part: Path, file: str = CONFIG_FILE) -> dict[str, Any]:
    """A part's configuration; empty where it has none."""
    return dict(_read(part / file)) if (part / file).is_file() else {}


def _checkpoint(family: str, model: Mapping[str, Any]) -> str:
    if family == SDXL:
        return "sdxl"
    if family == SD:
        return "sd15" if model.get("cross_attention_dim", 768) == 768 else "sd2"
    return ""


def _native_size(folder: Path, model: Mapping[str, Any]) -> tuple[int, int] | None:
    side = model.get("sample_size")
    if type(side) is not int:
        return None
    vae = _config(folder / "vae")
    blocks = vae.get("block_out_channels") or vae.get("encoder_block_out_channels")
    scale = 2 ** (len(blocks) - 1) if isinstance(blocks, list) else 1
    return (side * scale, side * scale) if side * scale in _SIDES else None


def _is_draft(
    folder: Path, family: str, index: Mapping[str, Any], model: Mapping[str, Any]
) -> bool:
    if index.get("is_distilled") is True or is_distilled([_name(folder)]):
        return True
    # FLUX.1 schnell alone is not told how strongly to be guided.
    return family == "FluxPipeline" and model.get("guidance_embeds") is False


def _name(folder: Path) -> str:
    """Of a model; in the hub's cache it is the name of a folder two above."""
    repository = folder.parent.parent.name
    return repository if re.match(r"models--", repository) else folder.name


def _read(file: Path) -> Mapping[str, Any]:
    content = read_json(file, CODE)
    if not isinstance(content, dict):
        raise ZoomStackError(CODE, f"{file} is damaged: it is no JSON object.", _AGAIN)
    return content


def _listed(names: list[str]) -> str:
    """Such as "its part 'unet'" and "its parts 'unet' and 'vae'"."""
    *first, last = [repr(name) for name in names]
    return f"its parts {', '.join(first)} and {last}" if first else f"its part {last}"
