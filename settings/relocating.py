"""Paths that the settings keep relative to the file stay right when that is saved elsewhere.

Blender does so for its own paths, those of pictures among them, and for no add-on's. Whether it
does is a switch of the file browser's, "Remap Relative", that no handler is told of: a picture's
path shows it afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import bpy
from bpy.app.handlers import persistent

_LEVEL_PATHS = ("made", "pin_image", "pin_mask")
_RELATIVE = "//"

#: What was written in their place while the file is being saved: a copy leaves the open one be.
_before: list[tuple[bpy.types.bpy_struct, str, str]] = []
_base = [""]  # the folder of the open file before
#: Pictures whose paths Blender changes when it changes any, by the names they have in this session.
_witnesses: dict[int, str] = {}


@persistent
def _before_saving(filepath: str = "", *_arguments: object) -> None:
    _before.clear()
    _witnesses.clear()
    old, new = os.path.dirname(bpy.data.filepath), os.path.dirname(filepath)
    _base[0] = old
    if not new or old == new:
        return
    if not old:
        _make_relative(new)
        return
    for image in bpy.data.images:
        path = image.filepath
        if image.library is None and path.startswith(_RELATIVE) and _moved(path, new) != path:
            _witnesses[image.session_uid] = path
    for owner, name in stored_paths():
        path = getattr(owner, name)
        if path.startswith(_RELATIVE):
            _before.append((owner, name, path))
            setattr(owner, name, _moved(path, new))


def _make_relative(new: str) -> None:
    """The first save: Blender's own paths begin at the file from now on."""
    for owner, name in stored_paths():
        path = getattr(owner, name)
        if name in _LEVEL_PATHS and os.path.isabs(path):
            _before.append((owner, name, path))
            setattr(owner, name, _moved(path, new))


def _moved(path: str, new: str) -> str:
    absolute = bpy.path.abspath(path)
    try:
        moved: str = bpy.path.relpath(absolute, start=new)
    except ValueError:  # another drive
        return absolute
    return moved


@persistent
def _after_saving(*_arguments: object) -> None:
    # A copy, or a failure; or Blender was to leave paths as they are written.
    if os.path.dirname(bpy.data.filepath) == _base[0] or _paths_stayed():
        for owner, name, path in _before:
            setattr(owner, name, path)
    _before.clear()
    _witnesses.clear()


def _paths_stayed() -> bool:
    now = {image.session_uid: image.filepath for image in bpy.data.images}
    return any(now.get(name) == path for name, path in _witnesses.items())


def _on_failure() -> list[object]:
    handlers: list[object] = bpy.app.handlers.save_post_fail
    return handlers


def stored_paths(linked: bool = False) -> Iterator[tuple[bpy.types.bpy_struct, str]]:
    """(owner, property) of each path that the settings of this file's scenes hold.

    Args:
        linked: those of other files' scenes as well; their paths begin at these files.
    """
    for scene in bpy.data.scenes:
        if scene.library is not None and not linked:
            continue
        yield scene.zoom_stack, "output_folder"
        for level in scene.zoom_stack.levels:
            yield from ((level, name) for name in _LEVEL_PATHS)


def register() -> None:
    bpy.app.handlers.save_pre.append(_before_saving)
    bpy.app.handlers.save_post.append(_after_saving)
    _on_failure().append(_after_saving)


def unregister() -> None:
    _on_failure().remove(_after_saving)
    bpy.app.handlers.save_post.remove(_after_saving)
    bpy.app.handlers.save_pre.remove(_before_saving)
