"""Where a zoom has room beside others: none is to lie in what another one's camera looks through.

Each zoom takes two boxes in its root's own space, in which level 0 is 1 wide: what its camera sees,
and what it shows. Where the world grows, its pictures come to lie far beyond the view.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import bpy
from mathutils import Matrix, Vector

from . import keys
from .extent import Box
from .finding import camera_of, parts, stops_of
from .planes import OCTAVES_UNTIL_HIDDEN
from .rig import PLANE_SPACING
from .spaces import own_octaves

# The artist may take a lens so many times as long, and the camera then stands further off.
_LONGER_LENS = 3.0
# Between zooms that stand side by side, in widths of the wider one.
_GAP = 0.25
_MOST_STEPS = 16
_TOUCH = 1e-4  # single precision tells no less in boxes as large as these


@dataclass(frozen=True)
class Room:
    """The space of one zoom.

    Attributes:
        matrix: of its root in the world.
        view: what its camera looks through until it meets the picture.
        shown: what other cameras see of it.
    """

    matrix: Matrix
    view: Box
    shown: Box


def room_of(root: bpy.types.Object, both_rigs: bool) -> Room:
    """The space that a zoom takes at any zoom.

    Args:
        both_rigs: also after its rig is switched; otherwise in the present one.
    """
    corners = [
        vertex.co for plane in parts(root, keys.ROLE_PLANE) for vertex in plane.data.vertices
    ]
    corners.append(Vector((0.0, 0.0, 0.0)))
    low = Vector((min(c.x for c in corners), min(c.y for c in corners), 0.0))
    high = Vector((max(c.x for c in corners), max(c.y for c in corners), 0.0))
    levels = parts(root, keys.ROLE_LEVEL)
    widest = min((own_octaves(root, level) for level in levels), default=0.0)
    grows = both_rigs or root.get(keys.TRAVEL, 1.0) < 0.5
    octaves = min(stops_of(root)[-1] - widest, OCTAVES_UNTIL_HIDDEN) if grows else -widest
    scale = 2.0**octaves
    back = Vector((0.0, 0.0, -PLANE_SPACING * scale))
    distance = _distance(root)
    return Room(
        world_of(root),
        Box(low + back, high + Vector((0.0, 0.0, _LONGER_LENS * distance))),
        # Things stand before the pictures, and not before the camera.
        Box(low * scale + back, high * scale + Vector((0.0, 0.0, distance))),
    )


def world_of(root: bpy.types.Object) -> Matrix:
    """A root's place in the world; of one that hangs nowhere also before Blender has updated it."""
    return (root.matrix_world if root.parent is not None else root.matrix_basis).copy()


def _distance(root: bpy.types.Object) -> float:
    """Of the camera from the picture in view, in its widths, at most."""
    camera = camera_of(root)
    if camera is None or camera.data is None:
        return 1.0
    return float(camera.data.lens / camera.data.sensor_width)


def disturbed(
    root: bpy.types.Object, others: Iterable[bpy.types.Object], both_rigs: bool = False
) -> list[bpy.types.Object]:
    """Which of the other zooms lie in this one's view, or have it in theirs."""
    room = room_of(root, both_rigs)
    return [other for other in others if other != root and _meet(room, room_of(other, both_rigs))]


def switch_rig(
    root: bpy.types.Object, travels: bool, others: Iterable[bpy.types.Object]
) -> list[bpy.types.Object]:
    """Let the camera travel, or the world grow past it; the picture stays the same.

    Returns:
        the other zooms that are in the way then.
    """
    root[keys.TRAVEL] = 1.0 if travels else 0.0
    root.update_tag()
    return disturbed(root, others)


def move_apart(root: bpy.types.Object, others: Sequence[bpy.types.Object]) -> bool:
    """Put a zoom where it and the others are out of one another's view, in either rig.

    It goes to the side and towards its camera, so that a front view shows all side by side.

    Returns:
        False where there is no such place near by; the zoom then stays.
    """
    room = room_of(root, both_rigs=True)
    rooms = [room_of(other, both_rigs=True) for other in others if other != root]
    for offset in _offsets([room, *rooms], room.matrix):
        moved = Room(Matrix.Translation(offset) @ room.matrix, room.view, room.shown)
        if not any(_meet(moved, other) for other in rooms):
            _move(root, moved.matrix)
            return True
    return False


def _move(root: bpy.types.Object, matrix: Matrix) -> None:
    if root.parent is None:
        root.location = matrix.translation
    else:
        root.matrix_world = matrix


def _offsets(rooms: Sequence[Room], matrix: Matrix) -> Iterator[Vector]:
    """Steps in the world from a zoom's place, the nearest first."""
    turn = matrix.to_quaternion()
    scales = [max(room.matrix.to_scale()) for room in rooms]
    across = max(scale * room.view.size.x for room, scale in zip(rooms, scales, strict=True))
    forth = max(scale * room.view.size.z for room, scale in zip(rooms, scales, strict=True))
    for ring in range(1, _MOST_STEPS + 1):
        steps = [
            (x, z)
            for x, z in product(range(-ring, ring + 1), repeat=2)
            if max(abs(x), abs(z)) == ring
        ]
        # The diagonal to the right and towards the camera comes first.
        for x, z in sorted(steps, key=lambda step: (step[0] != step[1], -step[1], -step[0])):
            yield turn @ Vector(
                (x * (1.0 + _GAP) * across, 0.0, z * (1.0 + _TOUCH) * forth + z * _TOUCH)
            )


def _meet(first: Room, second: Room) -> bool:
    return _touch(
        _points(first.matrix, first.view), _points(second.matrix, second.shown)
    ) or _touch(_points(second.matrix, second.view), _points(first.matrix, first.shown))


def _points(matrix: Matrix, box: Box) -> list[Vector]:
    """The corners of a box, in the world; the first and its neighbours at 1, 2 and 4."""
    sides = ((box.low.x, box.high.x), (box.low.y, box.high.y), (box.low.z, box.high.z))
    return [matrix @ Vector((x, y, z)) for z in sides[2] for y in sides[1] for x in sides[0]]


def _touch(first: list[Vector], second: list[Vector]) -> bool:
    """Whether two boxes, turned as they may be, have a place in common: no axis parts them."""
    edges = [[points[n] - points[0] for n in (1, 2, 4)] for points in (first, second)]
    faces = [own[a].cross(own[b]) for own in edges for a, b in ((0, 1), (1, 2), (2, 0))]
    crossings = [one.cross(other) for one in edges[0] for other in edges[1]]
    for axis in (*faces, *crossings):
        if axis.length == 0.0:
            continue
        unit = axis.normalized()
        spans = [[unit.dot(point) for point in points] for points in (first, second)]
        if max(spans[0]) < min(spans[1]) or max(spans[1]) < min(spans[0]):
            return False
    return True
