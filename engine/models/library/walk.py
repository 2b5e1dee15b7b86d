"""Goes through a folder and those in it for whatever may be a model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...contract.model_folder import is_model
from .headers import is_pickle

SAFETENSORS = ".safetensors"
_SUFFIXES = frozenset({SAFETENSORS, ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf"})
_SKIPPED = frozenset(
    {
        "venv", "env", "python_embeded", "python_embedded", "node_modules", "site-packages",
        "__pycache__",
    }
)  # fmt: skip
_MOST_ENTRIES = 50_000
_DEEPEST = 12


@dataclass(frozen=True)
class Candidate:
    """Something that may be a model.

    Attributes:
        name: its path below the folder that was looked through.
        is_folder: it is a folder with an index, not a file.
    """

    path: Path
    name: str
    is_folder: bool = False


class Walk:
    """Every model folder and every file that may hold weights below a folder, by name.

    Hidden folders and those of programs are not entered, and none is entered twice.

    Attributes:
        problems: sentences, once it has been gone through.
    """

    def __init__(self, folder: Path, deep: bool = True) -> None:
        self.problems: list[str] = []
        self._root = folder
        self._deepest = _DEEPEST if deep else 0
        self._entered: set[tuple[int, int]] = set()
        self._left = _MOST_ENTRIES

    def __iter__(self) -> Iterator[Candidate]:
        if not os.path.isdir(self._root):
            self.problems.append(f"The model folder {self._root} is not there.")
            return
        if _holds_a_model(self._root):
            yield Candidate(self._root, self._root.name, is_folder=True)
            if self._deepest:  # its files are the model's parts
                return
        yield from self._below(self._root, 0)
        if self._left <= 0:
            self.problems.append(
                f"{self._root} has more than {_MOST_ENTRIES:,} files: the rest is left out. "
                "Name a folder that holds models alone."
            )

    def _below(self, folder: Path, depth: int) -> Iterator[Candidate]:
        try:
            about = folder.stat()
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: (entry.name.lower(), entry.name))
        except OSError as error:
            self.problems.append(f"{folder} cannot be read: {error.strerror or error}.")
            return
        if (about.st_dev, about.st_ino) in self._entered:  # by a link
            return
        self._entered.add((about.st_dev, about.st_ino))
        for entry in entries:
            self._left -= 1
            if self._left <= 0:
                return
            path = Path(entry.path)
            if _is_folder(entry):
                yield from self._of_folder(path, depth)
            elif _may_hold_weights(path):
                yield Candidate(path, self._name(path))

    def _of_folder(self, path: Path, depth: int) -> Iterator[Candidate]:
        if path.name.startswith(".") or path.name.lower() in _SKIPPED:
            return
        if _holds_a_model(path):
            yield Candidate(path, self._name(path), is_folder=True)
            return
        if path.suffix.lower() == SAFETENSORS:
            yield Candidate(path, self._name(path))
        if depth < self._deepest:
            yield from self._below(path, depth + 1)

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix().removesuffix(SAFETENSORS)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _may_hold_weights(file: Path) -> bool:
    suffix = file.suffix.lower()
    if suffix not in _SUFFIXES or file.name.startswith("."):
        return False
    return suffix != ".bin" or is_pickle(file)  # any program may call its data .bin


def _holds_a_model(folder: Path) -> bool:
    try:
        return is_model(folder)
    except OSError:  # told where the folder is read
        return False
