"""How large things are: the box around what some objects show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import bpy
from mathutils import Matrix, Vector

from .spaces import below, matrix_in

_SHAPES = {
    "MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD", "VOLUME", "LATTICE",
    "GPENCIL", "GREASEPENCIL", "ARMATURE",
}  # fmt: skip
_UNIT = tuple(Vector(corner) for corner in product((-0.5, 0.5), repeat=3))


@dataclass(frozen=True)
class Box:
    """A box along the axes."""

    low: Vector
    high: Vector

    @property
    def size(self) -> Vector:
        """Along each axis."""
        return self.high - self.low

    @property
    def centre(self) -> Vector:
        """The middle."""
        return (self.low + self.high) / 2


def box_of(placed: Iterable[tuple[bpy.types.Object, Matrix]]) -> Box:
    """The box around some objects and all that hangs on them.

    Without any shape, as of a lamp or an empty, it is 1 wide around the objects.

    Args:
        placed: objects, each with the matrix that its own transform is to be in.
    """
    pairs = list(placed)
    graph = bpy.context.evaluated_depsgraph_get()
    points = [
        matrix @ matrix_in(item, top) @ corner
        for top, matrix in pairs
        for item in below(top)
        for corner in _corners(item, graph)
    ]
    if not points:
        points = [
            (matrix @ item.matrix_basis).translation + corner
            for item, matrix in pairs
            for corner in _UNIT
        ]
    low = Vector(tuple(min(point[axis] for point in points) for axis in range(3)))
    high = Vector(tuple(max(point[axis] for point in points) for axis in range(3)))
    return Box(low, high)


def _corners(item: bpy.types.Object, graph: bpy.types.Depsgraph) -> Iterator[Vector]:
    """Of what an object shows, in its own space."""
    if item.type in _SHAPES:
        corners = [Vector(corner) for corner in item.evaluated_get(graph).bound_box]
        if any((corner - corners[0]).length > 0.0 for corner in corners):
            yield from corners
    elif item.type == "EMPTY" and item.instance_collection is not None:
        offset = Matrix.Translation(-item.instance_collection.instance_offset)
        for each in item.instance_collection.all_objects:
            for corner in _corners(each, graph):
                yield offset @ each.matrix_world @ corner
    elif item.type == "EMPTY" and item.empty_display_type == "IMAGE" and item.data is not None:
        yield from _picture_corners(item)


def _picture_corners(item: bpy.types.Object) -> Iterator[Vector]:
    """Of an Empty that shows a picture, whose longer side is its display size."""
    width, height = (max(side, 1) for side in item.data.size)
    longer, (x, y) = max(width, height), item.empty_image_offset
    for across, up in product((0.0, 1.0), repeat=2):
        place = ((across + x) * width / longer, (up + y) * height / longer, 0.0)
        yield Vector(place) * item.empty_display_size
