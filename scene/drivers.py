"""Drivers that Blender evaluates itself, without Python.

Only *simple* expressions on plain ID properties: they run with auto-run off and without the
extension. Blender cuts an expression at 255 characters without a word, so that is checked here.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Any

import bpy

from ..blender.compat import clear_driver_curve

MAX_EXPRESSION = 255

# (object or other datablock, data path); None in place of the datablock: the active scene.
Variables = Mapping[str, tuple[bpy.types.ID | None, str]]


def add_driver(
    owner: bpy.types.bpy_struct, path: str, expression: str, variables: Variables, index: int = -1
) -> Any:
    """Drive ``owner.path`` (or one ``index`` of it) and return the driver's F-curve."""
    _check_length(path, expression)
    curve = owner.driver_add(path, index) if index >= 0 else owner.driver_add(path)
    clear_driver_curve(curve)
    driver = curve.driver
    driver.type = "SCRIPTED"
    for name, (source, source_path) in variables.items():
        _add_variable(driver, name, source, source_path)
    driver.expression = expression
    return curve


def add_scale_variable(
    curve: Any, name: str, item: bpy.types.Object, kind: str = "SCALE_AVG"
) -> None:
    """Let a driver read the size of an object in the world.

    Args:
        kind: "SCALE_AVG" multiplies three sides, which floats do from 2^-40 to 2^40; "SCALE_X"
            is the length of one of them.
    """
    variable = curve.driver.variables.new()
    variable.name = name
    variable.type = "TRANSFORMS"
    variable.targets[0].id = item
    variable.targets[0].transform_type = kind


def keep_driver(
    owner: bpy.types.ID, path: str, expression: str, variables: Variables, index: int = -1
) -> Any:
    """Let ``owner.path`` be driven so, and return the driver's F-curve.

    One that is there is changed as little as possible: to make it anew takes ten times as long.
    """
    animation = owner.animation_data
    curve = animation.drivers.find(path, index=max(index, 0)) if animation is not None else None
    if curve is None or not _reads(curve.driver, variables):
        if index >= 0:
            owner.driver_remove(path, index)
        else:
            owner.driver_remove(path)
        return add_driver(owner, path, expression, variables, index)
    if curve.driver.expression != expression:
        _check_length(path, expression)
        curve.driver.expression = expression
    return curve


def _reads(driver: Any, variables: Variables) -> bool:
    there = {
        each.name: (each.targets[0].id, each.targets[0].data_path) for each in driver.variables
    }
    return driver.type == "SCRIPTED" and there == dict(variables)


def _check_length(path: str, expression: str) -> None:
    if len(expression) > MAX_EXPRESSION:
        raise ValueError(f"the driver of {path} is longer than Blender keeps: {expression}")


def set_table(curve: Any, rows: Iterable[tuple[float, float]]) -> None:
    """Look the driver's value up in (input, output) rows, linear between and constant outside."""
    wanted = array("f", [value for point in rows for value in point])
    there = array("f", bytes(2 * wanted.itemsize * len(curve.keyframe_points)))
    curve.keyframe_points.foreach_get("co", there)
    if there == wanted:
        return
    clear_driver_curve(curve)
    curve.keyframe_points.add(len(wanted) // 2)
    curve.keyframe_points.foreach_set("co", wanted)
    for key in curve.keyframe_points:
        key.interpolation = "LINEAR"
    curve.extrapolation = "CONSTANT"
    curve.update()


def _add_variable(driver: Any, name: str, source: bpy.types.ID | None, path: str) -> None:
    variable = driver.variables.new()
    variable.name = name
    if source is None:
        # Follows whichever scene renders, and does not drag a scene along when appended.
        variable.type = "CONTEXT_PROP"
        variable.targets[0].context_property = "ACTIVE_SCENE"
    else:
        variable.type = "SINGLE_PROP"
        variable.targets[0].id_type = source.id_type
        variable.targets[0].id = source
    variable.targets[0].data_path = path
