"""Small pictures of all levels while they come into being."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..pictures.files import to_bytes, to_unit, write_png

PREVIEW_SIDE = 128  # pixels, the longer side at most
INTERVAL = 1.0  # seconds


class Previews:
    """Writes previews now and then.

    Args:
        file: names the file of a level's preview.
    """

    def __init__(self, file: Callable[[int], Path]) -> None:
        self._file = file
        self._next = 0.0

    def due(self) -> bool:
        return time.monotonic() >= self._next

    def write(self, levels: npt.NDArray[np.float32]) -> list[Path]:
        """Write (N, 3, h, w), about -1 to 1; returns the files, widest level first."""
        files = [self._file(index) for index in range(len(levels))]
        for file, level in zip(files, levels, strict=True):
            picture = Image.fromarray(to_bytes(to_unit(level)))
            picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.BOX)
            write_png(file, np.asarray(picture))
        self._next = time.monotonic() + INTERVAL
        return files
