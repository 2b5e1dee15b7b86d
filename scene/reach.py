"""How far the camera can travel.

Blender draws nothing nearer to a camera than a fixed distance, and places far from the world's
origin are coarse.
"""

from __future__ import annotations

import math

import bpy

from .finding import stops_of

# The least ``clip_start`` that Blender takes, in units of the scene.
NEAREST = 1e-6
# Magnification times distance from the world's origin, in widths of level 0: single precision then
# misses a quarter of a pixel in a frame 1000 wide.
_MOST_AWAY = 2.0**12
# Octaves that are left where nobody has chosen: things before the picture and their shadows want
# room.
_COMFORT = 3.75


def travel_octaves(root: bpy.types.Object, camera: bpy.types.Object) -> float:
    """The zoom in octaves at which what fills a travelling camera's frame is as near as it can see.

    That lies lens / sensor width of its own widths away. Renders go black within 2 octaves more.
    """
    size = sum(root.matrix_world.to_scale()) / 3.0
    distance = size * camera.data.lens / camera.data.sensor_width
    return math.log2(distance / NEAREST) if distance > 0.0 else 0.0


def coarse_octaves(away: float, size: float = 1.0) -> float:
    """The zoom in octaves from which on a travelling camera's place is too coarse.

    Args:
        away: of the zoom from the world's origin, in units of the scene.
        size: of level 0, in units of the scene.
    """
    return math.log2(_MOST_AWAY * max(size, NEAREST) / away) if away > 0.0 else math.inf


def travels_well(deepest: float, lens: float, sensor_width: float, away: float) -> bool:
    """Whether a zoom of 1 unit is best shown by a camera that travels.

    Args:
        deepest: its octaves.
        lens, sensor_width: of the camera.
        away: of the zoom from the world's origin, in units of the scene.
    """
    reach = min(math.log2(lens / sensor_width / NEAREST), coarse_octaves(away))
    return deepest <= reach - _COMFORT


def why_not_travel(root: bpy.types.Object, camera: bpy.types.Object) -> str:
    """Why the camera cannot travel through all of a zoom; empty when it can."""
    deepest, reach = stops_of(root)[-1], travel_octaves(root, camera)
    if deepest > reach:
        return (
            f"This zoom is {deepest:.1f} octaves deep, and a travelling camera sees {reach:.1f}: "
            "let the world grow"
        )
    matrix = root.matrix_world
    coarse = coarse_octaves(matrix.translation.length, sum(matrix.to_scale()) / 3.0)
    if deepest > coarse:
        return (
            f"This zoom is {deepest:.1f} octaves deep, and so far from the world's origin a "
            f"travelling camera is exact for {max(coarse, 0.0):.1f}: let the world grow"
        )
    return ""
