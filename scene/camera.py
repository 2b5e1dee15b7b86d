"""The zoom's camera: the ``["zoom"]`` property in octaves, its keys and its read-out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ..blender import compat
from . import keys
from .drivers import Variables, keep_driver, set_table
from .timing import Schedule


def build_camera(name: str, collection: bpy.types.Collection) -> bpy.types.Object:
    """A camera that the artist may shift, roll, shake and give another lens."""
    camera = bpy.data.objects.new(name, bpy.data.cameras.new(name))
    camera.data.sensor_fit = "HORIZONTAL"
    camera.data.clip_end = 1000.0
    camera.data.display_size = 0.1
    camera[keys.ROLE] = keys.ROLE_CAMERA
    camera[keys.ZOOM] = 0.0
    camera[keys.LEVEL] = 0.0
    collection.objects.link(camera)
    return camera


def describe_zoom(camera: bpy.types.Object, stops: Sequence[float]) -> None:
    """Give ["zoom"] its range and ["level"] its read-out: the number of the level in view.

    Args:
        stops: the zoom at each level, and at the end of a loop's turn.
    """
    camera.id_properties_ui(keys.ZOOM).update(
        description="Zoom in octaves: 1 more shows half the width",
        soft_min=0.0,
        soft_max=max(stops[-1], 1.0),
        min=-1000.0,
        max=10000.0,
        precision=3,
    )
    camera.id_properties_ui(keys.LEVEL).update(
        description="Which level is in view, counted from 0; follows the zoom", precision=2
    )
    zoom: Variables = {"zoom": (camera, keys.path_to(keys.ZOOM))}
    curve = keep_driver(camera, keys.path_to(keys.LEVEL), "zoom", zoom)
    set_table(curve, [(value, float(number)) for number, value in enumerate(stops)])


def key_zoom(
    camera: bpy.types.Object, stops: Sequence[float], plan: Schedule, repeats: bool
) -> None:
    """One linear key per level. The holds are the curve's constant ends.

    Args:
        stops: the zoom at each key of the plan.
        repeats: go through the keys again and again, for ever and from ever: a loop.
    """
    path = keys.path_to(keys.ZOOM)
    for value, frame in zip(stops, plan.keys, strict=True):
        camera[keys.ZOOM] = float(value)
        camera.keyframe_insert(path, frame=frame)
    curve = zoom_curve(camera)
    if curve is not None:
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
        curve.extrapolation = "CONSTANT"
        if repeats:
            curve.modifiers.new("CYCLES")
        curve.update()
    camera[keys.ZOOM] = 0.0


def zoom_curve(camera: bpy.types.Object) -> Any | None:
    """The F-curve of ["zoom"]; None when the artist removed it."""
    path = keys.path_to(keys.ZOOM)
    return next((curve for curve in compat.fcurves_of(camera) if curve.data_path == path), None)
