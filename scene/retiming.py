"""Change the zoom's timing, or its levels, and carry everyone's keys along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from . import keys
from .camera import zoom_curve
from .finding import camera_of, stops_of, turn_of
from .timing import Schedule, loop_schedule, remap, schedule


def frames_per_second(scene: bpy.types.Scene) -> float:
    """The scene's frame rate."""
    return scene.render.fps / scene.render.fps_base


def present_schedule(root: bpy.types.Object) -> Schedule:
    """The frames that the zoom was last timed for."""
    stops = stops_of(root)
    start = float(root.get(keys.START_FRAME, 1.0))
    fps = float(root.get(keys.FPS, 24.0))
    per_octave = float(root.get(keys.SECONDS_PER_OCTAVE, 1.0))
    if turn_of(root) is not None:
        return loop_schedule(stops, start, fps, per_octave)
    return schedule(stops, start, fps, per_octave, float(root.get(keys.HOLD_SECONDS, 0.0)))


def store_timing(
    root: bpy.types.Object, start: float, fps: float, per_octave: float, hold: float
) -> None:
    """Remember the durations, in seconds, and the frame rate that the keys were placed for.

    A loop has no ends to rest at: its hold is 0.
    """
    root[keys.START_FRAME] = float(start)
    root[keys.FPS] = float(fps)
    root[keys.SECONDS_PER_OCTAVE] = float(per_octave)
    root[keys.HOLD_SECONDS] = float(hold) if turn_of(root) is None else 0.0


def range_follows(scene: bpy.types.Scene, root: bpy.types.Object) -> bool:
    """Whether the scene's frame range is the zoom's."""
    plan = present_schedule(root)
    return abs(scene.frame_start - plan.start) < 1.0 and abs(scene.frame_end - plan.end) < 1.5


def retime(root: bpy.types.Object, fps: float, per_octave: float, hold: float) -> Schedule:
    """Re-map all keys of the zoom, the artist's own too, to new durations; returns the frames.

    Args:
        fps: frames in a second of the scene that shows the zoom.
        per_octave: seconds.
        hold: seconds at each end; without meaning in a loop.
    """
    old = present_schedule(root)
    store_timing(root, old.start, fps, per_octave, hold)
    new = present_schedule(root)
    camera = camera_of(root)
    curve = zoom_curve(camera) if camera is not None else None
    if curve is not None:
        stops = stops_of(root)
        move_keys(curve, _anchors(old), _anchors(new), stops, stops)
    return new


def move_keys(
    curve: Any,
    old_frames: Sequence[float],
    new_frames: Sequence[float],
    old_values: Sequence[float],
    new_values: Sequence[float],
) -> None:
    """Carry keys and handles from old anchors to new ones, piecewise, in time and in value."""

    def moved(point: Sequence[float]) -> tuple[float, float]:
        return (
            remap(point[0], old_frames, new_frames),
            remap(point[1], old_values, new_values),
        )

    for key in curve.keyframe_points:
        left, centre, right = key.handle_left[:], key.co[:], key.handle_right[:]
        key.co = moved(centre)
        key.handle_left = moved(left)
        key.handle_right = moved(right)
    curve.update()


def _anchors(plan: Schedule) -> list[float]:
    # A loop's keys begin and end its turn by themselves.
    return [plan.start, *plan.keys, max(plan.end, plan.keys[-1])]
