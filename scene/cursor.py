"""Where the 3D cursor is seen in a zoom."""

from __future__ import annotations

import bpy
from mathutils import Vector

from .finding import camera_of
from .spaces import centre_of, corners_of, exponent_of, own_octaves

_BORDER = 1e-4  # in widths of a picture: single precision is no finer in the world


def cursor_in(
    root: bpy.types.Object, level: bpy.types.Object, scene: bpy.types.Scene
) -> Vector | None:
    """The place of a level, in its space, that the zoom's camera sees behind the 3D cursor.

    None where that is beside the level's picture, or the cursor is behind the camera.
    """
    camera = camera_of(root)
    if camera is None:
        return None
    into = root.matrix_world.inverted_safe()
    eye, cursor = into @ camera.matrix_world.translation, into @ scene.cursor.location
    if cursor.z >= eye.z:
        return None
    seen = eye + (cursor - eye) * (eye.z / (eye.z - cursor.z))
    ratio = 2.0 ** (exponent_of(root, None) + own_octaves(root, level))
    place = Vector((seen.x * ratio, seen.y * ratio, 0.0))
    middle, half = centre_of(root, level), _half_size(root, level)
    beside = any(abs(place[axis] - middle[axis]) > half[axis] + _BORDER for axis in (0, 1))
    return None if beside else place


def _half_size(root: bpy.types.Object, level: bpy.types.Object) -> tuple[float, float]:
    ups = [corner.y for corner in corners_of(root, level)]
    return 0.5, (max(ups) - min(ups)) / 2 if ups else 0.5
