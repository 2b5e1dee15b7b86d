"""A zoom that is in the file takes another stack: pictures, and where its levels lie.

Levels are known by their ids. What the artist made stays: keys, materials, objects that hang on
levels, the scene's settings. What must move with a level moves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

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
from .levels import Rig, add_level, feather_of, name_level, name_of
from .material import give_border, swap_picture, take_border
from .path import offset_table
from .planes import drive_visibility, move_rectangle
from .rekeying import Followed
from .rig import drive_framing, drive_level_scale, drive_pan

_SAME = 1e-6
_OURS = re.compile(r"Level \d+( Before| Again)?(\.\d+)?( Picture)?(\.\d+)?")

# An id, and in which turn of a loop.
_Key = tuple[str, int]


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
        draft.new_collection()
        for position in range(len(unrolled.levels)):
            if _key(unrolled, position, stack.ids) in there:
                continue
            yield f"Building level {position + 1} of {len(unrolled.levels)}"
            level = add_level(draft, _rig(_found(find_root)), unrolled, position, stack.ids)
            level.parent = None  # a part of the zoom only at the end
        yield "Updating the zoom"
        result = _show(_found(find_root), draft, stack, unrolled)
        draft.finish()
    except BaseException:
        draft.discard()
        raise
    return result


def update_zoom(find_root: Callable[[], bpy.types.Object | None], stack: Stack) -> Updated:
    """Update in one go; see ``update_steps``."""
    steps = update_steps(find_root, stack)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            result: Updated = finished.value
            return result


def _show(root: bpy.types.Object, draft: Draft, stack: Stack, unrolled: Unrolled) -> Updated:
    """The only step that changes what the user sees."""
    assert stack.ids is not None
    rig, result = _rig(root), Updated(root.name)
    before = _levels(root)
    pictures = {key: _picture(level) for key, level in before.items()}
    places = {key: _Placed(root, level) for key, level in before.items()}
    followed = Followed(root, rig.camera)
    wanted = [_key(unrolled, position, stack.ids) for position in range(len(unrolled.levels))]
    built = {(each[keys.ID], each[keys.LAP]) for each in draft.parts(keys.ROLE_LEVEL)}
    if not set(wanted) <= before.keys() | built:
        raise _interrupted()
    widest = min(before, key=lambda key: places[key].octaves, default=None)
    _link_new(rig, draft, hidden=not are_selectable(root))
    _let_go(before, places, wanted, rig.world, result)
    levels = _levels(root)
    offsets = level_offsets(unrolled.placements)
    result.own = _swap_pictures(levels, wanted, draft, unrolled)
    for position, key in enumerate(wanted):
        level = levels[key]
        if key in places:
            _move(level, places[key], rig, unrolled, position, offsets[position])
        name_level(level, unrolled, position, stack.ids)
        plane = _plane(level)
        if plane is not None:
            plane[keys.INDEX] = level[keys.INDEX]
    for key, picture in pictures.items():
        if key in levels and key[1] == 0 and _differ(picture, _picture(levels[key])):
            levels[key][keys.OTHER] = picture
    _rename([(levels[key], name_of(unrolled, i)) for i, key in enumerate(wanted)])
    _set_borders(levels, wanted, widest, rig, draft)
    draft.drop_collection()
    _tell_root(root, stack, unrolled)
    pan = part(root, keys.ROLE_PAN)
    if pan is not None:
        drive_framing(pan, rig.camera, unrolled.placements[unrolled.first].aspect)
        drive_pan(pan, rig.camera, offset_table(unrolled.placements, unrolled.octaves[0]))
    describe_zoom(rig.camera, stops_of(root))
    stayed = [(i, key) for i, key in enumerate(wanted) if key in places and key[1] == 0]
    followed.follow(
        root, rig.camera, [(places[key].octaves, unrolled.octaves[i]) for i, key in stayed]
    )
    return result


def _picture(level: bpy.types.Object) -> bpy.types.Image | None:
    plane = _plane(level)
    return image_of(plane) if plane is not None else None


def _differ(before: bpy.types.Image | None, now: bpy.types.Image | None) -> bool:
    """Whether a level has another picture to compare with: one that was kept is copied whole."""
    if before is None or now is None or before == now:
        return False
    try:
        return file_of(before).stat().st_size != file_of(now).stat().st_size
    except OSError:
        return True


def _rename(levels: list[tuple[bpy.types.Object, str]]) -> None:
    """Call Empties and planes by their levels' new places; an artist's own names stay."""
    wanted = [
        (item, name)
        for level, title in levels
        for item, name in ((level, title), (_plane(level), f"{title} Picture"))
        if item is not None and _OURS.fullmatch(item.name) and item.name != name
    ]
    # All at once, or one would stand in another's way and get a number.
    for item, _ in wanted:
        item.name = "Zoom Stack"
    for item, name in wanted:
        item.name = name


class _Placed:
    """Where a level lay before the update.

    Attributes:
        octaves: the zoom at which it was the view.
        centre: of its picture, from the zoom's limit point, in its own widths; None where the
            picture was deleted or is another mesh.
    """

    def __init__(self, root: bpy.types.Object, level: bpy.types.Object) -> None:
        octaves, lap = octaves_of(root), int(level.get(keys.LAP, 0))
        number = int(level[keys.INDEX]) - lap * len(octaves)
        self.octaves = octaves[number] + lap * (turn_of(root) or 0.0)
        plane = _plane(level)
        corners = [vertex.co for vertex in plane.data.vertices] if plane is not None else []
        self.centre = None
        if len(corners) == 4:
            self.centre = (
                sum(corner.x for corner in corners) / 4,
                sum(corner.y for corner in corners) / 4,
            )


def _move(
    level: bpy.types.Object,
    was: _Placed,
    rig: Rig,
    unrolled: Unrolled,
    position: int,
    centre: tuple[float, float],
) -> None:
    """Put a level that stays where it lies now; what hangs on it goes along."""
    if abs(was.octaves - unrolled.octaves[position]) > _SAME:
        drive_level_scale(level, rig.camera, rig.root, unrolled.octaves[position])
    plane = _plane(level)
    if plane is not None:
        move_rectangle(plane.data, centre, unrolled.placements[position].aspect)
        drive_visibility(plane, rig.camera, rig.root, unrolled, position)
    if was.centre is None:
        return
    shift = (centre[0] - was.centre[0], centre[1] - was.centre[1])
    if max(map(abs, shift)) > _SAME:
        for item in _attached(level):
            _carry(item, Matrix.Translation((*shift, 0.0)))


def _let_go(
    before: dict[_Key, bpy.types.Object],
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
        plane = _plane(level)
        for item in _attached(level):
            local = plane.matrix_local if plane is not None and item.parent == plane else Matrix()
            ratio = 2.0 ** ((places[heirs[0]].octaves if heirs else 0.0) - places[key].octaves)
            item.parent = before[heirs[0]] if heirs else world
            _carry(item, Matrix.Scale(ratio, 4) @ local)
            result.moved.append(item.name)
        doomed.append(level)
        if plane is not None:
            doomed += [plane, *([plane.data] if plane.data.users == 1 else [])]
    bpy.data.batch_remove(doomed)


def _swap_pictures(
    levels: dict[_Key, bpy.types.Object], wanted: list[_Key], draft: Draft, unrolled: Unrolled
) -> list[int]:
    """Swap datablocks, which undo takes back; the files of the old ones stay as they are.

    Returns:
        numbers of levels that show no picture.
    """
    planes = [_plane(levels[key]) for key in wanted]
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
    plane = _plane(levels[wanted[0]])
    material = plane.active_material if plane is not None else None
    if plane is not None and material is not None and material.node_tree is not None:
        if material.users > 1:  # a loop shows it again, with its border
            material = material.copy()
            plane.active_material = material
        take_border(material)
    plane = _plane(levels[widest]) if widest in wanted else None
    material = plane.active_material if plane is not None else None
    if material is not None and material.node_tree is not None:
        give_border(material, feather_of(rig, draft))


def _tell_root(root: bpy.types.Object, stack: Stack, unrolled: Unrolled) -> None:
    first = unrolled.first
    root[keys.OCTAVES] = unrolled.octaves[first : first + len(stack.levels)]
    if unrolled.turn is not None:
        root[keys.TURN] = unrolled.turn
    elif keys.TURN in root:
        del root[keys.TURN]
    root[keys.FOLDER] = beside_file(str(stack.folder.resolve()))
    root[keys.MANIFEST] = stack.to_text()


def _link_new(rig: Rig, draft: Draft, hidden: bool) -> None:
    """Put what was built into the zoom's own collections; ``hidden`` from clicks or not."""
    built = draft.collection()
    for item in list(built.objects):
        if item.get(keys.ROLE) == keys.ROLE_LEVEL:
            item.parent = rig.world
        item.hide_select = hidden
        for home in rig.root.users_collection:
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


def _plane(level: bpy.types.Object) -> bpy.types.Object | None:
    planes = (each for each in level.children if each.get(keys.ROLE) == keys.ROLE_PLANE)
    return next(planes, None)


def _attached(level: bpy.types.Object) -> list[bpy.types.Object]:
    """What the artist has hung on a level."""
    plane = _plane(level)
    hung = [*level.children, *(plane.children if plane is not None else ())]
    return [each for each in hung if each != plane]


def _carry(item: bpy.types.Object, by: Matrix) -> None:
    """Move an object within its parent without touching its own properties, keys or constraints."""
    item.matrix_parent_inverse = by @ item.matrix_parent_inverse
