"""Lamps that hang on a level keep their look at every scale.

Blender scales neither a lamp's energy nor its radius with the lamp. Light falls off with the
square of the distance, so energy times size squared and radius times size look the same at every
size; the size of an area lamp and the cone of a spot do follow by themselves.
"""

from __future__ import annotations

from typing import Any

import bpy

from . import keys
from .drivers import Variables, add_driver, add_scale_variable
from .owners import is_driven, is_keyed
from .spaces import below

# Most that a driven energy becomes, in watts: floats end at 3e38, and light is multiplied on.
_MOST = 1e34
_LEAST = 1e-30  # a lamp scaled to nothing
_SIZE = "size"


def is_kept(lamp: bpy.types.Object) -> bool:
    """Whether a lamp's energy follows its size."""
    return keys.LAMP_POWER in lamp


def keep_looks(thing: bpy.types.Object, level: bpy.types.Object, grown: float) -> list[str]:
    """Let the energies and the radii of all lamps of a thing follow the size of its level.

    A lamp's ``["lamp_power"]`` (watts) and ``["lamp_size"]`` (metres) are what it is given from
    then on: as for a level that is one metre wide. Light that others use as well is copied. A sun
    needs nothing.

    Args:
        thing: an object that hangs on the level, with all that hangs on it.
        level: the Empty of the level.
        grown: how many times as large the thing is in widths of the level as it was where its
            lamps' energies were right: in the world in metres, on a level in widths of that.

    Returns:
        names of lamps whose energy or radius is animated: they are left as they are.
    """
    lamps = [each for each in below(thing) if _can_follow(each)]
    return [lamp.name for lamp in lamps if not _keep_look(lamp, level, grown)]


def free_looks(thing: bpy.types.Object, grown: float) -> None:
    """Let the energies and the radii of a thing's lamps be their own again.

    Args:
        grown: how many metres one width of its level has become.
    """
    for lamp in filter(is_kept, below(thing)):
        values = _values(lamp)
        _own_light(lamp)
        for path in _paths(lamp.data):
            lamp.data.driver_remove(path)
        lamp.data.energy = min(values[keys.LAMP_POWER] * grown**2, _MOST)
        if keys.LAMP_SIZE in values and hasattr(lamp.data, "shadow_soft_size"):
            lamp.data.shadow_soft_size = values[keys.LAMP_SIZE] * grown
        for key in values:
            del lamp[key]


def follow_twin(twin: bpy.types.Object) -> None:
    """Give what a loop shows once more of a lamp a light of its own, by the size that it has."""
    if not is_kept(twin):
        return
    twin.data = twin.data.copy()
    animation = twin.data.animation_data
    for curve in animation.drivers if animation is not None else ():
        for variable in curve.driver.variables:
            if variable.name == _SIZE:
                variable.targets[0].id = twin


def _can_follow(item: bpy.types.Object) -> bool:
    own = item.library is None and item.data is not None and item.data.library is None
    return item.type == "LIGHT" and own and item.data.type != "SUN"


def _keep_look(lamp: bpy.types.Object, level: bpy.types.Object, grown: float) -> bool:
    values = _values(lamp)
    if not values and _is_animated(lamp):
        return False
    _own_light(lamp)
    if not values:
        values = {
            keys.LAMP_POWER: lamp.data.energy,
            keys.LAMP_SIZE: getattr(lamp.data, "shadow_soft_size", 0.0),
        }
    _give(lamp, keys.LAMP_POWER, values[keys.LAMP_POWER] * grown**2, "Watts")
    _give(lamp, keys.LAMP_SIZE, values.get(keys.LAMP_SIZE, 0.0) * grown, "Metres")
    share = _size_below(lamp, level)
    for path, (key, law) in _paths(lamp.data).items():
        variables: Variables = {"value": (lamp, keys.path_to(key))}
        lamp.data.driver_remove(path)
        curve = add_driver(lamp.data, path, law.format(f"{1.0 / share:.9g}"), variables)
        add_scale_variable(curve, _SIZE, lamp, "SCALE_X")
    return True


def _own_light(lamp: bpy.types.Object) -> None:
    """Let no other lamp follow this one's size along."""
    if lamp.data.users > 1:
        lamp.data = lamp.data.copy()


def _values(lamp: bpy.types.Object) -> dict[str, float]:
    return {key: float(lamp[key]) for key in (keys.LAMP_POWER, keys.LAMP_SIZE) if key in lamp}


def _paths(light: Any) -> dict[str, tuple[str, str]]:
    """What is driven: by which property of the lamp, and how."""
    paths = {"energy": (keys.LAMP_POWER, f"min(value*pow(size*{{0}}, 2), {_MOST:g})")}
    if light.type in {"POINT", "SPOT"}:
        paths["shadow_soft_size"] = (keys.LAMP_SIZE, "value*size*{0}")
    return paths


def _size_below(lamp: bpy.types.Object, level: bpy.types.Object) -> float:
    """How large a lamp is as seen from a level."""
    matrix = lamp.matrix_parent_inverse @ lamp.matrix_basis
    item = lamp.parent
    while item is not None and item != level:
        matrix = item.matrix_parent_inverse @ item.matrix_basis @ matrix
        item = item.parent
    return max(float(matrix.to_3x3().col[0].length), _LEAST)


def _is_animated(lamp: bpy.types.Object) -> bool:
    paths = _paths(lamp.data)
    return any(is_keyed(lamp.data, path) or is_driven(lamp.data, path) for path in paths)


def _give(lamp: bpy.types.Object, key: str, value: float, unit: str) -> None:
    lamp[key] = float(value)
    lamp.id_properties_ui(key).update(
        min=0.0, soft_min=0.0, description=f"{unit}, as for a level that is one metre wide"
    )
