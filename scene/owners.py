"""What can be animated of objects: themselves, and what their looks are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from ..blender.compat import fcurves_of


@dataclass(frozen=True)
class Owner:
    """What is animated: a datablock, or the node tree that is a part of it."""

    holder: bpy.types.ID
    in_tree: bool = False

    def of(self, holder: bpy.types.ID) -> bpy.types.ID:
        """The same of a copy of the datablock, or of what Blender evaluates of it."""
        return holder.node_tree if self.in_tree else holder


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


def is_driven(owner: bpy.types.ID, path: str) -> bool:
    """Whether a driver sets a property, or one number of it."""
    return any(curve.data_path == path for curve in drivers_of(owner))


def is_keyed(owner: bpy.types.ID, path: str) -> bool:
    """Whether a property, or one number of it, has keys in its owner's action."""
    return any(curve.data_path == path for curve in fcurves_of(owner))
