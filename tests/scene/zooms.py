"""Zooms in the window, as tests of the scene begin with them, and their F-curves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import making
import numpy as np
from bl_ext.user_default.zoom_stack.blender.compat import fcurves_of
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import camera, importing, retiming, way_changes
from judging import show


def zoom_of(folder: Path, rig: str = "WORLD", **options: Any) -> tuple[Any, Any, Any]:
    """(scene, camera, root) of a folder's stack, in a scene of its own."""
    result = importing.import_stack(
        read_stack(folder), importing.ImportOptions(target="NEW_SCENE", rig=rig, **options)
    )
    scene = bpy.data.scenes[result.scene_name]
    show(scene)
    return scene, bpy.data.objects[result.camera_name], bpy.data.objects[result.root_name]


def timed_zoom(folder: Path) -> tuple[Any, Any, Any]:
    """(scene, root, camera) of four levels two octaves apart, a second an octave and at rest."""
    stack = making.plain_stack(folder / "stack", 4, 4.0)
    scene, camera, root = zoom_of(stack, "AUTO", seconds_per_octave=1.0, hold_seconds=1.0)
    return scene, root, camera


def timed_loop(folder: Path) -> tuple[Any, Any, Any]:
    """(scene, root, camera) of three levels an octave apart, without end, a second an octave."""
    pictures = [np.full((8, 8, 3), 40 * number, np.uint8) for number in range(3)]
    stack = making.write_loop(folder / "loop", pictures, [2.0] * 3, [(0.5, 0.5)] * 3)
    scene, camera, root = zoom_of(stack, "AUTO", seconds_per_octave=1.0)
    return scene, root, camera


def rolled(item: Any, *frames: float, path: str = "rotation_euler") -> Any:
    """The curve of keys of the artist's, with handles a quarter of a second away."""
    for frame in frames:
        item.keyframe_insert(path, index=2, frame=frame)
    curve = next(each for each in fcurves_of(item) if each.data_path == path)
    for point in curve.keyframe_points:
        point.handle_left_type = point.handle_right_type = "FREE"
        point.handle_left = (point.co[0] - 6.0, point.co[1])
        point.handle_right = (point.co[0] + 6.0, point.co[1])
    return curve


def frames_of(curve: Any) -> list[float]:
    """The frames of a curve's keys."""
    return [point.co[0] for point in curve.keyframe_points]


def change(root: Any, **values: Any) -> way_changes.Changed:
    """Give a zoom's way other values."""
    return way_changes.change_way(root, replace(retiming.way_of(root), **values))


def zoom_at(cam: Any, *frames: float) -> list[float]:
    """The zoom in some frames, by the camera's curve."""
    curve = camera.zoom_curve(cam)
    return [curve.evaluate(frame) for frame in frames]
