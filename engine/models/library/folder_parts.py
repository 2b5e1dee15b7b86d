"""The parts of a folder in diffusers' format: are all there, complete, and without code?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...contract.errors import ZoomStackError
from ...contract.model_folder import CONFIG_FILE, listed_parts
from ...contract.validation import read_json
from .found import CODE
from .headers import is_pickle, read_header

SCHEDULER_FILE = "scheduler_config.json"
DENOISERS = ("unet", "transformer")
_PIXEL_CHANNELS = 3
_AGAIN = "Download the whole folder again."
_UNUSED = ("safety_checker", "feature_extractor", "image_encoder", "watermarker")
#: Names of weights by the library that wrote them; fp16 goes before the suffix.
_WEIGHTS = {"diffusers": "diffusion_pytorch_model", "transformers": "model"}
_SUFFIX = ".safetensors"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt")
#: Any one of them holds a tokenizer's words.
_VOCABULARIES = (
    "tokenizer.json", "vocab.json", "vocab.txt", "spiece.model", "tokenizer.model",
    "sentencepiece.bpe.model",
)  # fmt: skip

#: A part's name, and the library that its class comes from.
Parts = Mapping[str, str]


def read_object(file: Path) -> dict[str, Any]:
    """A JSON file with an object in it.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    content = read_json(file, CODE, finite=False)
    if not isinstance(content, dict):
        raise ZoomStackError(CODE, f"{file} is damaged: it is no JSON object.", _AGAIN)
    return content


def config_of(part: Path, file: str = CONFIG_FILE) -> dict[str, Any]:
    """A part's configuration; empty where it has none.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    return read_object(part / file) if (part / file).is_file() else {}


def refuse_code(folder: Path, called: str, index: Mapping[str, Any]) -> None:
    """Refuse a model that could only be used by running code that came with it.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    asks = isinstance(index.get("_class_name"), list) or "custom_pipeline" in index
    asks = asks or (folder / "None.py").exists()  # which diffusers takes for a pipeline
    for part, library in _listed_parts(index):
        asks = asks or library not in _WEIGHTS or (folder / part / f"{library}.py").exists()
        asks = asks or any(
            _names_code(read_json(file, CODE, finite=False)) for file in _configs(folder / part)
        )
    if asks:
        raise ZoomStackError(
            CODE,
            f"{called} asks for code of its own, which Zoom Stack never runs.",
            "Choose a model that diffusers knows by itself.",
        )


def parts_of(folder: Path, called: str, index: Mapping[str, Any]) -> Parts:
    """The parts that a run needs.

    Raises:
        ZoomStackError: code ``bad_model``: some are not there.
    """
    parts = dict(_listed_parts(index))
    needed = ["scheduler", "tokenizer", "text_encoder", *parts]
    denoiser = next((name for name in DENOISERS if name in parts), "")
    if not denoiser:
        raise _lacks(called, list(DENOISERS[:1]))
    if config_of(folder / denoiser).get("in_channels") != _PIXEL_CHANNELS:
        needed.append("vae")
    missing = [
        name for name in dict.fromkeys(needed) if name not in parts or not (folder / name).is_dir()
    ]
    if missing:
        raise _lacks(called, missing)
    return parts


def check_files(folder: Path, called: str, parts: Parts) -> list[Path]:
    """The files with weights that are loaded, each complete.

    Raises:
        ZoomStackError: code ``bad_model``: one is not there, cut short, or a pickle.
    """
    files: list[Path] = []
    for name, library in parts.items():
        what = f"The part {name!r} of {called}"
        if name.endswith("scheduler"):
            _check_any(folder / name, (SCHEDULER_FILE,), what)
        elif name.startswith("tokenizer"):
            _check_any(folder / name, _VOCABULARIES, what)
        elif not name.endswith("processor"):
            _check_any(folder / name, (CONFIG_FILE,), what)
            files += _check_weights(folder / name, what, library)
    return files


def _listed_parts(index: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Parts that a run needs and that are not absent on purpose, which is [null, null]."""
    for name, (library, _) in listed_parts(index).items():
        if not name.startswith("_") and name not in _UNUSED:
            yield name, library


def _configs(part: Path) -> list[Path]:
    return sorted(part.glob("*config.json")) if part.is_dir() else []


def _names_code(content: object) -> bool:
    """Whether a configuration names classes in files beside it, or a kernel, at any depth."""
    left = [content]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            if "auto_map" in each or _is_repository(each.get("attn_implementation")):
                return True
            left += each.values()
        elif isinstance(each, list):
            left += each
    return False


def _is_repository(name: object) -> bool:
    """Transformers would fetch a kernel from there, and run it."""
    return isinstance(name, str) and "/" in name


def _check_any(part: Path, names: tuple[str, ...], what: str) -> None:
    if not any((part / name).is_file() for name in names):
        raise ZoomStackError(CODE, f"{what} lacks its file {names[0]}.", _AGAIN)


def _check_weights(part: Path, what: str, library: str) -> list[Path]:
    files = _weights(part, what, _WEIGHTS[library])
    for file in files:
        try:
            read_header(file)
        except ZoomStackError as error:
            raise ZoomStackError(
                CODE, f"{what} cannot be loaded: {error.text}", error.hint
            ) from None
    return files


def _weights(part: Path, what: str, stem: str) -> list[Path]:
    """The files that are loaded: of full precision where that is there, and every shard."""
    for single, index in (
        (f"{stem}{_SUFFIX}", f"{stem}{_SUFFIX}.index.json"),
        (f"{stem}.fp16{_SUFFIX}", f"{stem}{_SUFFIX}.index.fp16.json"),
    ):
        if (part / index).is_file():
            return _shards(part / index, what)
        if (part / single).is_file():
            return [part / single]
    if any(is_pickle(file) for file in part.iterdir() if file.suffix in _PICKLES):
        raise ZoomStackError(
            CODE,
            f"{what} has its weights only as pickle files, which could run any program.",
            "Download the model's safetensors files.",
        )
    raise ZoomStackError(CODE, f"{what} has no weights ({stem}{_SUFFIX}).", _AGAIN)


def _shards(index: Path, what: str) -> list[Path]:
    shards = read_object(index).get("weight_map")
    given = list(shards.values()) if isinstance(shards, dict) else []
    # A shard is a name beside its index, never a path to somewhere else.
    if not given or any(
        type(each) is not str or Path(each).name != each or not each for each in given
    ):
        raise ZoomStackError(CODE, f"{what} has a damaged list of its files, {index.name}.", _AGAIN)
    files = [index.with_name(name) for name in sorted(set(given))]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise ZoomStackError(
            CODE,
            f"{what} lacks {len(missing)} of its {len(files)} files, such as {missing[0]}.",
            "Download it again, or wait until its download has ended.",
        )
    return files


def _lacks(called: str, parts: list[str]) -> ZoomStackError:
    """Such as "lacks its part 'unet'" and "lacks its parts 'unet' and 'vae'"."""
    *first, last = [repr(part) for part in parts]
    names = f"parts {', '.join(first)} and {last}" if first else f"part {last}"
    return ZoomStackError(CODE, f"{called} lacks its {names}.", _AGAIN)
