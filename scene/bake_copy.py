"""A copy of a zoom's objects, with copies of all that is driven in what they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import bpy

from .owners import Owner, drivers_of, groups_in

_ENDING = " Baked"
# What a view layer knows of a collection; to exclude one excludes those within too.
_FLAGS = ("exclude", "hide_viewport", "indirect_only", "holdout")

Copies = dict[bpy.types.ID, bpy.types.ID]


def copy_zoom(
    items: Sequence[bpy.types.Object], owners: Iterable[Owner], copies: Copies
) -> Iterator[None]:
    """Copy objects, and of their data, materials and nodes what drivers reach; in no scene yet.

    Yields often.

    Args:
        items: a zoom's root and all below it.
        owners: of them, see ``owners_of``.
        copies: takes each copy by what it was copied from.
    """
    for item in items:
        copies[item] = _copied(item)
        yield
    yield from _copy_driven(copies, list(owners))
    for item in items:
        _rebuild(item, copies)
        yield


def drop_copies(copies: Copies) -> None:
    """Take away what was copied."""
    bpy.data.batch_remove([each for each in copies.values() if not isinstance(each, bpy.types.Key)])


def _copied(holder: bpy.types.ID) -> Any:
    copy = holder.copy()
    copy.name = holder.name + _ENDING
    return copy


def _copy_driven(copies: Copies, owners: list[Owner]) -> Iterator[None]:
    driven = {each.holder for each in owners if drivers_of(each.of(each.holder))}
    trees = [each for each in owners if _tree_of(each) is not None]
    before = -1
    while before != len(driven):  # what uses a copied group is copied too
        before = len(driven)
        driven |= {each.holder for each in trees if driven & set(groups_in(_tree_of(each)))}
    for holder in dict.fromkeys(each.holder for each in owners):
        # Shape keys are copied along with their mesh.
        if holder in driven and holder not in copies and not isinstance(holder, bpy.types.Key):
            copies[holder] = _copied(holder)
            yield
    for owner in trees:
        if owner.holder in copies:
            for node in _tree_of(Owner(copies[owner.holder], owner.in_tree)).nodes:
                group = getattr(node, "node_tree", None)
                if group in copies:
                    node.node_tree = copies[group]


def _tree_of(owner: Owner) -> Any:
    held = owner.of(owner.holder)
    return held if isinstance(held, bpy.types.NodeTree) else None


def _rebuild(item: bpy.types.Object, copies: Copies) -> None:
    """Let the copy of an object use copies as the object uses what they were copied from."""
    copy = copies[item]
    shapes = getattr(item.data, "shape_keys", None)
    if item.data in copies or (shapes is not None and drivers_of(shapes)):
        if item.data not in copies:
            copies[item.data] = _copied(item.data)
        copy.data = copies[item.data]
        if shapes is not None:
            copies[shapes] = copy.data.shape_keys
    for slot, of in zip(copy.material_slots, item.material_slots, strict=True):
        if of.material in copies:
            slot.link = "OBJECT"  # others may share the mesh
            slot.material = copies[of.material]
    if item.parent in copies:
        kind, inverse = item.parent_type, item.matrix_parent_inverse.copy()
        bone, corners = item.parent_bone, item.parent_vertices[:]
        copy.parent = copies[item.parent]
        copy.parent_type, copy.parent_bone, copy.parent_vertices = kind, bone, corners
        copy.matrix_parent_inverse = inverse
    for user in (*copy.constraints, *copy.modifiers, *_settings(copy)):
        point_to_copies(user, copies)


def _settings(copy: bpy.types.Object) -> list[Any]:
    data = copy.data
    return [data.dof] if isinstance(data, bpy.types.Camera) and data.users == 1 else []


def point_to_copies(user: Any, copies: Copies) -> None:
    """Let what is part of a copy, such as a constraint, use copies as well."""
    for name, about in user.bl_rna.properties.items():
        if about.type == "POINTER" and not about.is_readonly:
            used = getattr(user, name)
            if isinstance(used, bpy.types.ID) and used in copies:
                setattr(user, name, copies[used])
    for target in getattr(user, "targets", ()):
        if target.target in copies:
            target.target = copies[target.target]


def show_copies(scene: bpy.types.Scene, items: Sequence[bpy.types.Object], copies: Copies) -> None:
    """Put the copies into collections as their originals lie in, and hide those."""
    ours = set(items)
    title = items[0].name + _ENDING
    top = bpy.data.collections.new(title)
    scene.collection.children.link(top)
    homes: dict[bpy.types.Collection, bpy.types.Collection] = {}
    for item in items:
        for home in item.users_collection or (scene.collection,):
            if home == scene.collection or item == items[0] or home in items[0].users_collection:
                homes[home] = top
            elif home not in homes:
                homes[home] = bpy.data.collections.new(home.name + _ENDING)
                top.children.link(homes[home])
            if copies[item].name not in homes[home].objects:
                homes[home].objects.link(copies[item])
    _follow_layers(scene, homes)
    for home in homes:
        if home != scene.collection and ours.issuperset(home.all_objects):
            home.hide_viewport = home.hide_render = True
        else:
            _hide_within(home, ours, title.removesuffix(_ENDING))


def _follow_layers(
    scene: bpy.types.Scene, homes: dict[bpy.types.Collection, bpy.types.Collection]
) -> None:
    """Let each view layer show of the copies what it shows of the zoom, as a catcher's need."""
    for layer in scene.view_layers:
        held = {each.collection: each for each in _walk(layer.layer_collection)}
        for home, copy in homes.items():
            if home in held and copy in held and home != scene.collection:
                for flag in _FLAGS:
                    setattr(held[copy], flag, getattr(held[home], flag))


def _walk(held: bpy.types.LayerCollection) -> Iterator[bpy.types.LayerCollection]:
    yield held
    for inner in held.children:
        yield from _walk(inner)


def _hide_within(home: bpy.types.Collection, ours: set[bpy.types.Object], title: str) -> None:
    """Hide a zoom that lies among other things: in a collection of its own there."""
    inner = bpy.data.collections.new(f"{title} Driven")
    home.children.link(inner)
    for item in [each for each in home.objects if each in ours]:
        inner.objects.link(item)
        home.objects.unlink(item)
    inner.hide_viewport = inner.hide_render = True
