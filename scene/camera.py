"""The zoom's camera: the ``["zoom"]`` property in octaves, its curve and its read-out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ..blender import compat
from . import keys
from .drivers import Variables, keep_driver, set_table


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


def zoom_curve(camera: bpy.types.Object) -> Any | None:
    """The F-curve of ["zoom"]; None when the artist removed it."""
    path = keys.path_to(keys.ZOOM)
    return next((curve for curve in compat.fcurves_of(camera) if curve.data_path == path), None)
