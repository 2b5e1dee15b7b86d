"""The levels of a zoom under construction, also those that a loop shows again."""

from __future__ import annotations

import bpy

from ..engine.contract.geometry import level_offsets
from ..engine.contract.unrolling import Unrolled
from . import keys
from .draft import Draft
from .finding import image_of
from .material import FEATHER_GROUP, build_feather_group, build_material
from .planes import build_level, build_plane, drive_visibility


def add_level(draft: Draft, unrolled: Unrolled, position: int) -> None:
    """Build a level's Empty and plane; from the widest to the deepest.

    Args:
        position: of the level among those of ``unrolled``.

    Raises:
        ZoomStackError: code ``import_interrupted``.
    """
    root, camera = draft.part(keys.ROLE_ROOT), draft.part(keys.ROLE_CAMERA)
    collection = draft.collection()
    index = position - unrolled.first
    level = build_level(
        f"Level {_label(unrolled.levels[position], index)}",
        index,
        draft.part(keys.ROLE_WORLD),
        camera,
        root,
        unrolled.octaves[position],
        collection,
    )
    plane = build_plane(
        level,
        level_offsets(unrolled.placements)[position],
        unrolled.placements[position].aspect,
        _material(draft, root, unrolled, position),
        collection,
    )
    drive_visibility(plane, camera, root, unrolled, position)


def _label(number: int, index: int) -> str:
    """What to call a level; one that is shown again says on which side of the turn it is."""
    if index < 0:
        return f"{number:02d} Before"
    return f"{number:02d} Again" if index > number else f"{number:02d}"


def _material(
    draft: Draft, root: bpy.types.Object, unrolled: Unrolled, position: int
) -> bpy.types.Material:
    """A level's material; of one that is shown again the material that is there already.

    The widest level never shares: it alone has no soft border.
    """
    number = unrolled.levels[position]
    image = draft.image(number)
    if position == 0:
        label = _label(number, -unrolled.first)
        return build_material(f"{draft.title} {label}", image, None)
    if position == 1:
        feather = build_feather_group(f"{FEATHER_GROUP} {draft.title}", root)
    else:
        for plane in draft.parts(keys.ROLE_PLANE)[1:]:
            if image_of(plane) == image:
                return plane.active_material
        feather = draft.feather_group()
    return build_material(f"{draft.title} {number:02d}", image, feather)
