"""What hangs on the levels of a zoom, and how it stays with them."""

from __future__ import annotations

import bpy
from mathutils import Vector

from . import keys, ranges, twins
from .extent import box_of
from .finding import parts, root_of
from .spaces import level_above, number_of, placed


def things_of(root: bpy.types.Object) -> list[tuple[int, bpy.types.Object]]:
    """(level's number from 0, thing) of all that hangs on the zoom's levels, widest level first.

    What a loop shows again of them is not listed.
    """
    found = []
    for item in bpy.data.objects:
        parent = item.parent
        if parent is None or keys.ROLE not in parent or keys.TWIN_OF in item:
            continue
        level = parent if parent[keys.ROLE] == keys.ROLE_LEVEL else level_above(parent)
        hangs = parent[keys.ROLE] in (keys.ROLE_LEVEL, keys.ROLE_PLANE)
        own = item.get(keys.ROLE) not in (keys.ROLE_PLANE, keys.ROLE_LEVEL)
        if hangs and own and level is not None and root_of(level) == root:
            found.append((number_of(root, level), item))
    return sorted(found, key=lambda each: (each[0], each[1].name))


def size_of(thing: bpy.types.Object) -> Vector:
    """How large a thing is, in widths of its level: across, up, towards the camera."""
    return box_of([(thing, placed(thing).matrix)]).size


def follow_levels(root: bpy.types.Object) -> None:
    """After levels came, went or moved: ranges and twins go by the levels that are there now."""
    for level in parts(root, keys.ROLE_LEVEL):
        if keys.OWN_OCTAVES in level:
            ranges.note_octaves(root, level)
    things = [thing for _, thing in things_of(root)]
    for thing in things:
        level = level_above(thing)
        if ranges.has_range(thing) and level is not None and not ranges.reads(thing, level):
            ranges.follow(root, thing)
    twins.follow(root, things)
