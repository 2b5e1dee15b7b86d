"""What is driven in a zoom, and its values frame by frame as Blender evaluates them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import bpy


@dataclass(frozen=True)
class Owner:
    """What is animated: a datablock, or the node tree that is a part of it."""

    holder: bpy.types.ID
    in_tree: bool = False

    def of(self, holder: bpy.types.ID) -> bpy.types.ID:
        """The same of a copy of the datablock, or of what Blender evaluates of it."""
        return holder.node_tree if self.in_tree else holder


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


def owners_of(items: Iterable[bpy.types.Object]) -> list[Owner]:
    """Objects and what their looks are made of, as far as it can be animated; each once."""
    return list(dict.fromkeys(owner for item in items for owner in _owners(item)))


def _owners(item: bpy.types.Object) -> Iterator[Owner]:
    yield Owner(item)
    if item.data is not None:
        yield from _with_nodes(item.data)
        shapes = getattr(item.data, "shape_keys", None)
        if shapes is not None:
            yield Owner(shapes)
    for slot in item.material_slots:
        if slot.material is not None:
            yield from _with_nodes(slot.material)
    for modifier in item.modifiers:
        if modifier.type == "NODES" and modifier.node_group is not None:
            yield from _groups(modifier.node_group)


def _with_nodes(holder: bpy.types.ID) -> Iterator[Owner]:
    yield Owner(holder)
    tree = getattr(holder, "node_tree", None)
    if tree is not None:
        yield Owner(holder, in_tree=True)
        for group in groups_in(tree):
            yield from _groups(group)


def _groups(group: bpy.types.NodeTree) -> Iterator[Owner]:
    yield Owner(group)
    for inner in groups_in(group):
        yield from _groups(inner)


def groups_in(tree: bpy.types.NodeTree) -> list[bpy.types.NodeTree]:
    """The node groups that a tree uses itself."""
    trees = [getattr(node, "node_tree", None) for node in tree.nodes]
    return [each for each in trees if each is not None]


def drivers_of(owner: bpy.types.ID) -> list[Any]:
    """The drivers of a datablock."""
    animation = owner.animation_data
    return list(animation.drivers) if animation is not None else []


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
