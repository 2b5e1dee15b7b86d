"""The camera's keys where levels came, went or moved: as they were made, or carried along."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from typing import Any

import bpy

from . import keys
from .camera import zoom_curve
from .finding import stops_of, turn_of
from .markers import refresh_markers
from .retiming import move_keys, present_schedule, range_follows
from .timing import Schedule

_SAME_FRAME = 0.01
_SAME_VALUE = 1e-3


class Followed:
    """What goes by a zoom's levels in time, as it is before they change.

    Keys that nobody has touched are made anew for the new levels, with the scene's range and
    markers where these were the zoom's. An artist's own keys stay in their frames, and show what
    they showed.
    """

    def __init__(self, root: bpy.types.Object, camera: bpy.types.Object) -> None:
        plan, stops = present_schedule(root), stops_of(root)
        self._stops = stops
        curve = zoom_curve(camera)
        self._turn = turn_of(root)
        self._ours = curve is not None and _as_made(curve, plan, stops, turn_of(root) is not None)
        scenes = [each for each in bpy.data.scenes if each.objects.get(root.name) == root]
        self._ranged = [each for each in scenes if range_follows(each, root)]
        self._marked = [each for each in scenes if root.get(keys.MARKERS)]

    def follow(
        self,
        root: bpy.types.Object,
        camera: bpy.types.Object,
        levels: Sequence[tuple[float, float]],
    ) -> None:
        """Follow the new levels.

        Args:
            levels: the zoom at each level that stays, before and now.
        """
        curve = zoom_curve(camera)
        still = self._stops == stops_of(root) and self._turn == turn_of(root)
        if still:
            curve = None  # not a handle is touched
        if curve is not None and self._ours:
            plan = present_schedule(root)
            _make_anew(curve, plan, stops_of(root), turn_of(root) is not None)
            for scene in self._ranged:
                scene.frame_start = math.floor(plan.start)
                scene.frame_end = max(scene.frame_start + 1, math.ceil(plan.end))
        elif curve is not None and levels:
            turn = turn_of(root)
            ends = [] if self._turn is None or turn is None else [(self._turn, turn)]
            old, new = zip(*_rising(sorted([*levels, *ends])), strict=True)
            move_keys(curve, [0.0], [0.0], old, new)
        for scene in self._marked:
            refresh_markers(scene, root)


def _as_made(curve: Any, plan: Schedule, stops: Sequence[float], repeats: bool) -> bool:
    points = curve.keyframe_points
    kinds = [modifier.type for modifier in curve.modifiers]
    return (
        len(points) == len(stops)
        and kinds == (["CYCLES"] if repeats else [])
        and not curve.mute
        and all(
            point.interpolation == "LINEAR"
            and abs(point.co[0] - frame) < _SAME_FRAME
            and abs(point.co[1] - value) < _SAME_VALUE
            for point, frame, value in zip(points, plan.keys, stops, strict=True)
        )
    )


def _make_anew(curve: Any, plan: Schedule, stops: Sequence[float], repeats: bool) -> None:
    points = curve.keyframe_points
    while len(points) > len(stops):
        points.remove(points[-1], fast=True)
    points.add(len(stops) - len(points))
    for point, frame, value in zip(points, plan.keys, stops, strict=True):
        point.co = (frame, value)
        point.handle_left, point.handle_right = (frame - 1.0, value), (frame + 1.0, value)
        point.interpolation = "LINEAR"
    for modifier in list(curve.modifiers):
        curve.modifiers.remove(modifier)
    if repeats:
        curve.modifiers.new("CYCLES")
    curve.extrapolation = "CONSTANT"
    curve.update()


def _rising(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The most pairs whose second values rise with the first: levels that changed places apart."""
    ends: list[float] = []  # the lowest end of a rising row of each length
    rows: list[list[tuple[float, float]]] = []
    for pair in pairs:
        place = bisect.bisect_left(ends, pair[1])
        row = [*(rows[place - 1] if place else []), pair]
        if place == len(ends):
            ends.append(pair[1])
            rows.append(row)
        else:
            ends[place], rows[place] = pair[1], row
    return rows[-1]
