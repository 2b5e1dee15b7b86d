"""Thumbnails of picture files, which Blender makes in the background and keeps in its own cache."""

from __future__ import annotations

import time

import bpy.utils.previews

# More are not held at a time: a file is drawn again when it is asked for again.
_MOST = 512
# Seconds in which what was handed out may still be drawn: a redraw takes far less.
_IN_USE = 2.0
_icons: bpy.utils.previews.ImagePreviewCollection | None = None
#: When each was asked for last, the oldest first.
_asked: dict[str, float] = {}


def icon_of(file: str) -> int:
    """The icon's number of a picture file; a file is taken for the same as long as its name is."""
    global _icons
    if _icons is None:
        _icons = bpy.utils.previews.new()
    _asked.pop(file, None)
    _asked[file] = now = time.monotonic()
    preview = _icons.get(file) or _icons.load(file, file, "IMAGE")
    while len(_icons) > _MOST:
        oldest = next(iter(_asked))
        if now - _asked[oldest] < _IN_USE:
            break  # all of them are on the screen
        del _asked[oldest], _icons[oldest]
    return int(preview.icon_id)


def unregister() -> None:
    """Give the icons back to Blender."""
    global _icons
    if _icons is not None:
        bpy.utils.previews.remove(_icons)
        _icons = None
    _asked.clear()
