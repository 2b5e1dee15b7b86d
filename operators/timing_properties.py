"""The camera's way as properties of the zoom's root, for the panel: changing one acts at once.

They show what plain custom properties say, which the file keeps without the extension. None can
be keyed or driven: each change moves keys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty

from ..scene import finding, keying, retiming
from ..scene.way import FASTEST, LEGS, SLOWEST, Way, per_octave_of
from ..scene.way_changes import change_way

_PREFIX = "zoom_way_"
_DIRECTIONS = (
    ("IN", "In", "From the widest level to the deepest"),
    ("OUT", "Out", "From the deepest level to the widest"),
    ("IN_OUT", "In and Out", "To the deepest level and back"),
    ("LOOP", "In and Out, Endless", "To the deepest level and back, again and again"),
    ("LOOP_OUT", "Out and In, Endless", "To the widest level and back, again and again"),
)
_NAMES = [name for name, _, _ in _DIRECTIONS]
_LONGEST = 36_000.0  # seconds


def _levels(way: Way) -> int:
    """How many steps there are from level to level."""
    return max(len(way.stops) - 1, 1)


def _change(root: bpy.types.Object, **values: Any) -> None:
    """An artist's own curve is never touched by a value in the panel, nor what is no zoom."""
    if not finding.is_root(root) or finding.is_linked(root) or not keying.is_as_made(root):
        return
    way = retiming.way_of(root)
    new = replace(way, **values)
    if new != way:
        change_way(root, new)


def _field(name: str) -> dict[str, Callable[..., Any]]:
    """A getter and a setter of one of the way's attributes."""
    return {
        "get": lambda root: getattr(retiming.way_of(root), name),
        "set": lambda root, value: _change(root, **{name: value}),
    }


def _get_length(root: bpy.types.Object) -> float:
    return retiming.way_of(root).seconds


def _set_length(root: bpy.types.Object, value: float) -> None:
    _change(root, per_octave=per_octave_of(retiming.way_of(root), value))


def _get_level_seconds(root: bpy.types.Object) -> float:
    way = retiming.way_of(root)
    return way.per_octave * way.octaves / _levels(way)


def _set_level_seconds(root: bpy.types.Object, value: float) -> None:
    way = retiming.way_of(root)
    if way.octaves > 0.0:
        found = value * _levels(way) / way.octaves
        _change(root, per_octave=min(max(found, FASTEST), SLOWEST))


def _get_speed(root: bpy.types.Object) -> float:
    return 1.0 / max(retiming.way_of(root).per_octave, FASTEST)


def _set_speed(root: bpy.types.Object, value: float) -> None:
    _change(root, per_octave=1.0 / max(value, 1.0 / SLOWEST))  # scripts may set anything


def _get_direction(root: bpy.types.Object) -> int:
    return _NAMES.index(_possible(root, retiming.way_of(root).direction))


def _set_direction(root: bpy.types.Object, value: int) -> None:
    _change(root, direction=_possible(root, _NAMES[value]))


def _possible(root: bpy.types.Object, direction: str) -> str:
    """Levels that are a loop go on for ever in one direction."""
    if finding.turn_of(root) is None:
        return direction
    return "IN" if LEGS[direction][0] > 0 else "OUT"


_SECONDS: dict[str, Any] = {
    "subtype": "TIME_ABSOLUTE",
    "min": 0.0,
    "max": 600.0,
    "soft_max": 10.0,
    "step": 10,
    "precision": 2,
    "options": set(),
}
_PROPERTIES = {
    "length": FloatProperty(
        name="Length",
        description="Seconds in all, or of one round: the speed follows",
        subtype="TIME_ABSOLUTE", min=0.02, max=_LONGEST, step=50, precision=2,
        get=_get_length, set=_set_length, options=set(),
    ),
    "level_seconds": FloatProperty(
        name="Seconds a Level",
        description="On average, from one level to the next",
        subtype="TIME_ABSOLUTE", min=1e-3, max=_LONGEST, step=10, precision=2,
        get=_get_level_seconds, set=_set_level_seconds, options=set(),
    ),
    "speed": FloatProperty(
        name="Speed",
        description="Octaves a second: how often the view halves",
        min=1.0 / SLOWEST, max=1.0 / FASTEST, soft_max=10.0, step=5, precision=3,
        get=_get_speed, set=_set_speed, options=set(),
    ),
    "hold": FloatProperty(
        name="Rest at the Start", description="Seconds before the zoom begins to move",
        **_SECONDS, **_field("hold"),
    ),
    "hold_end": FloatProperty(
        name="Rest at the End", description="Seconds at the other end",
        **_SECONDS, **_field("hold_end"),
    ),
    "ease_in": FloatProperty(
        name="Ease In", description="Seconds in which the zoom gathers speed",
        **_SECONDS, **_field("ease_in"),
    ),
    "ease_out": FloatProperty(
        name="Ease Out", description="Seconds in which the zoom comes to rest",
        **_SECONDS, **_field("ease_out"),
    ),
    "direction": EnumProperty(
        name="Direction", description="Where the zoom leads", items=_DIRECTIONS,
        get=_get_direction, set=_set_direction, options=set(),
    ),
    "whole_frames": BoolProperty(
        name="Whole Frames",
        description="Keys lie on whole frames where levels are two frames apart or more; the speed "
        "is uneven by less than a frame then",
        options=set(), **_field("whole_frames"),
    ),
}  # fmt: skip


def register() -> None:
    for name, made in _PROPERTIES.items():
        setattr(bpy.types.Object, _PREFIX + name, made)


def unregister() -> None:
    for name in _PROPERTIES:
        delattr(bpy.types.Object, _PREFIX + name)
