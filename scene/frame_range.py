"""The frames that a zoom takes, and scenes that have them for their range."""

from __future__ import annotations

import math
from dataclasses import replace

import bpy

from .camera import zoom_curve
from .carrying import rescaled
from .finding import camera_of
from .keying import is_planned
from .retiming import way_of
from .way import plan

Frames = tuple[int, int]  # the first and the last one
_LAST = 1_048_574  # that Blender renders; its first is 0


def frames_of(root: bpy.types.Object, fps: float | None = None) -> Frames:
    """The frames of a zoom: of its way, or of what its curve has become.

    Args:
        fps: as they would be at another frame rate; None: at that for which the zoom is timed.
    """
    way = way_of(root)
    new = way if fps is None else replace(way, fps=fps)
    frames, camera = plan(new), camera_of(root)
    curve = zoom_curve(camera) if camera is not None else None
    if curve is None or not curve.keyframe_points or is_planned(curve, plan(way)):
        return _whole(frames.start, frames.end)
    ends = [key.co[0] for key in curve.keyframe_points]
    if fps is not None:
        ends = [rescaled(way, fps)(end) for end in (min(ends), max(ends))]
    rest = frames.end - frames.curve[-1].frame
    if not any(modifier.type == "CYCLES" for modifier in curve.modifiers):
        rest = max(rest, 0.0)
    return _whole(min(frames.start, *ends), max(ends) + rest)


def range_follows(scene: bpy.types.Scene, root: bpy.types.Object) -> bool:
    """Whether a scene's frame range is the zoom's."""
    start, end = frames_of(root)
    return scene.frame_start == start and abs(scene.frame_end - end) <= 1


def fit_range(scene: bpy.types.Scene, frames: Frames) -> None:
    """Make a scene's frame range a zoom's; the present frame stays."""
    scene.frame_start, scene.frame_end = frames


def _whole(start: float, end: float) -> Frames:
    first = min(max(math.floor(start + 1e-6), 0), _LAST - 1)
    return first, min(max(first + 1, math.ceil(end - 1e-6)), _LAST)
