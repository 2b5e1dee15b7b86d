"""Between a 3D view and the pictures of a zoom: which one a pixel shows, and where in it.

Places in a picture are in its own width and height, 0-1, y *down*, as a focus counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from ..engine.contract.geometry import MAX_ZOOM_FACTOR, Place, opacity
from . import keys
from .finding import camera_of, octaves_of, parts, turn_of

#: A smaller step is none that one would draw.
LEAST_FACTOR = 1.1
# A level that is fainter shows less than what lies behind it.
_VISIBLE = 0.5
# A focus is rounded on its way into a job, and no footprint may leave its picture by that.
_MARGIN = 5e-6

Point = tuple[float, float]
_Row = tuple[float, float, float]


@dataclass(frozen=True)
class Projection:
    """How a level's picture lies in a region of a 3D view: a plane seen in perspective, or not.

    Attributes:
        rows: (x, y, w), each as its factors of (across, down, 1) in the picture; x/w and y/w go
            from -1 to 1 over the region.
        width, height: of the region, in pixels.
    """

    rows: tuple[_Row, _Row, _Row]
    width: float
    height: float

    def to_picture(self, at: Point) -> Point | None:
        """The place in the picture, beyond 0-1 beside it, that a pixel shows (y up, as regions
        have it); None where it looks past the picture's plane or sees its back.
        """
        x, y, w = self.rows
        across = 2.0 * at[0] / self.width - 1.0
        up = 2.0 * at[1] / self.height - 1.0
        place = _cross(_minus(x, w, across), _minus(y, w, up))
        if place[2] == 0.0:
            return None
        point = (place[0] / place[2], place[1] / place[2])
        nearness = _dot(w, (*point, 1.0))
        # Down and across are turned the other way round in a region, where y goes up.
        facing = -_dot(x, _cross(y, w))
        return point if nearness > 0.0 and facing > 0.0 else None

    def to_region(self, place: Point) -> Point | None:
        """The pixel that shows a place in the picture; None where it lies behind the viewer."""
        x, y, w = (_dot(row, (*place, 1.0)) for row in self.rows)
        if w <= 0.0:
            return None
        return (x / w + 1.0) * self.width / 2.0, (y / w + 1.0) * self.height / 2.0


@dataclass(frozen=True)
class Shown:
    """A level that a zoom shows now.

    Attributes:
        number: of the level, from 0; a loop may show one more than once.
        plane: the name of the object with its picture.
    """

    number: int
    plane: str


def project(
    plane: bpy.types.Object, region: bpy.types.Region, view: bpy.types.RegionView3D
) -> Projection | None:
    """How a level's picture is seen; None where its mesh is none of ours any more.

    Args:
        region: its width and height are used.
        view: its perspective matrix is used.
    """
    vertices = plane.data.vertices
    if len(vertices) != 4:
        return None
    matrix = view.perspective_matrix @ plane.matrix_world
    seen = [matrix @ vertices[number].co.to_4d() for number in (3, 2, 0)]
    top_left, top_right, bottom_left = seen
    x, y, w = (
        (
            top_right[axis] - top_left[axis],
            bottom_left[axis] - top_left[axis],
            top_left[axis],
        )
        for axis in (0, 1, 3)
    )
    return Projection((x, y, w), region.width, region.height)


def shown_levels(
    root: bpy.types.Object,
    layer: bpy.types.ViewLayer | None = None,
    space: bpy.types.SpaceView3D | None = None,
) -> list[Shown]:
    """The levels that can be seen at the camera's present zoom, deepest first.

    A level that is not yet faded in is none of them, nor is one that is hidden in the view layer or
    the 3D view.
    """
    camera = camera_of(root)
    if camera is None:
        return []
    zoom, fade = float(camera[keys.ZOOM]), float(root.get(keys.FADE, 0.0))
    octaves, turn = octaves_of(root), turn_of(root)

    def at(index: int) -> float:
        lap, number = divmod(index, len(octaves))
        return octaves[number] + lap * (turn or 0.0)

    planes = parts(root, keys.ROLE_PLANE)
    indices = [int(plane.get(keys.INDEX, 0)) for plane in planes]
    found = []
    for plane, index in zip(planes, indices, strict=True):
        if turn is None and not 0 <= index < len(octaves):
            continue
        if index > min(indices):
            parent, own = at(index - 1), at(index)
            hidden = turn is not None and zoom <= parent
            if hidden or opacity(zoom, parent, own, fade) < _VISIBLE:
                continue
        if plane.visible_get(view_layer=layer, viewport=space):
            found.append(Shown(index % len(octaves), plane.name))
    return found[::-1]


def pick(
    levels: Sequence[Shown], region: bpy.types.Region, view: bpy.types.RegionView3D, at: Point
) -> tuple[Shown, Point] | None:
    """The first of these levels whose picture a pixel shows, and the place in it; None beside it.

    Args:
        levels: deepest first.
        at: in the region's pixels, y up.
    """
    for level in levels:
        plane = bpy.data.objects.get(level.plane)
        projection = project(plane, region, view) if plane is not None else None
        place = projection.to_picture(at) if projection is not None else None
        if place is not None and all(0.0 <= value <= 1.0 for value in place):
            return level, place
    return None


def rectangle(start: Point, end: Point) -> Place:
    """The place for a level that a drag from one place to another in a picture means.

    It has the picture's shape, begins at ``start`` and never leaves the picture; its size stays
    within the zoom factors that are possible.
    """
    ways = [b - a for a, b in zip(start, end, strict=True)]
    rooms = [1.0 - a if way >= 0.0 else a for a, way in zip(start, ways, strict=True)]
    size = min(max(map(abs, ways)), *rooms)
    size = min(max(size, 1.0 / MAX_ZOOM_FACTOR), 1.0 / LEAST_FACTOR)
    x, y = (a + (size if way >= 0.0 else -size) / 2.0 for a, way in zip(start, ways, strict=True))
    return inside(Place(x, y, size))


def inside(place: Place) -> Place:
    """The same, moved so that it does not leave its picture."""
    half = min(place.size / 2.0 + _MARGIN, 0.5)
    x, y = (min(max(value, half), 1.0 - half) for value in (place.x, place.y))
    return Place(x, y, place.size)


def corners(place: Place) -> list[Point]:
    """The corners of a place, once round."""
    half = place.size / 2.0
    return [
        (place.x + across * half, place.y + down * half)
        for across, down in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Sequence[float], b: Sequence[float]) -> _Row:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _minus(a: _Row, b: _Row, times: float) -> _Row:
    return (a[0] - times * b[0], a[1] - times * b[1], a[2] - times * b[2])
