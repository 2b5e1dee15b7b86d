"""Lamps that hang on a level keep their look at every scale.

Blender scales neither a lamp's energy nor its radius with the lamp. Light falls off with the
square of the distance, so energy times size squared and radius times size look the same at every
size; the size of an area lamp and the cone of a spot do follow by themselves.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..blender.compat import fcurves_of
from ..engine.contract.errors import ZoomStackError
from . import keys
from .drivers import Variables, add_driver, add_scale_variable

# Most that a driven energy becomes, in watts: floats end at 3e38, and light is multiplied on.
_MOST = 1e34


def is_kept(lamp: bpy.types.Object) -> bool:
    """Whether a lamp's energy follows its size."""
    return keys.LAMP_POWER in lamp


def keep_lamp_look(lamp: bpy.types.Object, level: bpy.types.Object, as_seen: bool = False) -> None:
    """Let the energy and the radius of a lamp below a level follow the level's size.

    The lamp's ``["lamp_power"]`` (watts) and ``["lamp_size"]`` (metres) are what it is given from
    then on: as for a level that is one metre wide. Light that others use as well is copied. A sun
    needs nothing.

    Args:
        level: the Empty that the lamp hangs on, through whatever parents.
        as_seen: the present energy is right at the present size, which must be up to date;
            otherwise it is meant for a level one metre wide.

    Raises:
        ZoomStackError: codes ``no_lamp``, ``lamp_elsewhere``, ``lamp_animated``; nothing is
            changed then.
    """
    if lamp.type != "LIGHT" or lamp.library is not None or lamp.data.library is not None:
        raise ZoomStackError("no_lamp", f"{lamp.name} is no lamp of this file.")
    if lamp.data.type == "SUN" or is_kept(lamp):
        return
    share = _size_below(lamp, level)
    paths = _paths(lamp.data)
    _check_free(lamp, paths)
    size = level.matrix_world.to_3x3().col[0].length if as_seen else 1.0
    if lamp.data.users > 1:
        lamp.data = lamp.data.copy()
    _give(lamp, keys.LAMP_POWER, lamp.data.energy / (size * size), "Watts")
    _give(lamp, keys.LAMP_SIZE, getattr(lamp.data, "shadow_soft_size", 0.0) / size, "Metres")
    for path, (key, law) in paths.items():
        variables: Variables = {"value": (lamp, keys.path_to(key))}
        curve = add_driver(lamp.data, path, law.format(f"{1.0 / share:.9g}"), variables)
        add_scale_variable(curve, "size", lamp, "SCALE_X")


def free_lamp(lamp: bpy.types.Object) -> None:
    """Let a lamp's energy and radius be its own again: what they are at the present size."""
    if not is_kept(lamp):
        return
    light = lamp.data
    for path in _paths(light):
        value = getattr(light, path)
        light.driver_remove(path)
        setattr(light, path, value)
    for key in (keys.LAMP_POWER, keys.LAMP_SIZE):
        if key in lamp:
            del lamp[key]


def _paths(light: Any) -> dict[str, tuple[str, str]]:
    """What is driven: by which property of the lamp, and how."""
    paths = {"energy": (keys.LAMP_POWER, f"min(value*pow(size*{{0}}, 2), {_MOST:g})")}
    if light.type in {"POINT", "SPOT"}:
        paths["shadow_soft_size"] = (keys.LAMP_SIZE, "value*size*{0}")
    return paths


def _size_below(lamp: bpy.types.Object, level: bpy.types.Object) -> float:
    """How large a lamp is as seen from a level.

    Raises:
        ZoomStackError: code ``lamp_elsewhere``.
    """
    matrix = lamp.matrix_parent_inverse @ lamp.matrix_basis
    item = lamp.parent
    while item is not None and item != level:
        matrix = item.matrix_parent_inverse @ item.matrix_basis @ matrix
        item = item.parent
    size = float(matrix.to_3x3().col[0].length)
    if item is None or not size > 0.0:
        raise ZoomStackError(
            "lamp_elsewhere",
            f"{lamp.name} does not hang on {level.name}, or has no size there.",
            "Attach the lamp to the level first.",
        )
    return size


def _check_free(lamp: bpy.types.Object, paths: dict[str, tuple[str, str]]) -> None:
    animation = lamp.data.animation_data
    driven = {curve.data_path for curve in animation.drivers} if animation is not None else set()
    keyed = {curve.data_path for curve in fcurves_of(lamp.data)}
    if (driven | keyed) & set(paths):
        raise ZoomStackError(
            "lamp_animated",
            f"The energy or the radius of {lamp.name} is animated.",
            "Delete those keys or drivers, then animate the lamp's own Power instead.",
        )


def _give(lamp: bpy.types.Object, key: str, value: float, unit: str) -> None:
    lamp[key] = float(value)
    lamp.id_properties_ui(key).update(
        min=0.0, soft_min=0.0, description=f"{unit}, as for a level that is one metre wide"
    )
