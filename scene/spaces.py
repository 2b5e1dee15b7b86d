"""Where things lie in a level's own space, told without the zoom's present scale.

In that space the level's picture is 1 wide and faces +Z, and the zoom's limit point is the origin.
A level that is far from the view has a scale that single precision cannot undo, so places are
worked out along the objects' own transforms, and a scale is kept as an exponent of 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import bpy
from mathutils import Matrix, Vector

from . import keys
from .finding import camera_of, octaves_of, parts, turn_of
from .rig import MAX_EXPONENT

#: An upright thing of the world, as a picture has it: what it shows to the front view faces +Z.
UPRIGHT = Matrix.Rotation(-math.pi / 2, 4, "X")


@dataclass(frozen=True)
class Placed:
    """Where the parent's side of an object lies: what its own location, rotation and scale are in.

    Attributes:
        matrix: in the space of a level, or of the world.
        level: that level; None in the world.
    """

    matrix: Matrix
    level: bpy.types.Object | None


def level_above(item: bpy.types.Object) -> bpy.types.Object | None:
    """The level's Empty that an object hangs on, however indirectly."""
    above = item.parent
    while above is not None and above.get(keys.ROLE) != keys.ROLE_LEVEL:
        above = above.parent
    return above


def placed(item: bpy.types.Object) -> Placed:
    """What an object's own transform is in."""
    matrix, above = item.matrix_parent_inverse.copy(), item.parent
    if above is None:
        return Placed(Matrix(), None)
    while above is not None and above.get(keys.ROLE) != keys.ROLE_LEVEL:
        side = above.matrix_parent_inverse if above.parent is not None else Matrix()
        matrix = side @ above.matrix_basis @ matrix
        above = above.parent
    return Placed(matrix, above)


def below(item: bpy.types.Object) -> list[bpy.types.Object]:
    """An object and everything that hangs on it."""
    return [item, *item.children_recursive]


def twins_of(thing: bpy.types.Object) -> list[bpy.types.Object]:
    """What a loop shows of a thing once more, without that of what hangs on it."""
    return [item for item in bpy.data.objects if item.get(keys.TWIN_OF) == thing]


def matrix_in(item: bpy.types.Object, top: bpy.types.Object) -> Matrix:
    """An object's place relative to what ``top``'s own transform is in; it is ``top`` or below."""
    matrix = item.matrix_basis.copy()
    while item != top:
        matrix = item.parent.matrix_basis @ item.matrix_parent_inverse @ matrix
        item = item.parent
    return matrix


def own_octaves(root: bpy.types.Object, level: bpy.types.Object) -> float:
    """The zoom at which a level, or what a loop shows of it once more, is the view."""
    octaves = octaves_of(root)
    index = int(level.get(keys.INDEX, 0))
    lap, number = divmod(index, len(octaves))
    return octaves[number] + lap * (turn_of(root) or 0.0)


def level_of(root: bpy.types.Object, number: int) -> bpy.types.Object | None:
    """The Empty of a level, counted from 0; None where it was deleted."""
    found = (each for each in parts(root, keys.ROLE_LEVEL) if each.get(keys.INDEX) == number)
    return next(found, None)


def number_of(root: bpy.types.Object, level: bpy.types.Object) -> int:
    """Which level an Empty is, counted from 0; what a loop shows again is the same level."""
    return int(level.get(keys.INDEX, 0)) % len(octaves_of(root))


def exponent_of(root: bpy.types.Object, level: bpy.types.Object | None) -> float:
    """A space's scale as it is seen at present: an exponent of 2, in widths of the view of zoom 0.

    Args:
        level: None: the world, whose scale follows the zoom where the world grows.
    """
    if level is not None:
        return -own_octaves(root, level)
    camera = camera_of(root)
    zoom = float(camera.get(keys.ZOOM, 0.0)) if camera is not None else 0.0
    return -zoom * (1.0 - min(max(float(root.get(keys.TRAVEL, 1.0)), 0.0), 1.0))


def scaled(exponent: float) -> Matrix:
    """A scale of 2 to some exponent, kept within what single precision can hold."""
    return Matrix.Scale(2.0 ** min(max(exponent, -MAX_EXPONENT), MAX_EXPONENT), 4)


def centre_of(root: bpy.types.Object, level: bpy.types.Object) -> Vector:
    """The middle of a level's picture in the level's space; the limit point without a picture."""
    corners = corners_of(root, level)
    return sum(corners, Vector((0.0, 0.0, 0.0))) / max(len(corners), 1)


def corners_of(root: bpy.types.Object, level: bpy.types.Object) -> list[Vector]:
    """The corners of a level's picture in the level's space; none where it is no rectangle."""
    index = level.get(keys.INDEX)
    for plane in parts(root, keys.ROLE_PLANE):
        if plane.get(keys.INDEX) == index and len(plane.data.vertices) == 4:
            return [vertex.co.copy() for vertex in plane.data.vertices]
    return []


def focus_of(root: bpy.types.Object, level: bpy.types.Object) -> Vector:
    """Where the next level lies in a level's space; of the deepest one the limit point."""
    deeper = level_of(root, int(level.get(keys.INDEX, 0)) + 1)
    if deeper is None:
        return Vector((0.0, 0.0, 0.0))
    ratio = 2.0 ** (own_octaves(root, level) - own_octaves(root, deeper))
    return centre_of(root, deeper) * ratio
