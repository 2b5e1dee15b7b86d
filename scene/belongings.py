"""The F-curves that go with a zoom in time: of its parts, and of all that hangs on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import bpy

from ..blender import compat
from . import keys
from .camera import zoom_curve
from .family import Family
from .finding import is_root, root_of
from .owners import owners_of

# Users of materials, data and nodes that have them at hand, but in no picture.
_SHOWS_NOTHING = (
    bpy.types.Brush, bpy.types.Library, bpy.types.Screen, bpy.types.WorkSpace,
    bpy.types.WindowManager,
)  # fmt: skip


@dataclass
class Belongings:
    """What is animated of a zoom.

    Attributes:
        curves: of actions that nothing else uses, each once; without the camera's zoom.
        shared: by name, actions that something outside uses too, or whose owners it uses, such as
            materials, and their curves.
        strips: names of what has NLA strips, whose keys are not reached.
    """

    curves: list[Any] = field(default_factory=list)
    shared: dict[str, list[Any]] = field(default_factory=dict)
    strips: list[str] = field(default_factory=list)


def belongings_of(root: bpy.types.Object) -> Belongings:
    """All that is animated in a zoom's collections, on objects below its root, and in their data.

    Linked actions and drivers are left out, and another zoom that hangs on this one: that has its
    own time.
    """
    found = Belongings()
    holders = _holders(_objects(root))
    groups: dict[Any, list[Any]] = {}
    for owner in holders:
        animation = owner.animation_data
        if animation is None:
            continue
        if any(track.strips for track in animation.nla_tracks):
            found.strips.append(owner.name)
        if animation.action is not None and animation.action.library is None:
            groups.setdefault(compat.animation_of(owner), []).append(owner)
    animated = [owner for group in groups.values() for owner in group]
    outside = _used_outside(animated, holders)
    for group in groups.values():
        action = group[0].animation_data.action
        curves = [each for each in compat.fcurves_of(group[0]) if not _is_zoom(each, group)]
        if not outside.isdisjoint(group):
            found.shared.setdefault(action.name, []).extend(curves)
        else:
            found.curves += curves
    return found


def is_shared(root: bpy.types.Object, owner: bpy.types.Object) -> bool:
    """Whether something outside of a zoom has the F-curves of one of its objects too."""
    animation = owner.animation_data
    action = animation.action if animation is not None else None
    if action is None or action.users <= 1 + action.use_fake_user:
        return False
    return bool(_used_outside([owner], _holders(_objects(root))))


def _is_zoom(curve: Any, owners: Iterable[bpy.types.ID]) -> bool:
    cameras = [each for each in owners if isinstance(each, bpy.types.Object) and keys.ZOOM in each]
    return any(zoom_curve(each) == curve for each in cameras)


def _objects(root: bpy.types.Object) -> list[bpy.types.Object]:
    homes = [home for home in root.users_collection if _is_own(home, root)]
    beside = [item for home in homes for item in home.all_objects if root_of(item) in (None, root)]
    return list(dict.fromkeys([root, *Family().below(root), *beside]))


def _is_own(home: bpy.types.Collection, root: bpy.types.Object) -> bool:
    """Whether a collection is one zoom's alone, and not a scene's."""
    if any(scene.collection == home for scene in bpy.data.scenes):
        return False
    return not any(is_root(item) and item != root for item in home.all_objects)


def _holders(objects: Iterable[bpy.types.Object]) -> dict[bpy.types.ID, bpy.types.ID]:
    """What may be animated of objects, each with what others would show to show it.

    Shape keys and nodes are not used by themselves, but with what they are a part of.
    """
    owners = ((each.of(each.holder), each.holder) for each in owners_of(objects))
    return {
        held: holder.user if isinstance(holder, bpy.types.Key) else holder
        for held, holder in owners
    }


def _used_outside(
    animated: Iterable[bpy.types.ID], holders: Mapping[bpy.types.ID, bpy.types.ID]
) -> set[bpy.types.ID]:
    """Those of the animated that something outside shows, or shares the F-curves of."""
    animated = list(animated)
    if not animated:
        return set()
    actions = {each: each.animation_data.action for each in animated}
    shown = {
        each: holders[each] for each in animated if not isinstance(holders[each], bpy.types.Object)
    }
    # Of node trees that are a part of something, the map has what they are a part of.
    users = bpy.data.user_map(subset={*actions.values(), *shown.values()})
    found = set()
    for each in animated:
        sharing = {user for user in users[actions[each]] if _shares(user, each)}
        showing = users[shown[each]] if each in shown else ()
        showing = {user for user in showing if not isinstance(user, _SHOWS_NOTHING)}
        if not (sharing | showing) <= holders.keys():
            found.add(each)
    return found


def _shares(user: bpy.types.ID, owner: bpy.types.ID) -> bool:
    """Whether a user of an owner's action has the owner's curves; in a strip it may have them."""
    animation = user.animation_data
    if animation is None or animation.action != owner.animation_data.action:
        return True
    return compat.animation_of(user) == compat.animation_of(owner)
