"""What hangs on a level that a loop shows more than once, hung on each of them.

A twin has its thing's data, material and modifiers; drivers give it the thing's place.
"""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from . import keys, lighting, ranges
from .drivers import keep_driver
from .finding import parts
from .spaces import below, number_of, twins_of

_CHANNELS = (
    ("location", 3),
    ("rotation_euler", 3),
    ("rotation_quaternion", 4),
    ("rotation_axis_angle", 4),
    ("scale", 3),
    ("delta_location", 3),
    ("delta_rotation_euler", 3),
    ("delta_scale", 3),
)


def forget(thing: bpy.types.Object) -> None:
    """Remove the twins of a thing and of what hangs on it."""
    _remove(twin for twin in twins_of(thing) if twin.parent is not None)


def follow(root: bpy.types.Object, things: Iterable[bpy.types.Object]) -> None:
    """Give things twins where a loop shows their levels again, and take away what is too much.

    Args:
        things: that hang on levels of the zoom.
    """
    again: dict[int, list[bpy.types.Object]] = {}
    for level in parts(root, keys.ROLE_LEVEL):
        if int(level.get(keys.LAP, 0)) != 0:
            again.setdefault(number_of(root, level), []).append(level)
    there = _by_thing()
    for thing in things:
        if thing.parent is None or thing.parent.get(keys.ROLE) != keys.ROLE_LEVEL:
            continue
        levels = again.get(number_of(root, thing.parent), [])
        hung = {twin.parent: twin for twin in there.get(thing, [])}
        _remove(twin for level, twin in hung.items() if level not in levels)
        missing = [level for level in levels if level not in hung]
        for level in missing:
            _add(thing, level)
        if missing:
            ranges.follow(root, thing)


def _by_thing() -> dict[bpy.types.Object, list[bpy.types.Object]]:
    """The twins of each thing; Blender's objects are looked through once."""
    found: dict[bpy.types.Object, list[bpy.types.Object]] = {}
    for item in bpy.data.objects:
        if keys.TWIN_OF in item:
            found.setdefault(item[keys.TWIN_OF], []).append(item)
    return found


def _add(thing: bpy.types.Object, level: bpy.types.Object) -> None:
    made: dict[bpy.types.Object, bpy.types.Object] = {}
    for item in below(thing):
        twin = item.copy()
        twin.animation_data_clear()
        twin.parent = level if item == thing else made[item.parent]
        twin.matrix_parent_inverse = item.matrix_parent_inverse
        twin[keys.TWIN_OF] = item
        for home in item.users_collection:
            home.objects.link(twin)
        _drive(twin, item)
        lighting.follow_twin(twin)
        made[item] = twin


def _drive(twin: bpy.types.Object, item: bpy.types.Object) -> None:
    for path, count in _CHANNELS:
        for axis in range(count):
            variables = {"value": (item, f"{path}[{axis}]")}
            keep_driver(twin, path, "value", variables, axis)


def _remove(tops: Iterable[bpy.types.Object]) -> None:
    doomed = [item for top in list(tops) for item in below(top) if keys.TWIN_OF in item]
    if doomed:
        lights = [item.data for item in doomed if lighting.is_kept(item) and item.data.users == 1]
        bpy.data.batch_remove([*doomed, *lights])
