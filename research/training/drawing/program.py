"""Which version of the picture program draws."""

from __future__ import annotations

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent


def version(*more: Path) -> str:
    """Eight digits that tell one version of the pictures from another.

    Args:
        more: files that matter as well.
    """
    files = [
        FOLDER / "images.py",
        FOLDER / "fields.py",
        FOLDER / "insets.py",
        *sorted((FOLDER / "concepts").glob("*.py")),
        *more,
    ]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
