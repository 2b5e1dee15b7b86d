"""Live previews as icons: small PNG files, decoded beside Blender's main thread."""

from __future__ import annotations

import queue
import threading
import time
from array import array
from dataclasses import dataclass
from pathlib import Path

import bpy.utils.previews

from ..engine.client.preview_png import decode_rgba
from ..engine.contract.message_table import LARGEST_PREVIEW
from ..engine.contract.ordinary_files import read_ordinary

ICON_SIDE = 32  # what Blender draws in lists
_BUDGET = 0.004  # seconds of Blender's time for one ``collect``


@dataclass(frozen=True)
class _Picture:
    level: int
    size: tuple[int, int]
    pixels: array[int]
    icon: array[int]


class Thumbnails:
    """Icons of one job's levels; each ``show`` replaces a level's icon a little later."""

    def __init__(self) -> None:
        self._icons: bpy.utils.previews.ImagePreviewCollection | None = None
        self._wanted: dict[int, str] = {}
        self._change = threading.Condition()
        self._decoded: queue.SimpleQueue[_Picture] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def show(self, level: int, file: str) -> None:
        """Ask for a level's picture; one that comes too fast for the decoder is skipped."""
        with self._change:
            self._wanted[level] = file
            self._change.notify()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._decode, name="zoom-stack-thumbnails", daemon=True
            )
            self._thread.start()

    def collect(self) -> bool:
        """Hand decoded pictures to Blender, as many as take no time; whether there were any."""
        end = time.thread_time() + _BUDGET
        count = 0
        while time.thread_time() < end:
            try:
                picture = self._decoded.get_nowait()
            except queue.Empty:
                break
            self._hand_over(picture)
            count += 1
        return count > 0

    def icon(self, level: int) -> int:
        """A level's icon number; 0 while there is none."""
        if self._icons is None or str(level) not in self._icons:
            return 0
        return self._icons[str(level)].icon_id

    def stop(self) -> None:
        """No more pictures come; the icons stay."""
        with self._change:
            self._closed = True
            self._change.notify()

    def close(self) -> None:
        """Stop, and give the icons back to Blender."""
        self.stop()
        if self._icons is not None:
            bpy.utils.previews.remove(self._icons)
            self._icons = None

    def _hand_over(self, picture: _Picture) -> None:
        if self._icons is None:
            self._icons = bpy.utils.previews.new()
        name = str(picture.level)
        icon = self._icons.get(name) or self._icons.new(name)
        if tuple(icon.image_size) != picture.size:
            icon.image_size = picture.size
            icon.icon_size = (ICON_SIDE, ICON_SIDE)
        icon.image_pixels.foreach_set(picture.pixels)
        icon.icon_pixels.foreach_set(picture.icon)

    def _decode(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._wanted or self._closed)
                if self._closed:
                    return
                level = next(iter(self._wanted))  # the one that waits longest
                file = self._wanted.pop(level)
            try:
                width, height, rgba = decode_rgba(_content(Path(file)))
            except (OSError, ValueError):
                continue  # a preview is a courtesy; the next one comes soon
            pixels = array("i", rgba)
            icon = shrunk(pixels, width, height)
            self._decoded.put(_Picture(level, (width, height), pixels, icon))


def _content(file: Path) -> bytes:
    """What a small picture's file holds.

    Raises:
        OSError: it cannot be read, is a device or too large.
        ValueError: it is a link, or its folder is one.
    """
    if file.is_symlink() or file.parent.is_symlink():
        raise ValueError(f"{file} is behind a link")
    return read_ordinary(file, LARGEST_PREVIEW)


def shrunk(pixels: array[int], width: int, height: int) -> array[int]:
    """A picture's pixels as an icon's: a sample of each, which is enough at that size."""
    columns = [(2 * x + 1) * width // (2 * ICON_SIDE) for x in range(ICON_SIDE)]
    rows = [(2 * y + 1) * height // (2 * ICON_SIDE) for y in range(ICON_SIDE)]
    return array("i", [pixels[y * width + x] for y in rows for x in columns])
