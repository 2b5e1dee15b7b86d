"""What of a scene is still as Blender's factory start-up file has it: nobody chose it."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import bpy

_FRAME = (1920, 1080, 100)
_RANGE = (1, 250)
# View transform, look, exposure, gamma, curves.
_COLOURS = ("AgX", "None", 0.0, 1.0, False)
_CAMERA_LOCATION = (7.358891, -6.925791, 4.958309)
_CAMERA_LENS = 50.0
_SAME = 1e-4


def camera(scene: bpy.types.Scene) -> bool:
    """Whether a scene has no camera, or the start-up file's at its place."""
    item = scene.camera
    if item is None:
        return True
    moved = item.parent or item.animation_data or item.constraints or item.library
    if item.type != "CAMERA" or moved or item.data.animation_data:
        return False
    there = zip(item.location, _CAMERA_LOCATION, strict=True)
    return item.data.lens == _CAMERA_LENS and all(abs(a - b) < _SAME for a, b in there)


def frame_size(scene: bpy.types.Scene) -> bool:
    """Whether a scene renders pictures of the start-up file's size."""
    render = scene.render
    return (render.resolution_x, render.resolution_y, render.resolution_percentage) == _FRAME


def frame_range(scene: bpy.types.Scene) -> bool:
    """Whether a scene has the start-up file's frames."""
    return (scene.frame_start, scene.frame_end) == _RANGE


def colours(scene: bpy.types.Scene) -> bool:
    """Whether a scene has the start-up file's view transform."""
    view = scene.view_settings
    found = (view.view_transform, view.look, view.exposure, view.gamma, view.use_curve_mapping)
    return found == _COLOURS


def change(scene: bpy.types.Scene, path: str, factory: object, value: object) -> None:
    """Give a setting a value if it has the start-up file's still.

    Args:
        path: from the scene, such as ``render.resolution_x``.
    """
    place, _, name = path.rpartition(".")
    owner: Any = attrgetter(place)(scene) if place else scene
    if getattr(owner, name) == factory:
        setattr(owner, name, value)
