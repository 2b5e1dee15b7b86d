"""The camera's curve, as a way has it: written, and known again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import bpy

from ..blender import compat
from . import keys, owners
from .belongings import is_shared
from .camera import zoom_curve
from .finding import camera_of, root_of
from .retiming import present_schedule
from .way import Schedule

_SAME_FRAME = 0.01
_SAME_VALUE = 1e-3


def write_curve(curve: Any, plan: Schedule) -> None:
    """Let an F-curve be what a plan says; it stays a plain curve that can be edited."""
    points, wanted = curve.keyframe_points, plan.curve
    while len(points) > len(wanted):
        points.remove(points[-1], fast=True)
    points.add(len(wanted) - len(points))
    before = [1.0, *(after.frame - at.frame for at, after in pairwise(wanted)), 1.0]
    for number, (point, key) in enumerate(zip(points, wanted, strict=True)):
        point.co = (key.frame, key.value)
        point.interpolation = "BEZIER" if key.eased else "LINEAR"
        curved = key.eased or (number > 0 and wanted[number - 1].eased)
        left, right = (before[number] / 3.0, before[number + 1] / 3.0) if curved else (1.0, 1.0)
        slope = key.slope if curved else 0.0
        point.handle_left_type = point.handle_right_type = "FREE" if curved else "AUTO_CLAMPED"
        point.handle_left = (key.frame - left, key.value - left * slope)
        point.handle_right = (key.frame + right, key.value + right * slope)
    for modifier in list(curve.modifiers):
        curve.modifiers.remove(modifier)
    if plan.repeats:
        curve.modifiers.new("CYCLES")
    curve.extrapolation = "CONSTANT"
    curve.update()


def part_from_others(root: bpy.types.Object, camera: bpy.types.Object) -> None:
    """Each camera has a time of its own: give it a copy of an action that others have too, or that
    is linked from another file.
    """
    action = camera.animation_data.action if camera.animation_data is not None else None
    if action is None or camera.library is not None:
        return
    if action.library is not None or is_shared(root, camera):
        compat.take_own_action(camera)


def write_keys(camera: bpy.types.Object, plan: Schedule) -> None:
    """Give the camera's zoom the curve that a plan says, also where it has none, or a driver."""
    camera.driver_remove(keys.path_to(keys.ZOOM))
    root = root_of(camera)
    if root is not None:
        part_from_others(root, camera)
    curve = zoom_curve(camera)
    if curve is None:
        value = float(camera[keys.ZOOM])
        camera.keyframe_insert(keys.path_to(keys.ZOOM), frame=plan.curve[0].frame)
        camera[keys.ZOOM] = value
        curve = zoom_curve(camera)
    if curve is not None:
        curve.mute = False
        write_curve(curve, plan)
        curve.id_data.update_tag()


def is_planned(curve: Any, plan: Schedule) -> bool:
    """Whether nobody has touched the curve since it was written."""
    points, wanted = curve.keyframe_points, plan.curve
    kinds = [modifier.type for modifier in curve.modifiers]
    if len(points) != len(wanted) or kinds != (["CYCLES"] if plan.repeats else []):
        return False
    if curve.mute or curve.extrapolation != "CONSTANT":
        return False
    for point, key in zip(points, wanted, strict=True):
        if not _is_at(point.co, key.frame, key.value):
            return False
        if point.interpolation != ("BEZIER" if key.eased else "LINEAR"):
            return False
    pairs = zip(pairwise(points), pairwise(wanted), strict=True)
    return all(_is_bent_so(*some, *keyed) for some, keyed in pairs if keyed[0].eased)


def _is_bent_so(point: Any, following: Any, key: Any, after: Any) -> bool:
    third = (after.frame - key.frame) / 3.0
    handles = (
        (point.handle_right, key.frame + third, key.value + third * key.slope),
        (following.handle_left, after.frame - third, after.value - third * after.slope),
    )
    return all(_is_at(*each) for each in handles)


def _is_at(place: Any, frame: float, value: float) -> bool:
    """Whether a key or a handle is where it was put, in single precision."""
    near = _SAME_FRAME + abs(frame) * 2.0**-23
    return abs(place[0] - frame) < near and abs(place[1] - value) < _SAME_VALUE


def is_driven(camera: bpy.types.Object) -> bool:
    """Whether a driver of the artist's leads a camera's zoom, and no curve."""
    return owners.is_driven(camera, keys.path_to(keys.ZOOM))


def _leading_curve(root: bpy.types.Object) -> Any | None:
    camera = camera_of(root)
    return zoom_curve(camera) if camera is not None and not is_driven(camera) else None


def is_as_made(root: bpy.types.Object) -> bool:
    """Whether the camera's curve is as the zoom's way has it, and so follows the way."""
    curve = _leading_curve(root)
    return curve is not None and is_planned(curve, present_schedule(root))


def lies_on_markers(root: bpy.types.Object) -> bool:
    """Whether the camera's curve is as it was laid onto markers."""
    curve = _leading_curve(root)
    frames = root.get(keys.ON_MARKERS)
    if curve is None or frames is None or len(frames) != len(curve.keyframe_points):
        return False
    return not curve.modifiers and all(
        point.interpolation == "LINEAR" and abs(point.co[0] - frame) < _SAME_FRAME
        for point, frame in zip(curve.keyframe_points, frames, strict=True)
    )
