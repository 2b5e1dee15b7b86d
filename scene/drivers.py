"""Drivers that Blender evaluates itself, without Python.

Only *simple* expressions on plain ID properties: they run with auto-run off and without the
extension. Blender cuts an expression at 255 characters without a word, so that is checked here.
"""

from __future__ import annotations

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
    if len(expression) > MAX_EXPRESSION:
        raise ValueError(f"the driver of {path} is longer than Blender keeps: {expression}")
    curve = owner.driver_add(path, index) if index >= 0 else owner.driver_add(path)
    clear_driver_curve(curve)
    driver = curve.driver
    driver.type = "SCRIPTED"
    for name, (source, source_path) in variables.items():
        _add_variable(driver, name, source, source_path)
    driver.expression = expression
    return curve


def set_table(curve: Any, rows: Iterable[tuple[float, float]]) -> None:
    """Look the driver's value up in (input, output) rows, linear between and constant outside."""
    points = list(rows)
    clear_driver_curve(curve)
    curve.keyframe_points.add(len(points))
    curve.keyframe_points.foreach_set("co", [value for point in points for value in point])
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
