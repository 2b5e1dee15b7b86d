"""The levels of a zoom under construction, also those that a loop shows again."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..engine.contract.geometry import level_offsets
from ..engine.contract.ids import Ids
from ..engine.contract.unrolling import Unrolled
from . import keys
from .draft import Draft
from .finding import image_of, parts
from .material import FEATHER_GROUP, build_feather_group, build_material, is_feather
from .planes import build_level, build_plane, drive_visibility


@dataclass(frozen=True)
class Rig:
    """What levels hang on; looked up anew in each step."""

    root: bpy.types.Object
    world: bpy.types.Object
    camera: bpy.types.Object


def add_level(
    draft: Draft, rig: Rig, unrolled: Unrolled, position: int, ids: Ids | None
) -> bpy.types.Object:
    """Build a level's Empty and plane, in the draft; from the widest to the deepest.

    Args:
        rig: that it becomes a part of.
        position: of the level among those of ``unrolled``.

    Returns:
        the Empty.

    Raises:
        ZoomStackError: code ``import_interrupted``.
    """
    collection = draft.collection()
    index = position - unrolled.first
    level = build_level(
        name_of(unrolled, position),
        index,
        rig.world,
        rig.camera,
        rig.root,
        unrolled.octaves[position],
        collection,
    )
    name_level(level, unrolled, position, ids)
    plane = build_plane(
        level,
        level_offsets(unrolled.placements)[position],
        unrolled.placements[position].aspect,
        _material(draft, rig, unrolled, position),
        collection,
    )
    drive_visibility(plane, rig.camera, rig.root, unrolled, position)
    return level


def name_of(unrolled: Unrolled, position: int) -> str:
    """What to call a level's Empty."""
    return f"Level {_label(unrolled.levels[position], position - unrolled.first)}"


def name_level(level: bpy.types.Object, unrolled: Unrolled, position: int, ids: Ids | None) -> None:
    """Let a level's Empty know which level it is, by its place and by its id."""
    index, number = position - unrolled.first, unrolled.levels[position]
    level[keys.INDEX] = index
    count = 1 + max(unrolled.levels)
    level[keys.LAP] = (index - number) // count
    if ids is not None:
        level[keys.ID] = ids.levels[number]


def _label(number: int, index: int) -> str:
    """What to call a level, from 01; one that is shown again says on which side of the turn."""
    name = f"{number + 1:02d}"
    if index < 0:
        return f"{name} Before"
    return f"{name} Again" if index > number else name


def _material(draft: Draft, rig: Rig, unrolled: Unrolled, position: int) -> bpy.types.Material:
    """A level's material; of one that is shown again the material that is there already.

    The widest level never shares: it alone has no soft border.
    """
    number = unrolled.levels[position]
    image = draft.image(number)
    if position == 0:
        label = _label(number, -unrolled.first)
        return build_material(f"{draft.title} {label}", image, None)
    for plane in draft.parts(keys.ROLE_PLANE):
        if plane[keys.INDEX] != -unrolled.first and image_of(plane) == image:
            return plane.active_material
    return build_material(f"{draft.title} {number + 1:02d}", image, feather_of(rig, draft))


def feather_of(rig: Rig, draft: Draft) -> bpy.types.NodeTree:
    """The node group of the soft border, which all levels of a zoom share; made if need be."""
    for plane in [*parts(rig.root, keys.ROLE_PLANE), *draft.parts(keys.ROLE_PLANE)]:
        material = plane.active_material
        tree = material.node_tree if material is not None else None
        for node in tree.nodes if tree is not None else ():
            if node.bl_idname == "ShaderNodeGroup" and is_feather(node.node_tree):
                return node.node_tree
    return build_feather_group(f"{FEATHER_GROUP} {draft.title}", rig.root)
