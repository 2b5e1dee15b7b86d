"""The way that a zoom's root remembers, and the frames that it comes to."""

from __future__ import annotations

import math
from dataclasses import replace

import bpy

from . import keys
from .finding import stops_of, turn_of
from .way import LEGS, Schedule, Way, plan

_USUAL_FPS = 24.0
_NUMBERS = ("start", "fps", "per_octave", "hold", "hold_end", "ease_in", "ease_out")


def frames_per_second(scene: bpy.types.Scene) -> float:
    """The scene's frame rate."""
    return scene.render.fps / scene.render.fps_base


def way_of(root: bpy.types.Object) -> Way:
    """The way that the zoom was last timed for; what is no number any more counts as usual."""
    hold = max(_number(root, keys.HOLD_SECONDS, 0.0), 0.0)
    direction = str(root.get(keys.DIRECTION, "IN"))
    fps = _number(root, keys.FPS, _USUAL_FPS)
    return Way(
        stops=tuple(stops_of(root)),
        start=_number(root, keys.START_FRAME, 1.0),
        fps=fps if fps > 0.0 else _USUAL_FPS,
        per_octave=_number(root, keys.SECONDS_PER_OCTAVE, 1.0),
        hold=hold,
        hold_end=max(_number(root, keys.HOLD_END_SECONDS, hold), 0.0),
        ease_in=max(_number(root, keys.EASE_IN, 0.0), 0.0),
        ease_out=max(_number(root, keys.EASE_OUT, 0.0), 0.0),
        direction=direction if direction in LEGS else "IN",
        whole_frames=bool(root.get(keys.WHOLE_FRAMES, False)),
        turns=turn_of(root) is not None,
    )


def _number(root: bpy.types.Object, name: str, usual: float) -> float:
    value = root.get(name, usual)
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else usual


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
    """Remember a way; what it does not need stays away, as in zooms of before.

    What is no number (a field takes "nan") stays as it was.
    """
    was = way_of(root)
    wrong = [name for name in _NUMBERS if not math.isfinite(getattr(way, name))]
    way = replace(way, **{name: getattr(was, name) for name in wrong})
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
