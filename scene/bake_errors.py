"""How far baked keys lie from the zoom that they were made of, between the keys, in pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
from mathutils import Euler, Matrix

from . import keys
from .bake_channels import Channel
from .bake_keys import value_between

#: The width of the frame in which errors are told.
PIXELS = 1920.0
_SCALE = "scale"


@dataclass(frozen=True)
class _View:
    """Where the picture in view lies in one moment.

    Attributes:
        key, share: the moment: after which key, and which part of the way to the next one.
        level: its Empty.
        scale: of the Empty.
        world: the Empty's place; plane: that of its picture within it.
        corners: of the picture in the frame, in pixels from its middle.
        per_side: pixels for what is as wide as it is far away; negative of a camera without
            perspective: for what is 1 m wide.
    """

    key: int
    share: float
    level: bpy.types.Object
    scale: tuple[float, ...]
    world: Matrix
    plane: Matrix
    corners: list[tuple[float, float]]
    per_side: float


class Errors:
    """Compares moments between keys.

    Args:
        planes: the pictures of the zoom.
        place: channels of the camera's place in the world.
        channels: all others that get keys.
    """

    def __init__(
        self,
        camera: bpy.types.Object,
        planes: Iterable[bpy.types.Object],
        place: Sequence[Channel],
        channels: Iterable[Channel],
    ) -> None:
        self._camera, self._place = camera, place
        self._planes = [
            each for each in planes if each.parent is not None and keys.OWN_OCTAVES in each.parent
        ]
        self._corners = {
            each: [vertex.co.copy() for vertex in each.data.vertices][:4] for each in self._planes
        }
        self._scales: dict[tuple[Any, int], Channel] = {
            (each.owner.holder, each.index): each for each in channels if each.path == _SCALE
        }
        self._waiting: list[_View] = []
        self.worst = 0.0

    def note(self, graph: bpy.types.Depsgraph, key: int, share: float) -> None:
        """Note the view that a dependency graph shows, part of the way from a key to the next."""
        seen = self._camera.evaluated_get(graph)
        data, zoom = seen.data, float(seen.get(keys.ZOOM, 0.0))
        if not self._planes:
            return
        plane = min(self._planes, key=lambda each: abs(float(each.parent[keys.OWN_OCTAVES]) - zoom))
        level = plane.parent.evaluated_get(graph)
        world = level.matrix_world.copy()
        inside = plane.matrix_parent_inverse @ plane.matrix_basis
        location, turn, _ = seen.matrix_world.decompose()
        per_side = PIXELS * data.lens / data.sensor_width
        if data.type == "ORTHO":
            per_side = -PIXELS / data.ortho_scale
        corners = self._in_frame(plane, world @ inside, location, turn.to_matrix(), per_side)
        if corners is not None:
            scale = tuple(level.scale)
            self._waiting.append(_View(key, share, plane, scale, world, inside, corners, per_side))

    def compare(self) -> None:
        """Compare what was noted, where the next key is known."""
        for view in self._waiting:
            self.worst = max(self.worst, self._error(view))
        self._waiting.clear()

    def _error(self, view: _View) -> float:
        grown = []
        for axis in range(3):
            channel = self._scales.get((view.level.parent, axis))
            was = view.scale[axis]
            now = was if channel is None else value_between(channel, view.key, view.share)
            grown.append(now / was if was else 1.0)
        world = view.world @ Matrix.Diagonal((*grown, 1.0))
        there = [value_between(each, view.key, view.share) for each in self._place[:6]]
        turn = Euler(there[3:], "XYZ").to_matrix()
        corners = self._in_frame(view.level, world @ view.plane, there[:3], turn, view.per_side)
        if corners is None:
            return 0.0
        # What lies outside of the frame errs as much less within as it is farther from the middle.
        return max(
            math.dist(was, now) / max(1.0, math.hypot(*was) / (PIXELS / 2.0))
            for was, now in zip(view.corners, corners, strict=True)
        )

    def _in_frame(
        self,
        plane: bpy.types.Object,
        world: Matrix,
        location: Sequence[float],
        turn: Matrix,
        per_side: float,
    ) -> list[tuple[float, float]] | None:
        """None where something of it is not before the camera."""
        found = []
        for corner in self._corners[plane]:
            place = world @ corner
            away = [place[axis] - location[axis] for axis in range(3)]
            x, y, z = (sum(turn[row][axis] * away[row] for row in range(3)) for axis in range(3))
            if z >= 0.0:
                return None
            away_or_one = -z if per_side > 0.0 else 1.0
            found.append((x / away_or_one * abs(per_side), y / away_or_one * abs(per_side)))
        return found
