"""Remembers what was seen of each file and folder, for as long as they do not change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ...contract import model_folder, pipeline_families
from ...contract.errors import ZoomStackError
from ...contract.stack import write_atomically
from .found import Found, from_dict

_RULES = (Path(__file__).parent, Path(model_folder.__file__), Path(pipeline_families.__file__))


class Memory:
    """What was seen, by path and mark; a damaged file is no memory.

    Args:
        file: None remembers nothing.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._before: Mapping[str, Any] = {} if file is None else _load(file)
        self._seen: dict[str, Any] = {}

    def recall(self, path: Path, mark: str) -> Found | None:
        """What was seen there, if its mark is the same."""
        match self._before.get(str(path)):
            case [before, dict(content)] if before == mark:
                try:
                    return from_dict(content)
                except (TypeError, ValueError, KeyError, IndexError, OverflowError):
                    return None
        return None

    def keep(self, path: Path, mark: str, found: Found) -> None:
        """Remember it for the next time."""
        self._seen[str(path)] = [mark, found.to_dict()]

    def save(self) -> None:
        """Write the file, where there is one and what it says is not what was seen."""
        if self._file is None or self._seen == self._before:
            return
        content = {"rules": _rules(), "seen": self._seen}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._file, json.dumps(content).encode())
        except (OSError, ZoomStackError):
            return  # it only takes longer the next time


def mark_of(path: Path, is_folder: bool) -> str:
    """Changes whenever a file does, or any of the files in a folder and in the folders in it."""
    if not is_folder:
        return _mark(path)
    digest = hashlib.sha256()
    for file in sorted((*path.glob("*"), *path.glob("*/*"))):
        name = file.relative_to(path).as_posix()
        digest.update(f"{name} {_mark(file)}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _mark(path: Path) -> str:
    try:
        about = path.stat()
    except (OSError, ValueError):
        return "absent"
    return f"{about.st_size}/{about.st_mtime_ns}"


@cache
def _rules() -> str:
    """Of the code that recognises: other rules see other things in the same file."""
    digest = hashlib.sha256()
    for place in _RULES:
        for file in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _load(file: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict) or content.get("rules") != _rules():
        return {}
    seen = content.get("seen")
    return seen if isinstance(seen, dict) else {}
