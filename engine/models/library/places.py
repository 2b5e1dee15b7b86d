"""Where models lie: folders that the user names, those of other programs, and the hub's cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...contract.ordinary_files import NotOrdinaryError, read_ordinary

EXTRA_PATHS = "extra_model_paths.yaml"  # of ComfyUI
_YAML = (".yaml", ".yml")
#: Below "models": of ComfyUI, and of A1111 and Forge. The first of each tells such a folder.
_MARKS = ("checkpoints", "Stable-diffusion")
_BELOW_MODELS = (
    "checkpoints", "diffusers", "diffusion_models", "unet", "loras",
    "Stable-diffusion", "Lora", "LyCORIS",
)  # fmt: skip
_KINDS_OF_INVOKEAI = ("main", "lora")  # below "models" and a family's folder
_KEYS_OF_COMFYUI = ("checkpoints", "diffusers", "diffusion_models", "unet", "loras")
_LARGEST_YAML = 2**20
_MOST_ALIASES = 10
_LONGEST_REF = 2**10
_HUB_VARIABLES = (("HF_HUB_CACHE", ""), ("HUGGINGFACE_HUB_CACHE", ""), ("HF_HOME", "hub"))
_HUB_PREFIX = "models--"


@dataclass(frozen=True)
class Place:
    """A folder to look through, and what it belongs to.

    Attributes:
        folder: names are relative to it.
        owner: the folder that the user named.
        deep: folders in it are looked through too; else they count where they are models.
    """

    folder: Path
    owner: Path
    deep: bool = True


def places_of(named: Path) -> tuple[list[Place], list[str]]:
    """What to look through for a folder that the user named, and what is wrong with it.

    Args:
        named: the folder of a program, any other folder, or a list of folders as ComfyUI reads it.
    """
    if named.suffix.lower() in _YAML and named.is_file():
        folders, wrong = _extra(named)
        return [Place(folder, named.parent) for folder in folders], wrong
    if named.is_file():
        return [], [f"{named} is a file. Name the folder that it lies in."]
    extra: list[Path] = []
    problems: list[str] = []
    if (named / EXTRA_PATHS).is_file():
        extra, problems = _extra(named / EXTRA_PATHS)
    models = named if named.name.lower() == "models" else named / "models"
    of_program = _of_a_program(models)
    places = [Place(folder, named) for folder in of_program or [named]]
    if of_program:
        places.append(Place(models, named, deep=False))
    return places + [Place(folder, named) for folder in extra], problems


def hub_cache() -> Path:
    """The cache of Hugging Face's hub, as its own library finds it."""
    for variable, below in _HUB_VARIABLES:
        value = os.environ.get(variable, "").strip()
        if value:
            return Path(os.path.expanduser(value)) / below
    cache = os.environ.get("XDG_CACHE_HOME", "").strip() or "~/.cache"
    return Path(os.path.expanduser(cache)) / "huggingface" / "hub"


def hub_name(repository: Path) -> str:
    """ "org/name" of a folder in the hub's cache such as "models--org--name"."""
    return repository.name.removeprefix(_HUB_PREFIX).replace("--", "/", 1)


def snapshots(cache: Path) -> Iterator[tuple[str, list[Path]]]:
    """Every model repository in the hub's cache: "org/name", and its states on the disk.

    The first state is that of ``refs/main``, the others follow from the newest to the oldest.
    """
    for repository in _folders(cache):
        if not repository.name.startswith(_HUB_PREFIX):
            continue
        try:
            refs = repository / "refs/main"
            main = read_ordinary(refs, _LONGEST_REF).decode().strip()
        except (OSError, UnicodeDecodeError):
            main = ""
        states = sorted(_folders(repository / "snapshots"), key=_changed, reverse=True)
        states.sort(key=lambda state: state.name != main)
        if states:
            yield hub_name(repository), states


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _of_a_program(models: Path) -> list[Path]:
    """The folders with models of ComfyUI, A1111, Forge or InvokeAI; none of any other folder."""
    invoke = [family / kind for family in _folders(models) for kind in _KINDS_OF_INVOKEAI]
    there = [folder for folder in invoke if folder.is_dir()]
    if any((models / mark).is_dir() for mark in _MARKS):
        there += [models / name for name in _BELOW_MODELS if (models / name).is_dir()]
    return there


def _extra(file: Path) -> tuple[list[Path], list[str]]:
    """The folders that ComfyUI is told to look through besides its own, and what is wrong.

    Each section has a ``base_path`` and, by kind, one or more lines with folders below it.
    """
    try:
        content = _parse(file)
    except _BadFileError as error:
        return [], [f"{file} cannot be used: {error}. Correct it, or remove it."]
    sections = [section for section in content.values() if isinstance(section, dict)]
    folders = [folder for section in sections for folder in _of_section(section, file.parent)]
    return list(dict.fromkeys(folders)), []


class _BadFileError(Exception):
    pass


def _parse(file: Path) -> dict[Any, Any]:
    try:
        import yaml
    except ImportError:
        raise _BadFileError("PyYAML is not installed") from None
    try:
        text = read_ordinary(file, _LARGEST_YAML).decode("utf-8-sig")
        # Lists of lists of aliases grow tenfold with each line.
        tokens = yaml.scan(text, Loader=yaml.SafeLoader)
        if sum(isinstance(token, yaml.AliasToken) for token in tokens) > _MOST_ALIASES:
            raise _BadFileError(f"it has more than {_MOST_ALIASES} aliases")
        content = yaml.safe_load(text)
    except NotOrdinaryError as error:
        raise _BadFileError(error.reason) from None
    # ValueError: of text in another encoding, and of dates that no calendar has.
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        raise _BadFileError("it is not valid YAML") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise _BadFileError("it has no sections")
    return content


def _of_section(section: dict[Any, Any], beside: Path) -> Iterator[Path]:
    named = section.get("base_path")
    base = beside / _expanded(named if isinstance(named, str) else "")
    for key in _KEYS_OF_COMFYUI:
        given = section.get(key)
        lines = given.splitlines() if isinstance(given, str) else given
        for line in lines if isinstance(lines, list) else ():
            if isinstance(line, str) and line.strip():
                yield base / _expanded(line.strip())


def _expanded(path: str) -> str:
    return os.path.expandvars(os.path.expanduser(path))
