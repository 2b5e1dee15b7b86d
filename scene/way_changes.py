"""Another way for a zoom's camera, with all that goes by it: keys, range and markers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import bpy

from ..blender.texts import names_text
from . import keys
from .belongings import belongings_of
from .camera import zoom_curve
from .carrying import Piece, TimeMap, between, move_curve, rescaled
from .finding import camera_of
from .followers import Followers
from .keying import is_as_made, lies_on_markers, part_from_others, write_curve, write_keys
from .markers import times_of_levels
from .retiming import present_schedule, store_way, way_of
from .way import Way


@dataclass
class Changed:
    """What became of a zoom in time.

    Attributes:
        shared: names of actions that stay, as something outside of the zoom uses them too.
        strips: names of what has NLA strips, which stay.
    """

    shared: list[str] = field(default_factory=list)
    strips: list[str] = field(default_factory=list)

    def left(self) -> list[str]:
        """What stays as it is, for people; empty where all goes along."""
        found = []
        if self.shared:
            found.append(f"actions that something else uses too: {names_text(self.shared)}")
        if self.strips:
            found.append(f"NLA strips of {names_text(self.strips)}")
        return [f"Left as they are: {'; '.join(found)}"] if found else []


def change_way(root: bpy.types.Object, way: Way, with_shared: bool = False) -> Changed:
    """Give a zoom another way; keys of its parts and of all that hangs on it move along.

    A curve of the zoom that nobody has touched becomes what the new way says; an artist's own is
    carried; one that something outside has too becomes the zoom's own. Ranges of scenes that were
    the zoom's, and its markers, follow. What is left as it was is noted on the root, too.

    Args:
        with_shared: also keys that something outside of the zoom uses.
    """
    old, made = way_of(root), is_as_made(root)
    camera = camera_of(root)
    if camera is not None and not with_shared:
        part_from_others(root, camera)
    followers = Followers(root)
    store_way(root, way)
    new = way_of(root)
    changed = Changed()
    # What lies beyond the ends of the way would keep its frames.
    faster = not made and replace(old, fps=new.fps) == new
    moved = rescaled(old, new.fps) if faster else between(old, new)
    curve = zoom_curve(camera) if camera is not None else None
    if curve is not None and made:
        write_curve(curve, present_schedule(root))
        curve.id_data.update_tag()
    elif curve is not None and not moved.is_still():
        move_curve(curve, moved)
        curve.id_data.update_tag()
    if not moved.is_still():
        changed.shared, changed.strips = carry_belongings(root, moved, with_shared)
        root[keys.LEFT_BEHIND] = "; ".join(changed.left())
    followers.follow(root)
    return changed


def carry_belongings(
    root: bpy.types.Object, moved: TimeMap, with_shared: bool = False
) -> tuple[list[str], list[str]]:
    """Carry the keys of a zoom's parts and of all that hangs on it, but for the camera's zoom.

    Returns:
        ``shared`` and ``strips`` as ``Changed`` has them.
    """
    found = belongings_of(root)
    curves = found.curves
    if with_shared:
        curves = [*curves, *(each for shared in found.shared.values() for each in shared)]
    for each in curves:
        move_curve(each, moved)
    for action in dict.fromkeys(each.id_data for each in curves):
        action.update_tag()
    return [] if with_shared else list(found.shared), found.strips


def carry_with_levels(
    root: bpy.types.Object, before: Sequence[float]
) -> tuple[list[str], list[str]]:
    """Carry what goes by the levels from where these were reached before to where they are.

    Args:
        before: ``times_of_levels``; where these are others in number, nothing moves.

    Returns:
        see ``carry_belongings``.
    """
    after = times_of_levels(root)
    if not len(before) == len(after) > 1:
        return [], []
    return carry_belongings(root, TimeMap((Piece(tuple(before), tuple(after)),)))


def replace_own_curve(root: bpy.types.Object) -> None:
    """Give the camera's zoom the curve that the zoom's way says; the artist's keys go.

    What was carried along when the levels were laid onto markers goes back with them.
    """
    camera = camera_of(root)
    if camera is None:
        return
    followers = Followers(root)
    before = times_of_levels(root) if lies_on_markers(root) else []
    if keys.ON_MARKERS in root:
        del root[keys.ON_MARKERS]
    write_keys(camera, present_schedule(root))
    carry_with_levels(root, before)
    followers.follow(root)


def retimed(way: Way, fps: float, per_octave: float, hold: float) -> Way:
    """A way at another frame rate with other durations, in seconds.

    The rest at the far end is the new hold as well, where it was as long as the one before.
    """
    hold_end = hold if way.hold_end == way.hold else way.hold_end
    return replace(way, fps=fps, per_octave=per_octave, hold=hold, hold_end=hold_end)
