"""Timeline markers at the levels. They do not follow dragged keys: refresh them."""

from __future__ import annotations

import math

import bpy

from . import keys
from .camera import zoom_curve
from .finding import camera_of, level_titles, octaves_of
from .retiming import present_schedule
from .timing import crossing

MAX_NAME = 40


def level_frames_in_time(root: bpy.types.Object) -> list[float | None]:
    """The frame at which the zoom first reaches each level; None where it never does."""
    camera = camera_of(root)
    curve = zoom_curve(camera) if camera is not None else None
    octaves = octaves_of(root)
    if curve is None or not curve.keyframe_points:
        return [None] * len(octaves)
    ends = [key.co[0] for key in curve.keyframe_points]
    # Not beyond the keys: a loop begins again there.
    frames = {float(f) for f in range(math.ceil(min(ends)), math.floor(max(ends)) + 1)}
    samples = [(frame, curve.evaluate(frame)) for frame in sorted(frames | set(ends))]
    return [crossing(samples, value) for value in octaves]


def refresh_markers(scene: bpy.types.Scene, root: bpy.types.Object) -> int:
    """Put one marker at each level, replacing those put there before; returns their number."""
    remove_markers(scene, root)
    start = present_schedule(root).start
    names = []
    frames = level_frames_in_time(root)
    for number, (title, frame) in enumerate(zip(level_titles(root), frames, strict=False)):
        if frame is None:
            continue
        name = f"{number + 1:02d} {title}"[:MAX_NAME]
        # The widest level is in view from the hold's beginning.
        scene.timeline_markers.new(name, frame=round(start if number == 0 else frame))
        names.append(name)
    root[keys.MARKERS] = "\n".join(names)
    return len(names)


def remove_markers(scene: bpy.types.Scene, root: bpy.types.Object) -> None:
    """Remove the markers that ``refresh_markers`` put there; the artist's own stay."""
    ours = set(str(root.get(keys.MARKERS, "")).split("\n"))
    for marker in list(scene.timeline_markers):
        if marker.name in ours:
            scene.timeline_markers.remove(marker)
