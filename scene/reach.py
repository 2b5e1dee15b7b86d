"""How far the camera can travel: Blender draws nothing nearer to it than a fixed distance."""

from __future__ import annotations

import math

import bpy

from .finding import stops_of

# The least ``clip_start`` that Blender takes, in units of the scene.
NEAREST = 1e-6


def travel_octaves(root: bpy.types.Object, camera: bpy.types.Object) -> float:
    """The zoom in octaves at which what fills a travelling camera's frame is as near as it can see.

    That lies lens / sensor width of its own widths away. Renders go black within 2 octaves more.
    """
    size = sum(root.matrix_world.to_scale()) / 3.0
    distance = size * camera.data.lens / camera.data.sensor_width
    return math.log2(distance / NEAREST) if distance > 0.0 else 0.0


def why_not_travel(root: bpy.types.Object, camera: bpy.types.Object) -> str:
    """Why the camera cannot travel through all of a zoom; empty when it can."""
    deepest, reach = stops_of(root)[-1], travel_octaves(root, camera)
    if deepest <= reach:
        return ""
    return (
        f"This zoom is {deepest:.1f} octaves deep, and a travelling camera sees {reach:.1f}: "
        "let the world grow"
    )
