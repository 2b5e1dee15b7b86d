"""Timeline markers at the levels. They do not follow dragged keys: refresh them."""

from __future__ import annotations

import math

import bpy

from . import keys
from .camera import zoom_curve
from .finding import camera_of, level_titles, octaves_of, roots_in, turn_of
from .retiming import present_schedule, way_of
from .timing import passages

MAX_NAME = 40
# Frames that are one and the same moment.
_SAME_FRAME = 1e-2


def passages_of(root: bpy.types.Object) -> list[list[float]]:
    """The frames at which the zoom reaches each level, each time that it does, by its curve."""
    camera = camera_of(root)
    curve = zoom_curve(camera) if camera is not None else None
    octaves, turn = octaves_of(root), turn_of(root)
    if curve is None or not curve.keyframe_points:
        return [[] for _ in octaves]
    ends = [key.co[0] for key in curve.keyframe_points]
    first, last = min(ends), max(ends)
    # Not beyond the keys: what repeats begins again there.
    frames = {float(f) for f in range(math.ceil(first), math.floor(last) + 1)}
    samples = [(frame, curve.evaluate(frame)) for frame in sorted(frames | set(ends))]
    values = octaves if turn is None else [*octaves, turn]
    found = passages(samples, values)
    if turn is not None:
        # At a turn's end a loop shows its first level again.
        found[0] = sorted(found[0] + found.pop())
    if any(modifier.type == "CYCLES" for modifier in curve.modifiers) and last > first:
        found = [_without_end(times, first, last) for times in found]
    return found


def _without_end(times: list[float], first: float, last: float) -> list[float]:
    """Without the end of what repeats, which is its beginning."""
    again = any(abs(time - first) < _SAME_FRAME for time in times)
    return [time for time in times if not (again and abs(time - last) < _SAME_FRAME)]


def times_of_levels(root: bpy.types.Object) -> list[float]:
    """When levels are reached, one after the other."""
    return sorted(time for times in passages_of(root) for time in times)


def level_frames_in_time(root: bpy.types.Object) -> list[float | None]:
    """The frame at which the zoom first reaches each level; None where it never does."""
    return [min(times, default=None) for times in passages_of(root)]


def level_frames(root: bpy.types.Object) -> list[int | None]:
    """The whole frame nearest to where the zoom first reaches each level; None where never."""
    return [None if time is None else round(time) for time in level_frames_in_time(root)]


def _wanted(scene: bpy.types.Scene, root: bpy.types.Object) -> dict[str, int]:
    """Names and frames of the levels' markers: one for each time that a level is reached."""
    plan, found, taken = present_schedule(root), passages_of(root), _taken(scene, root)
    outwards = way_of(root).legs[0] < 0
    first = len(found) - 1 if outwards and turn_of(root) is None else 0
    wanted: dict[str, int] = {}
    for number, (title, times) in enumerate(zip(level_titles(root), found, strict=False)):
        for again, time in enumerate(times):
            more = "" if again == 0 else " (back)" if again == 1 else f" ({again + 1})"
            name = _free(f"{number + 1:02d} {title}"[: MAX_NAME - len(more)] + more, taken)
            # What comes first as the way has it is in view from the rest's beginning.
            as_planned = abs(time - plan.keys[number]) < _SAME_FRAME
            rests = number == first and again == 0 and as_planned
            wanted[name] = round(min(plan.start, time) if rests else time)
    return wanted


def refresh_markers(scene: bpy.types.Scene, root: bpy.types.Object) -> int:
    """Put a marker at each level, each time that it is reached, replacing those put there before.

    What is right already stays, with its selection and its camera.

    Returns:
        their number.
    """
    ours = names_of_markers(root)
    wanted = _wanted(scene, root)
    there: set[str] = set()
    for marker in list(scene.timeline_markers):
        if marker.name in wanted and marker.name not in there and marker.name in ours:
            marker.frame = wanted[marker.name]
            there.add(marker.name)
        elif marker.name in ours:
            scene.timeline_markers.remove(marker)
    for name, frame in wanted.items():
        if name not in there:
            # Blender selects what is new; selected markers are what levels are put onto.
            scene.timeline_markers.new(name, frame=frame).select = False
    # Another scene that shows the zoom may have markers with names of before.
    others = [each for each in bpy.data.scenes if each != scene and root.name in each.objects]
    kept = {marker.name for each in others for marker in each.timeline_markers} & ours
    root[keys.MARKERS] = "\n".join(dict.fromkeys([*wanted, *sorted(kept)]))
    return len(wanted)


def names_of_markers(root: bpy.types.Object) -> set[str]:
    """Names of the markers that are the zoom's; the artist's own are others."""
    return set(str(root.get(keys.MARKERS, "")).split("\n")) - {""}


def _taken(scene: bpy.types.Scene, root: bpy.types.Object) -> set[str]:
    """Names of markers that are the artist's or another zoom's: ours are known by their names."""
    others = [each for each in roots_in(scene) if each != root]
    names = {marker.name for marker in scene.timeline_markers} - names_of_markers(root)
    return names.union(*map(names_of_markers, others))


def _free(name: str, taken: set[str]) -> str:
    """A name that no marker but ours has."""
    number, free = 1, name
    while free in taken:
        number += 1
        end = f" ({number})"
        free = name[: MAX_NAME - len(end)] + end
    return free
