"""Live previews as icons: small PNG files, decoded beside Blender's main thread."""

from __future__ import annotations

import queue
import threading
from array import array
from pathlib import Path

import bpy.utils.previews

from .engine.png import decode_rgba

ICON_SIDE = 32  # what Blender draws in lists

Decoded = tuple[int, int, int, bytes]


class Thumbnails:
    """Icons of one job's levels; each ``show`` replaces a level's icon a little later."""

    def __init__(self) -> None:
        self._icons: bpy.utils.previews.ImagePreviewCollection | None = None
        self._wanted: dict[int, str] = {}
        self._wake = threading.Event()
        self._done: queue.SimpleQueue[Decoded] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def show(self, level: int, file: str) -> None:
        """Ask for a level's picture; one that comes too fast for the decoder is skipped."""
        self._wanted[level] = file
        self._wake.set()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._decode, name="zoom-stack-thumbnails", daemon=True
            )
            self._thread.start()

    def collect(self) -> bool:
        """Hand one decoded picture to Blender; whether there was one."""
        try:
            level, width, height, rgba = self._done.get_nowait()
        except queue.Empty:
            return False
        if self._icons is None:
            self._icons = bpy.utils.previews.new()
        name = str(level)
        icon = self._icons.get(name) or self._icons.new(name)
        if tuple(icon.image_size) != (width, height):
            icon.image_size = (width, height)
        icon.image_pixels.foreach_set(array("i", rgba))
        if tuple(icon.icon_size) != (ICON_SIDE, ICON_SIDE):
            icon.icon_size = (ICON_SIDE, ICON_SIDE)
        icon.icon_pixels.foreach_set(shrunk(rgba, width, height))
        return True

    def icon(self, level: int) -> int:
        """A level's icon number; 0 while there is none."""
        if self._icons is None or str(level) not in self._icons:
            return 0
        return self._icons[str(level)].icon_id

    def close(self) -> None:
        self._closed = True
        self._wake.set()
        if self._icons is not None:
            bpy.utils.previews.remove(self._icons)
            self._icons = None

    def _decode(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._wanted and not self._closed:
                level, file = self._wanted.popitem()
                try:
                    self._done.put((level, *decode_rgba(Path(file).read_bytes())))
                except (OSError, ValueError):
                    continue  # a preview is a courtesy; the next one comes soon
            if self._closed:
                return


def shrunk(rgba: bytes, width: int, height: int) -> array[int]:
    """A picture's pixels as an icon's: a sample of each, which is enough at that size."""
    pixels = array("i", rgba)
    columns = [(2 * x + 1) * width // (2 * ICON_SIDE) for x in range(ICON_SIDE)]
    rows = [(2 * y + 1) * height // (2 * ICON_SIDE) for y in range(ICON_SIDE)]
    return array("i", [pixels[y * width + x] for y in rows for x in columns])
