"""Thumbnails of picture files, which Blender makes in the background and keeps in its own cache."""

from __future__ import annotations

import bpy.utils.previews

# More are not held at a time: a file is drawn again when it is asked for again.
_MOST = 512
_icons: bpy.utils.previews.ImagePreviewCollection | None = None


def icon_of(file: str) -> int:
    """The icon's number of a picture file; a file is taken for the same as long as its name is."""
    global _icons
    if _icons is not None and len(_icons) >= _MOST and file not in _icons:
        unregister()
    if _icons is None:
        _icons = bpy.utils.previews.new()
    preview = _icons.get(file) or _icons.load(file, file, "IMAGE")
    return int(preview.icon_id)


def unregister() -> None:
    """Give the icons back to Blender."""
    global _icons
    if _icons is not None:
        bpy.utils.previews.remove(_icons)
        _icons = None
