"""Where a render may go: beside the .blend file, over nothing that is there."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import bpy

from .folders import plain_name

_FOLDER = "renders"
VIDEO_SUFFIX = ".mp4"


def new_video(title: str) -> str:
    """A path for a video that is not there yet, as Blender has paths."""
    for name in _names(title):
        path = _parent() + name + VIDEO_SUFFIX
        if not os.path.lexists(bpy.path.abspath(path)):
            return path
    raise AssertionError


def new_frames(title: str) -> str:
    """A path for numbered pictures, in a folder that is not there yet or empty."""
    for name in _names(title):
        folder = _parent() + name
        place = Path(bpy.path.abspath(folder))
        if not os.path.lexists(place) or (place.is_dir() and not any(os.scandir(place))):
            return f"{folder}/{name}_"
    raise AssertionError


def why_not(path: str) -> str:
    """Why nothing can be rendered to a path, for people; empty when it can."""
    if not path.strip():
        return "The output has no path. Give it one"
    if path.startswith("//") and not bpy.data.filepath:
        return "// means beside the file, which is not saved yet. Save it, or give a whole path"
    folder = Path(os.path.abspath(bpy.path.abspath(path))).parent
    while not os.path.lexists(folder):
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is a file, not a folder. Give another path"
    if not os.access(folder, os.W_OK):
        return f"{folder} cannot be written to. Give another path"
    return ""


def _names(title: str) -> itertools.chain[str]:
    name = plain_name(title)
    return itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))


def _parent() -> str:
    if bpy.data.filepath:
        return f"//{_FOLDER}/"
    return Path.home().as_posix().rstrip("/") + f"/{_FOLDER}/"
