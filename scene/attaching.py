"""Hang things on a level, and take them off again.

An object's own location, rotation and scale stay as they are, with their keys, drivers and
constraints: what fits it into the level is the inverse matrix that Blender keeps for each parent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
from mathutils import Matrix, Vector

from ..blender import compat
from ..engine.contract.errors import ZoomStackError
from . import keys, lighting, ranges, twins
from .cursor import cursor_in
from .extent import Box, box_of
from .finding import is_linked, root_of
from .spaces import (
    UPRIGHT,
    Placed,
    centre_of,
    exponent_of,
    focus_of,
    number_of,
    own_octaves,
    placed,
    scaled,
)

#: Of a level's width, unless another share is asked for.
SHARE = 0.25
# A box this much thinner than wide is a picture or a text: it lies, and is to stand.
_FLAT = 1e-3
# A level that is further from the view, in octaves, is put back as if it were this near.
_NEAR = 10.0
_TRANSFORMS = ("location", "rotation", "scale", "delta_")


@dataclass(frozen=True)
class Fit:
    """How things come to lie on a level.

    Attributes:
        place: "CENTER" of the level's picture; "FOCUS": where the next level lies; "CURSOR": where
            the 3D cursor is seen; "STAY": where the things are seen at present, in the size in
            which they are seen.
        share: the largest side of all of them together, in widths of the level; above 0.
        facing: "FRONT": what the front view sees faces the camera; "TOP": what the top view sees;
            "KEEP": turned as at present; "AUTO": flat things that lie stand up, others "FRONT".
    """

    place: str = "CENTER"
    share: float = SHARE
    facing: str = "AUTO"


@dataclass(frozen=True)
class Attached:
    """What was attached.

    Attributes:
        things: what hangs on the level.
        parted: those of them that had another parent, which did not come along.
        size: of all of them together, in widths of the level: across, up, towards the camera.
        animated: names of lamps whose energy is animated, and does not follow their size.
    """

    things: list[bpy.types.Object]
    parted: list[bpy.types.Object]
    size: Vector
    animated: list[str]


def can_hang(item: bpy.types.Object, root: bpy.types.Object) -> bool:
    """Whether an object may hang on a level: not parts of a zoom, what is linked, what bears it."""
    if item.library is not None or item.override_library is not None:
        return False
    if item.get(keys.ROLE, keys.ROLE_ROOT) != keys.ROLE_ROOT:
        return False
    if keys.READ_OUT in item or keys.TWIN_OF in item:
        return False
    if item.instance_collection is not None and not can_instance(item.instance_collection, root):
        return False
    bearer: bpy.types.Object | None = root
    while bearer is not None and bearer != item:
        bearer = bearer.parent
    return bearer is None


def is_for_things(collection: bpy.types.Collection, root: bpy.types.Object) -> bool:
    """Whether a collection in that of a zoom is the one for what is added to it."""
    return collection.name.startswith(f"{root.name} Things")


def can_instance(collection: bpy.types.Collection, root: bpy.types.Object) -> bool:
    """Whether an instance of a collection may hang on a zoom: that must not be seen in it."""
    homes = set(root.users_collection)
    homes |= {each for home in homes for each in home.children if is_for_things(each, root)}
    seen, waiting = set[bpy.types.Collection](), [collection]
    while waiting:
        present = waiting.pop()
        if present in seen:
            continue
        seen.add(present)
        instances = (item.instance_collection for item in present.all_objects)
        waiting += [each for each in instances if each is not None]
        if homes & {present, *present.children_recursive}:
            return False
    return True


def attach(
    root: bpy.types.Object,
    level: bpy.types.Object,
    objects: Sequence[bpy.types.Object],
    fit: Fit | None = None,
) -> Attached:
    """Hang objects on a level's Empty, fitted to it; the present zoom stays.

    What hangs on an object comes along. An object whose parent is not among them leaves it, unless
    that parent deforms it and so comes along. What hung on another level leaves that.

    Args:
        fit: None: a quarter of the level's width, in its middle.

    Raises:
        ZoomStackError: codes ``linked_zoom``, ``nothing_to_attach``, ``cursor_elsewhere``.
    """
    fit = fit or Fit()
    if is_linked(root):
        raise ZoomStackError("linked_zoom", "This zoom is linked from another file.")
    tops = _tops(root, objects)
    if not tops:
        raise ZoomStackError(
            "nothing_to_attach",
            "None of these objects can hang on a level.",
            "Select objects that are neither parts of a zoom nor linked.",
        )
    sides = _sides(root, level, tops, fit)
    box = box_of(zip(tops, sides, strict=True))
    by = Matrix() if fit.place == "STAY" else _fitted(box, fit.share, _place(root, level, fit))
    parted = [item for item in tops if _has_other_parent(item)]
    animated = []
    for item, side in zip(tops, sides, strict=True):
        twins.forget(item)
        was = placed(item).matrix
        item.parent, item.parent_type = level, "OBJECT"
        item.matrix_parent_inverse = by @ side
        animated += lighting.keep_looks(item, level, _grown(was, by @ side))
        ranges.follow(root, item)
    twins.follow(root, tops)
    return Attached(tops, parted, box.size * by.median_scale, animated)


def detach(root: bpy.types.Object, thing: bpy.types.Object) -> None:
    """Put a thing back into the world, where it is seen; its visibility range goes.

    A level that is out of sight counts as one at the edge of it. What moves by keys, drivers or
    constraints hangs on an Empty of its own then, in the world.
    """
    twins.forget(thing)
    ranges.drop_range(thing)
    was = placed(thing)
    side = _into_world(root, was)
    lighting.free_looks(thing, _grown(was.matrix, side))
    if not moves_by_itself(thing):
        thing.parent = None
        thing.matrix_basis = side @ thing.matrix_basis
        thing.matrix_parent_inverse = Matrix()
        return
    holder = bpy.data.objects.new(f"{thing.name} Place", None)
    for home in thing.users_collection:
        home.objects.link(holder)
    holder.matrix_basis = side
    thing.parent = holder
    thing.matrix_parent_inverse = Matrix()


def _grown(before: Matrix, after: Matrix) -> float:
    """How many times as large something has become; 1 for what has no size."""
    return after.median_scale / before.median_scale if before.median_scale > 0.0 else 1.0


def _tops(root: bpy.types.Object, objects: Sequence[bpy.types.Object]) -> list[bpy.types.Object]:
    """The objects to hang up, each once; what hangs on another of them comes with that."""
    borne = dict.fromkeys(_bearer(item, root) for item in objects if can_hang(item, root))
    return [item for item in borne if not _ancestors(item) & borne.keys()]


def _bearer(item: bpy.types.Object, root: bpy.types.Object) -> bpy.types.Object:
    """An object, or the one that moves its points and so has to come along."""
    parent = item.parent
    while parent is not None and can_hang(parent, root) and _deforms(parent, item):
        item, parent = parent, parent.parent
    return item


def _deforms(parent: bpy.types.Object, item: bpy.types.Object) -> bool:
    if item.parent_type != "OBJECT":
        return True
    return any(getattr(modifier, "object", None) == parent for modifier in item.modifiers)


def _ancestors(item: bpy.types.Object) -> set[bpy.types.Object]:
    found = set()
    while item.parent is not None:
        item = item.parent
        found.add(item)
    return found


def _has_other_parent(item: bpy.types.Object) -> bool:
    return item.parent is not None and keys.ROLE not in item.parent


def _sides(
    root: bpy.types.Object,
    level: bpy.types.Object,
    tops: Sequence[bpy.types.Object],
    fit: Fit,
) -> list[Matrix]:
    """What the objects' own transforms are in, brought into one space.

    That is the level's, for what stays where it is seen; else one of the same directions.
    """
    found = [_of_this_zoom(root, placed(item)) for item in tops]
    exponents = [exponent_of(root, each.level) + own_octaves(root, level) for each in found]
    if fit.place == "STAY":
        turn = root.matrix_world.inverted_safe()
    else:
        turn = _turn(root, tops, found, fit.facing)
        exponents = [each - exponents[0] for each in exponents]
    return [
        scaled(exponent) @ (turn @ each.matrix if each.level is None else each.matrix)
        for each, exponent in zip(found, exponents, strict=True)
    ]


def _turn(
    root: bpy.types.Object,
    tops: Sequence[bpy.types.Object],
    found: Sequence[Placed],
    facing: str,
) -> Matrix:
    """From the world into a level's directions."""
    if facing == "KEEP":
        return root.matrix_world.to_quaternion().inverted().to_matrix().to_4x4()
    lying = [(item, each.matrix) for item, each in zip(tops, found, strict=True)]
    world = [pair for pair, each in zip(lying, found, strict=True) if each.level is None]
    if facing == "TOP" or (facing == "AUTO" and world and _lies_flat(box_of(world))):
        return Matrix()
    return UPRIGHT


def _lies_flat(box: Box) -> bool:
    return box.size.z < _FLAT * max(box.size.x, box.size.y)


def _of_this_zoom(root: bpy.types.Object, was: Placed) -> Placed:
    """What hangs on another zoom is in the world, as that zoom shows it at present."""
    other = root_of(was.level)
    if other is None or other == root:
        return was
    return Placed(_into_world(other, was), None)


def _into_world(root: bpy.types.Object, was: Placed) -> Matrix:
    """What lies in a level's space as it is seen in the world; near enough to the view's size."""
    if was.level is None:
        return was.matrix
    exponent = exponent_of(root, was.level) - exponent_of(root, None)
    if root.get(keys.TRAVEL, 1.0) < 0.5:
        exponent = min(max(exponent, -_NEAR), _NEAR)
    return root.matrix_world @ scaled(exponent) @ was.matrix


def _place(root: bpy.types.Object, level: bpy.types.Object, fit: Fit) -> Vector:
    if fit.place == "FOCUS":
        return focus_of(root, level)
    if fit.place != "CURSOR":
        return centre_of(root, level)
    cursor = cursor_in(root, level, bpy.context.scene)
    if cursor is None:
        raise ZoomStackError(
            "cursor_elsewhere",
            f"The zoom's camera does not see the 3D cursor before level "
            f"{number_of(root, level) + 1}.",
            "Place the cursor on that picture by Shift and a right click, or choose another place.",
        )
    return cursor


def _fitted(box: Box, share: float, place: Vector) -> Matrix:
    """Bring a box to its size and place: standing before the picture, its back on it."""
    largest = max(box.size)
    scale = share / largest if largest > 0.0 else 1.0
    middle = Vector((box.centre.x, box.centre.y, box.low.z))
    return Matrix.Translation(place) @ Matrix.Scale(scale, 4) @ Matrix.Translation(-middle)


def moves_by_itself(item: bpy.types.Object) -> bool:
    """Whether keys, drivers or constraints decide where an object lies."""
    animation = item.animation_data
    if animation is not None and animation.nla_tracks:
        return True
    curves = [*compat.fcurves_of(item), *(animation.drivers if animation is not None else ())]
    return bool(item.constraints) or any(each.data_path.startswith(_TRANSFORMS) for each in curves)
