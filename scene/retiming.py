"""The way that a zoom's root remembers, and the frames that it comes to."""

from __future__ import annotations

import math

import bpy

from . import keys
from .camera import zoom_curve
from .finding import camera_of, stops_of, turn_of
from .way import LEGS, Schedule, Way, plan

# Frames that single precision may add far away.
_SINGLE = 0.07


def frames_per_second(scene: bpy.types.Scene) -> float:
    """The scene's frame rate."""
    return scene.render.fps / scene.render.fps_base


def way_of(root: bpy.types.Object) -> Way:
    """The way that the zoom was last timed for."""
    hold = float(root.get(keys.HOLD_SECONDS, 0.0))
    direction = str(root.get(keys.DIRECTION, "IN"))
    return Way(
        stops=tuple(stops_of(root)),
        start=float(root.get(keys.START_FRAME, 1.0)),
        fps=float(root.get(keys.FPS, 24.0)),
        per_octave=float(root.get(keys.SECONDS_PER_OCTAVE, 1.0)),
        hold=hold,
        hold_end=float(root.get(keys.HOLD_END_SECONDS, hold)),
        ease_in=float(root.get(keys.EASE_IN, 0.0)),
        ease_out=float(root.get(keys.EASE_OUT, 0.0)),
        direction=direction if direction in LEGS else "IN",
        whole_frames=bool(root.get(keys.WHOLE_FRAMES, False)),
        turns=turn_of(root) is not None,
    )


def present_schedule(root: bpy.types.Object) -> Schedule:
    """The frames that the zoom was last timed for."""
    return plan(way_of(root))


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


def store_way(root: bpy.types.Object, way: Way) -> None:
    """Remember a way; what it does not need stays away, as in zooms of before."""
    was = way_of(root)
    store_timing(root, way.start, way.fps, way.per_octave, way.hold)
    if keys.HOLD_END_SECONDS in root or way.hold_end != root[keys.HOLD_SECONDS]:
        root[keys.HOLD_END_SECONDS] = float(way.hold_end) if turn_of(root) is None else 0.0
    for name, value, before in (
        (keys.EASE_IN, way.ease_in, was.ease_in),
        (keys.EASE_OUT, way.ease_out, was.ease_out),
        (keys.DIRECTION, way.direction, was.direction),
        (keys.WHOLE_FRAMES, way.whole_frames, was.whole_frames),
    ):
        if name in root or value != before:
            root[name] = value


def present_range(root: bpy.types.Object) -> tuple[float, float]:
    """The zoom's first and last frame: by its way, or by its curve where that is another one."""
    way, made = way_of(root), present_schedule(root)
    camera = camera_of(root)
    curve = zoom_curve(camera) if camera is not None else None
    frames = [point.co[0] for point in curve.keyframe_points] if curve is not None else []
    if curve is None or not frames or any(each.type == "CYCLES" for each in curve.modifiers):
        return made.start, made.end
    back = len(way.legs) > 1 and not way.repeats
    first, last = frames[0], frames[-1] + (way.hold if back else way.hold_end) * way.fps
    if abs(last - made.end) < _SINGLE:
        last = made.end
    return min(made.start, first), last


def range_follows(scene: bpy.types.Scene, root: bpy.types.Object) -> bool:
    """Whether the scene's frame range is the zoom's."""
    start, end = present_range(root)
    return abs(scene.frame_start - start) < 1.0 and abs(scene.frame_end - end) < 1.5


def fit_range(scene: bpy.types.Scene, root: bpy.types.Object) -> None:
    """Make a scene's frame range a zoom's; the present frame stays."""
    start, end = present_range(root)
    scene.frame_start = math.floor(start)
    scene.frame_end = max(scene.frame_start + 1, math.ceil(end - 1e-6))
