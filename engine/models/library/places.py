"""Where models lie: folders that the user names, those of other programs, and the hub's cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_EXTRA_PATHS = "extra_model_paths.yaml"  # of ComfyUI
#: Below "models": of ComfyUI, and of A1111 and Forge.
_BELOW_MODELS = (
    "checkpoints", "diffusers", "diffusion_models", "unet", "loras",
    "Stable-diffusion", "Lora", "LyCORIS",
)  # fmt: skip
_KINDS_OF_INVOKEAI = ("main", "lora")  # below "models" and a family's folder
_KEYS_OF_COMFYUI = ("checkpoints", "diffusers", "diffusion_models", "unet", "loras")
_LARGEST_YAML = 2**20
_HUB_VARIABLES = (("HF_HUB_CACHE", ""), ("HUGGINGFACE_HUB_CACHE", ""), ("HF_HOME", "hub"))


@dataclass(frozen=True)
class Place:
    """A folder to look through, and what it belongs to.

    Attributes:
        folder: names are relative to it.
        owner: the folder that the user named.
    """

    folder: Path
    owner: Path


def places_of(named: Path) -> tuple[list[Place], list[str]]:
    """What to look through for a folder that the user named, and what is wrong with it."""
    problems: list[str] = []
    folders = [*_of_a_program(named)]
    extra = named / _EXTRA_PATHS
    if extra.is_file():
        try:
            folders += _extra(extra)
        except _BadFileError as error:
            problems.append(f"{extra} cannot be used: {error}.")
        if not folders:
            return [], problems
    return [Place(folder, named) for folder in folders or [named]], problems


def hub_cache() -> Path:
    """The cache of Hugging Face's hub, as its own library finds it."""
    for variable, below in _HUB_VARIABLES:
        value = os.environ.get(variable, "").strip()
        if value:
            return Path(os.path.expanduser(value)) / below
    cache = os.environ.get("XDG_CACHE_HOME", "").strip() or "~/.cache"
    return Path(os.path.expanduser(cache)) / "huggingface" / "hub"


def snapshots(cache: Path) -> Iterator[tuple[Path, str]]:
    """Every repository in the hub's cache: the folder of its present state, and "org/name"."""
    try:
        repositories = sorted(cache.glob("models--*"))
    except OSError:
        return
    for repository in repositories:
        states = repository / "snapshots"
        try:
            revision = (repository / "refs" / "main").read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            revision = ""
        folder = states / Path(revision).name if revision else states
        if not revision or not folder.is_dir():
            there = sorted(states.glob("*"), key=_changed)
            if not there:
                continue
            folder = there[-1]
        yield folder, repository.name.removeprefix("models--").replace("--", "/")


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _of_a_program(named: Path) -> list[Path]:
    """The folders with models of ComfyUI, A1111, Forge or InvokeAI; none of any other folder."""
    models = named if named.name == "models" else named / "models"
    below = [models / name for name in _BELOW_MODELS]
    try:
        families = sorted(path for path in models.iterdir() if path.is_dir())
    except OSError:
        return []
    invoke = [family / kind for family in families for kind in _KINDS_OF_INVOKEAI]
    return [folder for folder in [*below, *invoke] if folder.is_dir()]


class _BadFileError(Exception):
    pass


def _extra(file: Path) -> list[Path]:
    """The folders that ComfyUI is told to look through besides its own.

    Each section has a ``base_path`` and, by kind, one or more lines with folders below it.
    """
    try:
        import yaml
    except ImportError:
        raise _BadFileError("PyYAML is not installed") from None
    try:
        if file.stat().st_size > _LARGEST_YAML:
            raise _BadFileError("it is too long")
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        raise _BadFileError("it is not valid YAML") from None
    if content is None:
        return []
    if not isinstance(content, dict):
        raise _BadFileError("it has no sections")
    sections = [section for section in content.values() if isinstance(section, dict)]
    return [folder for section in sections for folder in _of_section(section, file.parent)]


def _of_section(section: dict[str, Any], beside: Path) -> Iterator[Path]:
    base = beside / os.path.expandvars(os.path.expanduser(str(section.get("base_path") or "")))
    for key in _KEYS_OF_COMFYUI:
        lines = section.get(key)
        for line in lines.splitlines() if isinstance(lines, str) else ():
            if line.strip():
                yield base / os.path.expandvars(os.path.expanduser(line.strip()))
