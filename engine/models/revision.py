"""Which weights a model folder holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path


def revision_of(folder: Path, part: str) -> str:
    """Twelve digits that identify the weights.

    The commit where the folder came from a hub and says so, otherwise a SHA-256 of the weights.
    """
    for place in (folder, folder.resolve()):
        if place.parent.name == "snapshots" and _is_commit(place.name):
            return place.name[:12]
    for note in sorted((folder / ".cache/huggingface/download" / part).glob("*.metadata")):
        commit = note.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
        if _is_commit(commit):
            return commit[:12]
    digest = hashlib.sha256()
    for file in _weights(folder / part):
        with file.open("rb") as stream:
            while chunk := stream.read(2**22):
                digest.update(chunk)
    return digest.hexdigest()[:12]


def _is_commit(text: str) -> bool:
    return len(text) == 40 and all(digit in "0123456789abcdef" for digit in text)


def _weights(part: Path) -> Iterator[Path]:
    """Weight files; where both precisions are there, the adapters load the full one."""
    files = sorted(part.glob("*.safetensors"))
    full = [file for file in files if ".fp16" not in file.name]
    yield from full or files
