"""Timeline markers at the levels. They do not follow dragged keys: refresh them."""

from __future__ import annotations

import math

import bpy

from . import keys
from .camera import zoom_curve
from .finding import camera_of, level_titles, octaves_of, roots_in
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


def level_frames(root: bpy.types.Object) -> list[int | None]:
    """The whole frame nearest to where the zoom first reaches each level; None where never."""
    return [None if time is None else round(time) for time in level_frames_in_time(root)]


def refresh_markers(scene: bpy.types.Scene, root: bpy.types.Object) -> int:
    """Put one marker at each level, replacing those put there before; returns their number.

    What is right already stays, with its selection and its camera.
    """
    start = present_schedule(root).start
    wanted: dict[str, int] = {}
    frames = level_frames(root)
    ours = _ours(root)
    taken = _taken(scene, root)
    for number, (title, frame) in enumerate(zip(level_titles(root), frames, strict=False)):
        if frame is None:
            continue
        name = _free(f"{number + 1:02d} {title}"[:MAX_NAME], taken)
        # The widest level is in view from the hold's beginning.
        wanted[name] = round(start) if number == 0 else frame
    there: set[str] = set()
    for marker in list(scene.timeline_markers):
        if marker.name in wanted and marker.name not in there and marker.name in ours:
            marker.frame = wanted[marker.name]
            there.add(marker.name)
        elif marker.name in ours:
            scene.timeline_markers.remove(marker)
    for name, frame_of_level in wanted.items():
        if name not in there:
            scene.timeline_markers.new(name, frame=frame_of_level)
    # Another scene that shows the zoom may have markers with names of before.
    others = [each for each in bpy.data.scenes if each != scene and root.name in each.objects]
    kept = {marker.name for each in others for marker in each.timeline_markers} & ours
    root[keys.MARKERS] = "\n".join(dict.fromkeys([*wanted, *sorted(kept)]))
    return len(wanted)


def _ours(root: bpy.types.Object) -> set[str]:
    """Names of the markers that are the zoom's; the artist's own stay."""
    return set(str(root.get(keys.MARKERS, "")).split("\n")) - {""}


def _taken(scene: bpy.types.Scene, root: bpy.types.Object) -> set[str]:
    """Names of markers that are the artist's or another zoom's: ours are known by their names."""
    others = [each for each in roots_in(scene) if each != root]
    names = {marker.name for marker in scene.timeline_markers} - _ours(root)
    return names.union(*map(_ours, others))


def _free(name: str, taken: set[str]) -> str:
    """A name that no marker but ours has."""
    number, free = 1, name
    while free in taken:
        number += 1
        end = f" ({number})"
        free = name[: MAX_NAME - len(end)] + end
    return free
