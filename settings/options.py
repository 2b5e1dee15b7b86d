"""Options of a job as Blender's properties, and both ways between the two.

What there is to know of an option is declared in ``engine.contract.options``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    StringProperty,
)

from ..blender.choices import enum_items
from ..engine.contract.options import LARGEST_INTEGER, Option, cleaned, plain_options


def with_options(*declaring: type) -> Callable[[type], type]:
    """Decorate a property group: it gets the plain options of these classes as properties."""

    def decorate(group: type) -> type:
        for each in declaring:
            group.__annotations__.update(_properties_of(each))
        return group

    return decorate


def _properties_of(declaring: type) -> dict[str, Any]:
    """By name, as annotations; each option that can be null comes with its switch."""
    properties = {}
    for name, declared in plain_options(declaring).items():
        if declared.switch is not None:
            properties[declared.switch.name] = BoolProperty(
                name=f"Own {declared.title}", description=declared.switch.text, default=False
            )
        for index, (part, text) in enumerate(declared.parts.items()):
            properties[part] = IntProperty(
                name=part.capitalize(), description=text, **_number(declared, declared.start[index])
            )
        if not declared.parts:
            properties[name] = property_of(declared, declared.text)
    return properties


def property_of(declared: Option, text: str) -> Any:
    """An option's property, with a tooltip."""
    known = {"name": declared.title, "description": text}
    if declared.choices:
        return EnumProperty(
            items=enum_items(declared.choices), default=declared.start, **known, **declared.hints
        )
    match declared.start:
        case bool():
            return BoolProperty(default=declared.start, **known, **declared.hints)
        case int():
            return IntProperty(**known, **_number(declared, declared.start))
        case float():
            return FloatProperty(**known, **_number(declared, declared.start))
        case str():
            options = {"HIDDEN"} if declared.listed else set()
            return StringProperty(
                default=declared.start, options=options, **known, **declared.hints
            )
        case _:
            size = len(declared.start)
            return FloatVectorProperty(size=size, **known, **_number(declared, declared.start))


def values_in(settings: bpy.types.PropertyGroup, declaring: type) -> dict[str, Any]:
    """What a group's properties say of a class's plain options, as a job holds them."""
    return {
        name: _value_in(settings, name, declared)
        for name, declared in plain_options(declaring).items()
    }


def write_values(
    settings: bpy.types.PropertyGroup, source: object, names: Collection[str] | None = None
) -> None:
    """Write a job's options, or a part's, into a group's properties.

    Args:
        source: an instance of a class that declares options.
        names: these alone.
    """
    for name, declared in plain_options(type(source)).items():
        if names is not None and name not in names:
            continue
        value = getattr(source, name)
        if declared.switch is not None:
            setattr(settings, declared.switch.name, value is not None)
        if value is None:
            continue
        if declared.parts:
            for part, side in zip(declared.parts, value, strict=True):
                setattr(settings, part, side)
        else:
            setattr(settings, name, value)


def decimal(value: float) -> float:
    """Blender keeps single precision: 0.3 would reach the job as 0.30000001192092896."""
    return float(f"{value:.6g}")


def _value_in(settings: bpy.types.PropertyGroup, name: str, declared: Option) -> Any:
    if declared.switch is not None and not getattr(settings, declared.switch.name):
        return None
    if declared.parts:
        return tuple(getattr(settings, part) for part in declared.parts)
    value = getattr(settings, name)
    match declared.start:
        case bool() | int():
            return value
        case float():
            return decimal(value)
        case str():
            return cleaned(declared, value)
        case _:
            return tuple(map(decimal, value))


def _number(declared: Option, default: Any) -> dict[str, Any]:
    """Default and limits of a property that holds numbers."""
    low, high = declared.low, declared.high
    if isinstance(default, int):
        low, high = int(low), min(int(high), LARGEST_INTEGER)
    return {"default": default, "min": low, "max": high, **declared.hints}
