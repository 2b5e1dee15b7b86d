"""The levels laid onto markers of the timeline, such as the beats of a song."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from . import keys
from .camera import zoom_curve
from .finding import camera_of, roots_in
from .frame_range import frames_of
from .keying import is_as_made, is_driven, lies_on_markers, write_keys
from .markers import names_of_markers, refresh_markers, times_of_levels
from .retiming import present_schedule, way_of
from .way import Key, Schedule, Way
from .way_changes import carry_with_levels


@dataclass(frozen=True)
class Laid:
    """What lies where.

    Attributes:
        between: how many levels lie on no marker, but between two.
        unused: how many markers have no level.
        shared, strips: what stays where it was; see ``way_changes.Changed``.
    """

    between: int
    unused: int
    shared: list[str]
    strips: list[str]


def beats_in(scene: bpy.types.Scene) -> list[int]:
    """The frames of the selected markers, or of all where none is; not of those that show levels.

    From left to right, each once.
    """
    ours = set().union(*(names_of_markers(root) for root in roots_in(scene)))
    own = [marker for marker in scene.timeline_markers if marker.name not in ours]
    selected = [marker for marker in own if marker.select]
    return sorted({marker.frame for marker in selected or own})


def lay_onto(
    root: bpy.types.Object, scene: bpy.types.Scene, frames: Sequence[int], with_range: bool
) -> Laid:
    """Let the zoom reach one level after the other at some frames, at constant speed between.

    What hangs on the zoom is carried along, unless the curve was the artist's own; the markers of
    the levels follow.

    Args:
        frames: rising, two at least. Where they are fewer than the levels, these are spread over
            them; where they are more, the last ones are left.
        with_range: the scene's frame range begins no later and ends with the zoom.
    """
    camera = camera_of(root)
    known = is_as_made(root) or lies_on_markers(root)
    way = way_of(root)
    before = times_of_levels(root) if known else []
    if before and is_as_made(root) and way.repeats:  # which begins again at the end of its way
        before.append(present_schedule(root).curve[-1].frame)
    values = _passages(way)
    chosen = _spread(len(values), len(frames), turn=len(way.stops) - 1)
    used = [float(frame) for frame in frames[: len(chosen)]]
    curve = [Key(frame, values[n], 0.0, False) for frame, n in zip(used, chosen, strict=True)]
    if camera is not None:
        write_keys(camera, Schedule(used[0], tuple(used), used[-1], tuple(curve), False))
        root[keys.ON_MARKERS] = used
    left = carry_with_levels(root, before)
    if with_range:
        scene.frame_start = min(scene.frame_start, int(used[0]))
        scene.frame_end = frames_of(root)[1]
    if root.get(keys.MARKERS):
        refresh_markers(scene, root)
    return Laid(len(values) - len(chosen), len(frames) - len(used), *left)


def is_own(root: bpy.types.Object) -> bool:
    """Whether the zoom's curve is the artist's own, or a driver leads it."""
    camera = camera_of(root)
    there = camera is not None and (zoom_curve(camera) is not None or is_driven(camera))
    return there and not (is_as_made(root) or lies_on_markers(root))


def _passages(way: Way) -> list[float]:
    """The zoom at each stop, in the order in which the way reaches them; the turn comes once."""
    row: list[float] = []
    for sign in way.legs:
        stops = list(way.stops) if sign > 0 else list(reversed(way.stops))
        row += stops[1:] if row else stops
    return row


def _spread(count: int, places: int, turn: int) -> list[int]:
    """Which of so many passages come onto so many places; the way's turn is one of them."""
    if places >= count:
        return list(range(count))
    chosen = [round(place * (count - 1) / (places - 1)) for place in range(places)]
    if turn not in chosen:
        chosen[min(range(1, places), key=lambda place: abs(chosen[place] - turn))] = turn
    return chosen
