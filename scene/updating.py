"""A zoom that is in the file takes another stack: pictures, and where its levels lie.

Levels are known by their ids. What the artist made stays: keys, materials, objects that hang on
levels, the scene's settings. What must move with a level moves.
"""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import bpy
from mathutils import Matrix

from ..blender.folders import beside_file
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.geometry import level_offsets
from ..engine.contract.ids import Ids
from ..engine.contract.stack import Stack
from ..engine.contract.unrolling import Unrolled, unroll
from . import keys
from .camera import describe_zoom
from .draft import Draft
from .family import Family, rename_levels
from .finding import (
    are_selectable,
    camera_of,
    file_of,
    image_of,
    octaves_of,
    part,
    parts,
    stops_of,
    turn_of,
)
from .hanging import follow_levels
from .levels import Rig, add_level, feather_of, name_level, name_of
from .material import give_border, swap_picture, take_border
from .path import offset_table
from .planes import drive_visibility, move_rectangle
from .readout import refresh_read_out
from .receiving import light_new_levels
from .rekeying import Followed
from .rig import drive_framing, drive_level_scale, drive_pan
from .unused import drop_unused
from .whereabouts import is_painted

_SAME = 1e-6

# An id, and in which turn of a loop.
_Key = tuple[str, int]
_Result = TypeVar("_Result")


@dataclass
class Updated:
    """What an update did that the artist wants to know.

    Attributes:
        moved: names of objects that hung on a level which is gone, and hang on a wider one now.
        own: numbers of levels whose material shows no picture, and so not the new one either.
    """

    root_name: str
    moved: list[str] = field(default_factory=list)
    own: list[int] = field(default_factory=list)

    def notes(self) -> list[str]:
        """The same, for people."""
        notes = []
        if self.moved:
            names = ", ".join(self.moved)
            notes.append(f"Their level is gone, so these hang on the next wider one now: {names}.")
        if self.own:
            levels = ", ".join(str(number + 1) for number in sorted(set(self.own)))
            notes.append(f"Levels with materials of your own that show no picture stay: {levels}.")
        return notes


def update_steps(
    find_root: Callable[[], bpy.types.Object | None], stack: Stack
) -> Generator[str, None, Updated]:
    """Update one small piece at each ``next``; nothing shows before the last.

    Yields what comes next, for people. Closing the generator, and every error, removes what was
    made. The caller pushes the one undo step at the end.

    Args:
        find_root: the zoom's root, looked up anew: undo may have made it another one.
        stack: with ids.

    Raises:
        ZoomStackError: codes ``bad_picture``, ``bad_geometry``, ``import_interrupted``.
    """
    assert stack.ids is not None
    draft = Draft(stack.folder.resolve().name or "Zoom")
    try:
        sizes = yield from draft.load_pictures(stack)
        unrolled = unroll(stack, sizes)
        there = _levels(_found(find_root))
        total = len(unrolled.levels)
        names = [_key(unrolled, position, stack.ids) for position in range(total)]
        new = [position for position in range(total) if names[position] not in there]
        if new:  # with many objects around, Blender takes long to remove a collection again
            draft.new_collection()
        for position in new:
            yield f"Building level {position + 1} of {total}"
            level = add_level(draft, _rig(_found(find_root)), unrolled, position, stack.ids)
            level.parent = None  # a part of the zoom only at the end
        equal: set[_Key] = set()
        for position in range(total):
            yield "Comparing the pictures"
            level = _levels(_found(find_root)).get(names[position])
            if level is not None and _is_shown(level, stack.picture(unrolled.levels[position])):
                equal.add(names[position])
        yield "Updating the zoom"
        plan = _plan(stack, unrolled, equal)
        yield "Updating the zoom"
        result = _show(_found(find_root), draft, plan)
        draft.finish()
    except BaseException:
        draft.discard()
        raise
    return result


def finish_update(steps: Generator[Any, None, _Result]) -> _Result:
    """Do what is left of an update, or of other work in steps, in one go."""
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            result: _Result = finished.value
            return result


@dataclass(frozen=True)
class _Plan:
    """What can be worked out before anything shows.

    Attributes:
        wanted: the levels to be, widest first; so are ``offsets``, the pictures' centres.
        path: of the camera; see ``path.offset_table``.
        equal: levels whose new file is that of the picture that they show, or a copy of it.
    """

    stack: Stack
    unrolled: Unrolled
    wanted: list[_Key]
    offsets: list[tuple[float, float]]
    path: list[tuple[float, float, float]]
    manifest: str
    equal: set[_Key]


def _plan(stack: Stack, unrolled: Unrolled, equal: set[_Key]) -> _Plan:
    assert stack.ids is not None
    wanted = [_key(unrolled, position, stack.ids) for position in range(len(unrolled.levels))]
    return _Plan(
        stack,
        unrolled,
        wanted,
        level_offsets(unrolled.placements),
        offset_table(unrolled.placements, unrolled.octaves[0]),
        stack.to_text(),
        equal,
    )


def _is_shown(level: bpy.types.Object, file: Path) -> bool:
    """Whether a level shows what a file holds."""
    picture = Family().picture(level)
    try:
        return (
            picture is not None
            and not is_painted(picture)
            and filecmp.cmp(file_of(picture), file, shallow=False)
        )
    except OSError:
        return False


def _show(root: bpy.types.Object, draft: Draft, plan: _Plan) -> Updated:
    """The only step that changes what the user sees."""
    unrolled, wanted, ids = plan.unrolled, plan.wanted, plan.stack.ids
    rig, result = _rig(root), Updated(root.name)
    before, family = _levels(root), Family()
    pictures = {key: family.picture(level) for key, level in before.items()}
    swapped = [*pictures.values(), *(level.get(keys.OTHER) for level in before.values())]
    octaves, turn = octaves_of(root), turn_of(root) or 0.0
    places = {
        key: _Placed(level, family.plane(level), octaves, turn) for key, level in before.items()
    }
    followed = Followed(root)
    built = {(each[keys.ID], each[keys.LAP]): each for each in draft.parts(keys.ROLE_LEVEL)}
    there = {**built, **before}
    if not set(wanted) <= there.keys():
        raise _interrupted()
    levels = {key: there[key] for key in wanted}
    widest = min(before, key=lambda key: places[key].octaves, default=None)
    if built:
        _link_new(rig, draft, hidden=not are_selectable(root))
    _let_go(before, family, places, wanted, rig.world, result)
    result.own = _swap_pictures([family.plane(levels[key]) for key in wanted], draft, unrolled)
    for position, key in enumerate(wanted):
        level, plane = levels[key], family.plane(levels[key])
        if key in places:
            _move(level, family, places[key], rig, unrolled, position, plan.offsets[position])
        name_level(level, unrolled, position, ids)
        if plane is not None:
            plane[keys.INDEX] = level[keys.INDEX]
    _remember_pictures(pictures, levels, family, plan.equal)
    rename_levels(family, [(levels[key], name_of(unrolled, i)) for i, key in enumerate(wanted)])
    _set_borders(levels, family, wanted, widest, rig, draft)
    if built:
        draft.drop_collection()
    _tell_root(root, plan)
    new = [unrolled.levels[i] for i, key in enumerate(wanted) if key in built and key[1] == 0]
    light_new_levels(root, new)
    pan = part(root, keys.ROLE_PAN)
    if pan is not None:
        drive_framing(pan, rig.camera, unrolled.placements[unrolled.first].aspect)
        drive_pan(pan, rig.camera, plan.path)
    describe_zoom(rig.camera, stops_of(root))
    stayed = [(i, key) for i, key in enumerate(wanted) if key in places and key[1] == 0]
    followed.follow(
        root, rig.camera, [(places[key].octaves, unrolled.octaves[i]) for i, key in stayed]
    )
    follow_levels(root)
    refresh_read_out(root)
    drop_unused(each for each in swapped if isinstance(each, bpy.types.Image))
    return result


def _remember_pictures(
    before: dict[_Key, bpy.types.Image | None],
    levels: dict[_Key, bpy.types.Object],
    family: Family,
    equal: set[_Key],
) -> None:
    """Levels keep what they showed before, to compare with; one that was kept is copied whole."""
    for key, picture in before.items():
        if picture is None or key not in levels or key[1] != 0 or key in equal:
            continue
        now = family.picture(levels[key])
        if now is not None and now != picture:
            levels[key][keys.OTHER] = picture


class _Placed:
    """Where a level lay before the update.

    Args:
        plane: the level's.
        octaves: at which each level of the zoom was the view.
        turn: of a loop; of no loop 0.

    Attributes:
        octaves: the zoom at which it was the view.
        centre: of its picture, from the zoom's limit point, in its own widths; None where the
            picture was deleted or is another mesh.
    """

    def __init__(
        self,
        level: bpy.types.Object,
        plane: bpy.types.Object | None,
        octaves: Sequence[float],
        turn: float,
    ) -> None:
        lap = int(level.get(keys.LAP, 0))
        self.octaves = octaves[int(level[keys.INDEX]) - lap * len(octaves)] + lap * turn
        corners = [vertex.co for vertex in plane.data.vertices] if plane is not None else []
        self.centre = None
        if len(corners) == 4:
            self.centre = (
                sum(corner.x for corner in corners) / 4,
                sum(corner.y for corner in corners) / 4,
            )


def _move(
    level: bpy.types.Object,
    family: Family,
    was: _Placed,
    rig: Rig,
    unrolled: Unrolled,
    position: int,
    centre: tuple[float, float],
) -> None:
    """Put a level that stays where it lies now; what hangs on it goes along."""
    if abs(was.octaves - unrolled.octaves[position]) > _SAME:
        drive_level_scale(level, rig.camera, rig.root, unrolled.octaves[position])
    plane = family.plane(level)
    if plane is not None:
        move_rectangle(plane.data, centre, unrolled.placements[position].aspect)
        drive_visibility(plane, rig.camera, rig.root, unrolled, position)
    if was.centre is None:
        return
    shift = (centre[0] - was.centre[0], centre[1] - was.centre[1])
    if max(map(abs, shift)) > _SAME:
        for item in family.attached(level):
            _carry(item, Matrix.Translation((*shift, 0.0)))


def _let_go(
    before: dict[_Key, bpy.types.Object],
    family: Family,
    places: dict[_Key, _Placed],
    wanted: list[_Key],
    world: bpy.types.Object,
    result: Updated,
) -> None:
    """Remove levels that are gone; what hung on them goes to the nearest wider one that stays.

    Where no level stays, it hangs on ``world``.
    """
    order = sorted(before, key=lambda key: places[key].octaves)
    doomed: list[bpy.types.ID] = []
    for index, key in enumerate(order):
        if key in wanted:
            continue
        level = before[key]
        wider = [other for other in order[:index] if other in wanted]
        heirs = wider[-1:] or [other for other in order[index + 1 :] if other in wanted][:1]
        plane = family.plane(level)
        for item in family.attached(level):
            local = plane.matrix_local if plane is not None and item.parent == plane else Matrix()
            ratio = 2.0 ** ((places[heirs[0]].octaves if heirs else 0.0) - places[key].octaves)
            family.hang(item, before[heirs[0]] if heirs else world)
            _carry(item, Matrix.Scale(ratio, 4) @ local)
            result.moved.append(item.name)
        doomed.append(level)
        if plane is not None:
            doomed += [plane, *([plane.data] if plane.data.users == 1 else [])]
    if doomed:
        bpy.data.batch_remove(doomed)


def _swap_pictures(
    planes: Sequence[bpy.types.Object | None], draft: Draft, unrolled: Unrolled
) -> list[int]:
    """Swap datablocks, which undo takes back; the files of the old ones stay as they are.

    Args:
        planes: of the levels, widest first.

    Returns:
        numbers of levels that show no picture.
    """
    for number, plane in zip(unrolled.levels, planes, strict=True):
        material = plane.active_material if plane is not None else None
        old = image_of(plane) if plane is not None else None
        if material is None or material.node_tree is None or old is None:
            continue
        # A loop's levels share a material: it has the new picture after the first of them.
        swap_picture(material, old, draft.image(number))
    pairs = zip(unrolled.levels, planes, strict=True)
    return [n for n, plane in pairs if plane is not None and image_of(plane) is None]


def _set_borders(
    levels: dict[_Key, bpy.types.Object],
    family: Family,
    wanted: list[_Key],
    widest: _Key | None,
    rig: Rig,
    draft: Draft,
) -> None:
    """The widest level fills the frame, the one that was it before ends softly like all others.

    Args:
        widest: that was before.
    """
    if widest is None or widest == wanted[0]:
        return
    plane = family.plane(levels[wanted[0]])
    material = plane.active_material if plane is not None else None
    if plane is not None and material is not None and material.node_tree is not None:
        if material.users > 1:  # a loop shows it again, with its border
            material = material.copy()
            plane.active_material = material
        take_border(material)
    plane = family.plane(levels[widest]) if widest in wanted else None
    material = plane.active_material if plane is not None else None
    if material is not None and material.node_tree is not None:
        give_border(material, feather_of(rig, draft))


def _tell_root(root: bpy.types.Object, plan: _Plan) -> None:
    stack, unrolled = plan.stack, plan.unrolled
    first = unrolled.first
    root[keys.OCTAVES] = unrolled.octaves[first : first + len(stack.levels)]
    if unrolled.turn is not None:
        root[keys.TURN] = unrolled.turn
    elif keys.TURN in root:
        del root[keys.TURN]
    root[keys.FOLDER] = beside_file(str(stack.folder.resolve()))
    root[keys.MANIFEST] = plan.manifest


def _link_new(rig: Rig, draft: Draft, hidden: bool) -> None:
    """Put what was built into the zoom's own collections; ``hidden`` from clicks or not."""
    built, homes = draft.collection(), rig.root.users_collection
    for item in list(built.objects):
        if item.get(keys.ROLE) == keys.ROLE_LEVEL:
            item.parent = rig.world
        item.hide_select = hidden
        for home in homes:
            home.objects.link(item)
        built.objects.unlink(item)


def _found(find_root: Callable[[], bpy.types.Object | None]) -> bpy.types.Object:
    root = find_root()
    if root is None or camera_of(root) is None or part(root, keys.ROLE_WORLD) is None:
        raise _interrupted()
    return root


def _interrupted() -> ZoomStackError:
    return ZoomStackError(
        "import_interrupted",
        "The zoom that these pictures are for is gone, or lacks a part.",
        "Import the stack as a zoom of its own.",
    )


def _rig(root: bpy.types.Object) -> Rig:
    world, camera = part(root, keys.ROLE_WORLD), camera_of(root)
    assert world is not None
    assert camera is not None
    return Rig(root, world, camera)


def _levels(root: bpy.types.Object) -> dict[_Key, bpy.types.Object]:
    """The levels' Empties by their names."""
    named: dict[_Key, bpy.types.Object] = {}
    for each in parts(root, keys.ROLE_LEVEL):
        if keys.ID in each:  # an artist's copy comes after the level itself
            named.setdefault((str(each[keys.ID]), int(each.get(keys.LAP, 0))), each)
    return named


def _key(unrolled: Unrolled, position: int, ids: Ids) -> _Key:
    number = unrolled.levels[position]
    count = 1 + max(unrolled.levels)
    return ids.levels[number], (position - unrolled.first - number) // count


def _carry(item: bpy.types.Object, by: Matrix) -> None:
    """Move an object within its parent without touching its own properties, keys or constraints."""
    item.matrix_parent_inverse = by @ item.matrix_parent_inverse
