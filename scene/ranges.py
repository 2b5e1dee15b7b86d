"""Where in the zoom a thing can be seen: from which magnification to which, and how softly.

Plain custom properties of the thing, in octaves from the zoom at which its level is the view: so
they stay right where levels move. Drivers hide the thing and what hangs on it outside of them, and
take the object's alpha down towards the ends, for materials that read it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import bpy
from mathutils import Vector

from ..blender import compat
from . import keys
from .drivers import Variables, keep_driver
from .finding import camera_of, octaves_of, turn_of
from .spaces import below, level_above, number_of, own_octaves, twins_of

#: Octaves that lie beyond every zoom: no beginning, or no end.
ENDLESS = 1000.0
#: Octaves in which a thing comes and goes.
FADE = 0.75
# A thing is gone when it is this many times as wide as the view.
_WIDEST = 2.0
# The camera comes no nearer to a thing than this share of its depth.
_ROOM = math.sqrt(2.0) - 1.0
_SHORTEST = 0.1
_HIDDEN = "zoom-own < start or zoom-own > end"
_OPACITY = "1 if fade <= 0 else min(clamp((zoom-own-start)/fade), clamp((end-zoom+own)/fade))"
_DRIVEN = (("hide_viewport", -1, _HIDDEN), ("hide_render", -1, _HIDDEN), ("color", 3, _OPACITY))
_NAMES = {"zoom", "own", "start", "end", "fade"}


def has_range(thing: bpy.types.Object) -> bool:
    """Whether a thing is seen in a range of the zoom alone."""
    return keys.VISIBLE_FROM in thing and keys.VISIBLE_TO in thing


def is_seen(root: bpy.types.Object, thing: bpy.types.Object, zoom: float) -> bool:
    """Whether a thing's range holds a zoom, in octaves; without a range it is seen at every one."""
    level = level_above(thing)
    if level is None or not has_range(thing):
        return True
    nearer = zoom - own_octaves(root, level)
    return float(thing[keys.VISIBLE_FROM]) <= nearer <= float(thing[keys.VISIBLE_TO])


def default_range(
    root: bpy.types.Object, level: bpy.types.Object, size: Vector
) -> tuple[float, float]:
    """(from, to) in octaves from the level's zoom: from the level before it is the view, until the
    thing is twice as wide as the view or the camera would come into it.

    Args:
        size: of the thing, in widths of the level: across, up, towards the camera.
    """
    end = math.log2(_WIDEST / max(size.x, size.y, 1e-6))
    camera = camera_of(root)
    if camera is not None and size.z > 0.0:
        distance = camera.data.lens / camera.data.sensor_width
        end = min(end, math.log2(distance / (size.z * (1.0 + _ROOM))))
    return _start(root, level), max(end, _SHORTEST)


def _start(root: bpy.types.Object, level: bpy.types.Object) -> float:
    octaves, number, turn = octaves_of(root), number_of(root, level), turn_of(root)
    if number > 0:
        return octaves[number - 1] - octaves[number]
    return -ENDLESS if turn is None else octaves[-1] - turn


def give_range(
    root: bpy.types.Object, thing: bpy.types.Object, start: float, end: float, fade: float
) -> list[str]:
    """Let a thing be seen in a range alone; again: in another one.

    Args:
        start, end: octaves from the zoom at which its level is the view.
        fade: octaves at either end in which its alpha comes and goes; 0: at once.

    Returns:
        names of objects that stay as they are: their visibility has keys or drivers of the
        artist's, or they are hidden.
    """
    _give(thing, keys.VISIBLE_FROM, start, "Seen from here on, in octaves from its level's zoom")
    _give(thing, keys.VISIBLE_TO, end, "Seen up to here, in octaves from its level's zoom")
    _give(thing, keys.FADE_OCTAVES, fade, "Octaves in which it comes and goes", lowest=0.0)
    return follow(root, thing)


def follow(root: bpy.types.Object, thing: bpy.types.Object) -> list[str]:
    """Let the drivers of a thing with a range, and of its twins, read their present levels.

    See ``give_range``.
    """
    if not has_range(thing):
        return []
    kept = [name for each in (thing, *twins_of(thing)) for name in _drive(root, each, thing)]
    return list(dict.fromkeys(kept))


def reads(thing: bpy.types.Object, level: bpy.types.Object) -> bool:
    """Whether what hides or fades a thing goes by that level."""
    curves = [_driver(thing, path, index) for path, index, _ in _DRIVEN]
    variables = [each for curve in curves if curve is not None for each in curve.driver.variables]
    return any(each.name == "own" and each.targets[0].id == level for each in variables)


def note_octaves(root: bpy.types.Object, level: bpy.types.Object) -> None:
    """Let the drivers of things know the zoom at which their level is the view."""
    octaves = own_octaves(root, level)
    if level.get(keys.OWN_OCTAVES) != octaves:
        level[keys.OWN_OCTAVES] = octaves
        level.update_tag()


def _drive(root: bpy.types.Object, hung: bpy.types.Object, thing: bpy.types.Object) -> list[str]:
    """Drive a thing or a twin of it by the thing's range; names of what the artist animates."""
    level, camera = level_above(hung), camera_of(root)
    if level is None or camera is None:
        return []
    note_octaves(root, level)
    variables: Variables = {
        "zoom": (camera, keys.path_to(keys.ZOOM)),
        "own": (level, keys.path_to(keys.OWN_OCTAVES)),
        "start": (thing, keys.path_to(keys.VISIBLE_FROM)),
        "end": (thing, keys.path_to(keys.VISIBLE_TO)),
        "fade": (thing, keys.path_to(keys.FADE_OCTAVES)),
    }
    kept = {}
    for item in below(hung):
        for path, index, expression in _DRIVEN:
            if _is_artists(item, path, index) or _is_hidden(item, path, index):
                kept[item.name] = True
            else:
                needed = {name: variables[name] for name in _named(expression)}
                keep_driver(item, path, expression, needed, index)
        item.update_tag()
    return list(kept)


def drop_range(thing: bpy.types.Object) -> None:
    """Let a thing be seen at every zoom; keys and drivers of the artist's stay."""
    shown = [item for each in (thing, *twins_of(thing)) for item in below(each)]
    for item in shown:
        for path, index, _ in _DRIVEN:
            if _driver(item, path, index) is None or _is_artists(item, path, index):
                continue
            if index < 0:
                item.driver_remove(path)
                setattr(item, path, False)
            else:
                item.driver_remove(path, index)
                item.color[index] = 1.0
    for name in (keys.VISIBLE_FROM, keys.VISIBLE_TO, keys.FADE_OCTAVES):
        if name in thing:
            del thing[name]


def _named(expression: str) -> Iterator[str]:
    return (name for name in sorted(_NAMES) if name in expression)


def _driver(item: bpy.types.Object, path: str, index: int) -> bpy.types.FCurve | None:
    animation = item.animation_data
    return animation.drivers.find(path, index=max(index, 0)) if animation is not None else None


def _is_artists(item: bpy.types.Object, path: str, index: int) -> bool:
    """Whether the artist animates a property."""
    curve = _driver(item, path, index)
    if curve is not None and not {each.name for each in curve.driver.variables} <= _NAMES:
        return True
    found = (each for each in compat.fcurves_of(item) if each.data_path == path)
    return any(index < 0 or each.array_index == index for each in found)


def _is_hidden(item: bpy.types.Object, path: str, index: int) -> bool:
    """Whether the artist has hidden an object, such as what only cuts holes into another."""
    return index < 0 and _driver(item, path, index) is None and bool(getattr(item, path))


def _give(
    thing: bpy.types.Object, name: str, value: float, description: str, lowest: float = -ENDLESS
) -> None:
    thing[name] = float(value)
    thing.id_properties_ui(name).update(
        description=description,
        min=lowest,
        max=ENDLESS,
        soft_min=max(lowest, -10.0),
        soft_max=10.0,
        precision=2,
    )
