"""What is driven in a zoom, and its values frame by frame as Blender evaluates them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import bpy

from .owners import Owner, drivers_of


@dataclass
class Channel:
    """One number that is to have plain keys.

    Attributes:
        path, index: where it is; the index is 0 for what is no array.
        read: the path of the single number.
        stepped: it knows whole numbers only, as what hides an object.
        tolerance: differences that are none.
        values: at the first key, halfway to the next one, there, and so on.
    """

    owner: Owner
    path: str
    index: int
    read: str
    stepped: bool = False
    tolerance: float = 0.0
    values: array[float] = field(default_factory=lambda: array("d"))


def driven_channels(owners: Iterable[Owner]) -> list[Channel]:
    """All numbers that drivers set; words, of which a list is chosen, are left out."""
    found = []
    for owner in owners:
        holder = owner.of(owner.holder)
        for curve in drivers_of(holder):
            if curve.mute or not curve.is_valid:
                continue
            try:
                value = holder.path_resolve(curve.data_path)
            except ValueError:
                continue
            read = curve.data_path
            if hasattr(value, "__len__") and not isinstance(value, str):
                read, value = f"{read}[{curve.array_index}]", value[curve.array_index]
            if isinstance(value, (int, float)):
                stepped = isinstance(value, int)
                found.append(Channel(owner, curve.data_path, curve.array_index, read, stepped))
    return found


def record(channels: Iterable[Channel], graph: bpy.types.Depsgraph) -> None:
    """Note what each channel is in the frame that a dependency graph shows."""
    for owner, group in groupby(channels, key=lambda channel: channel.owner):
        seen = owner.of(owner.holder.evaluated_get(graph))
        for channel in group:
            channel.values.append(float(seen.path_resolve(channel.read)))


class CameraPlace:
    """Where a camera is in the world, as channels of it.

    Args:
        with_scale: something hangs on it, and has its size.
    """

    def __init__(self, camera: bpy.types.Object, with_scale: bool) -> None:
        self._camera = camera
        names = ["location", "rotation_euler", *(["scale"] if with_scale else [])]
        owner = Owner(camera)
        self.channels = [
            Channel(owner, name, axis, f"{name}[{axis}]", tolerance=2e-7 if "rot" in name else 0.0)
            for name in names
            for axis in range(3)
        ]
        self._last: Any = None

    def record(self, graph: bpy.types.Depsgraph) -> None:
        """See ``record``."""
        location, turn, scale = self._camera.evaluated_get(graph).matrix_world.decompose()
        # Never the long way round from one key to the next.
        last = (self._last,) if self._last is not None else ()
        self._last = turn.to_euler("XYZ", *last)
        # A camera without children is as large as any.
        values = [*location, *self._last, *scale]
        for channel, value in zip(self.channels, values, strict=False):
            channel.values.append(value)
