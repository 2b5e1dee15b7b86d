"""Which weights a model folder or file holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..contract.ordinary_files import read_ordinary

_WHOLE = 2**29  # bytes; of larger files samples are read, since a disk needs minutes for 20 GB
_SAMPLES = 64
_CHUNK = 2**20
_DIGITS = 12
_LARGEST_NOTE = 2**20


def revision_of(folder: Path, part: str) -> str:
    """Twelve digits that identify the weights of one part.

    The commit where the folder came from a hub and says so, otherwise a SHA-256 of the weights.
    """
    return _commit(folder, part) or _digest(_weights(folder / part))


def revision_of_parts(folder: Path) -> str:
    """The same for all parts of a folder together, with their configurations."""
    parts = sorted(path for path in folder.iterdir() if path.is_dir())
    weights = [file for part in parts for file in _weights(part)]
    found = [*folder.glob("*.json"), *folder.glob("*/*.json")]
    configurations = sorted(file for file in found if file.is_file())
    return _commit(folder, "*") or _digest([*weights, *configurations])


def revision_of_file(file: Path) -> str:
    """Twelve digits that identify what a single file holds."""
    return _digest([file])


def _commit(folder: Path, part: str) -> str:
    """The first digits of the commit that a folder came with; empty where it says none."""
    for place in (folder, folder.resolve()):
        if place.parent.name == "snapshots" and _is_commit(place.name):
            return place.name[:_DIGITS]
    notes = folder / ".cache/huggingface/download"
    for note in sorted(notes.glob(f"{part}/*.metadata" if part else "*.metadata")):
        commit = _first_line(note)
        if _is_commit(commit):
            return commit[:_DIGITS]
    return ""


def _first_line(note: Path) -> str:
    try:
        content = read_ordinary(note, _LARGEST_NOTE)
    except OSError:
        return ""
    return content.decode(errors="replace").partition("\n")[0].strip()


def _is_commit(text: str) -> bool:
    return len(text) == 40 and all(digit in "0123456789abcdef" for digit in text)


def _weights(part: Path) -> Iterator[Path]:
    """Weight files; where both precisions are there, the adapters load the full one."""
    files = sorted(file for file in part.glob("*.safetensors") if file.is_file())
    full = [file for file in files if ".fp16" not in file.name]
    yield from full or files


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        for chunk in _chunks(file):
            digest.update(chunk)
    return digest.hexdigest()[:_DIGITS]


def _chunks(file: Path) -> Iterator[bytes]:
    """All of a file; of a large one its size and samples of all of it, its header among them."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        if size <= _WHOLE:
            while chunk := stream.read(_CHUNK):
                yield chunk
            return
        yield str(size).encode()
        for number in range(_SAMPLES):
            stream.seek(number * (size - _CHUNK) // (_SAMPLES - 1))
            yield stream.read(_CHUNK)
