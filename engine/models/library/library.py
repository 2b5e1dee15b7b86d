"""Looks through all places, and remembers what it saw of files that have not changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ... import __version__
from ...contract.errors import ZoomStackError
from ...contract.model_folder import INDEX_FILE, is_model
from ...contract.stack import write_atomically
from .checkpoints import inspect_file
from .folders import inspect_folder
from .found import Found, from_dict
from .places import Place, hub_cache, places_of, snapshots

_SUFFIXES = frozenset({".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf"})
_SKIPPED = frozenset(
    {"venv", "env", "python_embeded", "python_embedded", "node_modules", "site-packages"}
)
_MOST_ENTRIES = 50_000
_DEEPEST = 12


@dataclass(frozen=True)
class Listing:
    """What was found.

    Attributes:
        found: by place, then by name; no two with one name and kind.
        problems: sentences about places that could not be looked through.
    """

    found: tuple[Found, ...]
    problems: tuple[str, ...] = ()


def look_through(named: Sequence[Path], cache: Path | None = None) -> Listing:
    """Find the models in the folders that the user named and in the hub's cache.

    Args:
        cache: a file that remembers what was seen; None remembers nothing.
    """
    memory = _Memory(cache)
    found: dict[str, Found] = {}
    problems: list[str] = []
    for folder in named:
        places, wrong = places_of(folder)
        problems += wrong
        for place in places:
            walk = _Walk(place.folder)
            for path, name in walk:
                _add(found, _inspect(memory, path, name), place)
            problems += walk.problems
    hub = hub_cache()
    for path, name in snapshots(hub):
        if (path / INDEX_FILE).is_file():
            _add(found, _inspect(memory, path, name), Place(hub, hub))
    memory.save()
    return Listing(tuple(found.values()), tuple(dict.fromkeys(problems)))


def _add(found: dict[str, Found], one: Found, place: Place) -> None:
    """Keep one under its name; a second one of that name is called after where it lies."""
    try:
        where = str(one.path.resolve())
    except OSError:
        where = str(one.path)
    taken = {(each.kind, each.name) for each in found.values()}
    if where in found:
        return
    for name in (one.name, f"{place.owner.name}/{one.name}", str(one.path)):
        if (one.kind, name) not in taken:
            found[where] = replace(one, name=name)
            return


def _inspect(memory: _Memory, path: Path, name: str) -> Found:
    mark = _mark(path)
    known = memory.recall(path, mark)
    if known is None:
        known = inspect_folder(path, name) if path.is_dir() else inspect_file(path, name)
    memory.keep(path, mark, known)
    return replace(known, name=name, path=path)


def _mark(path: Path) -> str:
    """Changes whenever a file, or one of a folder's small and large files, does."""
    if not path.is_dir():
        return _of_file(path)
    digest = hashlib.sha256()
    for file in sorted((*path.glob("*.json"), *path.glob("*/*"))):
        digest.update(f"{file.relative_to(path)} {_of_file(file)}\n".encode())
    return digest.hexdigest()


def _of_file(path: Path) -> str:
    try:
        about = path.stat()
    except OSError:
        return "absent"
    return f"{about.st_size}/{about.st_mtime_ns}"


class _Walk:
    """Every model folder and every file that may hold weights below a folder, with its name.

    Attributes:
        problems: sentences, once it has been gone through.
    """

    def __init__(self, folder: Path) -> None:
        self.problems: list[str] = []
        self._root = folder
        self._seen: set[tuple[int, int]] = set()
        self._left = _MOST_ENTRIES

    def __iter__(self) -> Iterator[tuple[Path, str]]:
        if not self._root.is_dir():
            self.problems.append(f"The model folder {self._root} is not there.")
            return
        yield from self._below(self._root, 0)
        if self._left <= 0:
            self.problems.append(
                f"{self._root} has more than {_MOST_ENTRIES:,} files: the rest is left out. "
                "Name a folder that holds models alone."
            )

    def _below(self, folder: Path, depth: int) -> Iterator[tuple[Path, str]]:
        try:
            about = folder.stat()
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name.lower())
        except OSError as error:
            self.problems.append(f"{folder} cannot be read: {error.strerror or error}.")
            return
        if (about.st_dev, about.st_ino) in self._seen:  # a link back
            return
        self._seen.add((about.st_dev, about.st_ino))
        for entry in entries:
            self._left -= 1
            if self._left <= 0:
                return
            path = Path(entry.path)
            if _is_folder(entry):
                if entry.name.startswith(".") or entry.name.lower() in _SKIPPED:
                    continue
                if is_model(path):
                    yield path, self._name(path)
                elif depth < _DEEPEST:
                    yield from self._below(path, depth + 1)
            elif path.suffix.lower() in _SUFFIXES:
                yield path, self._name(path)

    def _name(self, path: Path) -> str:
        name = path.relative_to(self._root).as_posix()
        return name.removesuffix(".safetensors")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


class _Memory:
    """What was seen of each file, by path, size and time of change; a damaged one is no memory."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._before = {} if file is None else _load(file)
        self._now: dict[str, list[Any]] = {}

    def recall(self, path: Path, mark: str) -> Found | None:
        entry = self._before.get(str(path))
        if not isinstance(entry, list) or len(entry) != 2 or entry[0] != mark:
            return None
        try:
            return from_dict(entry[1])
        except (TypeError, ValueError, KeyError, AttributeError):
            return None

    def keep(self, path: Path, mark: str, found: Found) -> None:
        self._now[str(path)] = [mark, found.to_dict()]

    def save(self) -> None:
        if self._file is None or self._now == self._before:
            return
        content = {"engine": __version__, "files": self._now}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._file, json.dumps(content).encode())
        except (OSError, ZoomStackError):
            return  # it only takes longer the next time


def _load(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict) or content.get("engine") != __version__:
        return {}
    files = content.get("files")
    return files if isinstance(files, dict) else {}
