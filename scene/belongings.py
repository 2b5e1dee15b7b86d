"""The F-curves that go with a zoom in time: of its parts, and of all that hangs on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import bpy

from ..blender import compat
from . import keys
from .camera import zoom_curve
from .finding import root_of


@dataclass
class Belongings:
    """What is animated of a zoom.

    Attributes:
        curves: of actions that nothing else uses, each once; without the camera's zoom.
        shared: by name, actions that something outside uses too, and their curves.
        strips: names of what has NLA strips, whose keys are not reached.
    """

    curves: list[Any] = field(default_factory=list)
    shared: dict[str, list[Any]] = field(default_factory=dict)
    strips: list[str] = field(default_factory=list)


def belongings_of(root: bpy.types.Object) -> Belongings:
    """All that is animated in a zoom's collections, on objects below its root, and in their data.

    Linked actions and drivers are left out.
    """
    found = Belongings()
    owners = list(dict.fromkeys(_owners(_objects(root))))
    groups: dict[Any, list[Any]] = {}
    for owner in owners:
        animation = owner.animation_data
        if animation is None:
            continue
        if any(track.strips for track in animation.nla_tracks):
            found.strips.append(owner.name)
        if animation.action is not None and animation.action.library is None:
            groups.setdefault(compat.animation_of(owner), []).append(owner)
    actions = {group[0].animation_data.action for group in groups.values()}
    outside = _used_outside(actions, owners)
    for group in groups.values():
        action = group[0].animation_data.action
        curves = [each for each in compat.fcurves_of(group[0]) if not _is_zoom(each, group)]
        if action in outside:
            found.shared.setdefault(action.name, []).extend(curves)
        else:
            found.curves += curves
    return found


def _is_zoom(curve: Any, owners: Iterable[bpy.types.ID]) -> bool:
    cameras = [each for each in owners if isinstance(each, bpy.types.Object) and keys.ZOOM in each]
    return any(zoom_curve(each) == curve for each in cameras)


def _objects(root: bpy.types.Object) -> list[bpy.types.Object]:
    homes = [home for home in root.users_collection if not _is_scenes(home)]
    mine = [item for home in homes for item in home.all_objects]
    found = dict.fromkeys([root, *root.children_recursive, *mine])
    return [item for item in found if _goes_with(item, root)]


def _goes_with(item: bpy.types.Object, root: bpy.types.Object) -> bool:
    """Whether a zoom leads an object in time: another zoom, though it may hang on this one, has
    a time of its own for all that is in it."""
    other = root_of(item)
    return other in (None, root) or (other == item and root_of(item.parent) == root)


def _is_scenes(collection: bpy.types.Collection) -> bool:
    return any(scene.collection == collection for scene in bpy.data.scenes)


def _owners(objects: Iterable[bpy.types.Object]) -> Iterator[bpy.types.ID]:
    """Objects and what their looks are made of, as far as it can be animated."""
    for item in objects:
        yield item
        if item.data is not None:
            yield item.data
            yield from filter(None, [getattr(item.data, "shape_keys", None)])
            yield from filter(None, [getattr(item.data, "node_tree", None)])
        for slot in item.material_slots:
            if slot.material is not None:
                yield slot.material
                yield from filter(None, [slot.material.node_tree])


def _used_outside(
    actions: set[bpy.types.Action], owners: Iterable[bpy.types.ID]
) -> set[bpy.types.Action]:
    if not actions:
        return set()
    ours = set(owners)  # of node trees that are a part of something, what they are a part of
    users = bpy.data.user_map(subset=actions)
    return {action for action in actions if not users[action] <= ours}
