"""The way that a zoom's root remembers, and the frames that it comes to."""

from __future__ import annotations

import bpy

from . import keys
from .finding import stops_of, turn_of
from .way import LEGS, Schedule, Way, plan


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
