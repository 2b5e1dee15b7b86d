"""What hangs on the levels of a zoom: their planes, and what an artist has put there."""

from __future__ import annotations

import re
from collections.abc import Iterable

import bpy

from . import keys
from .finding import image_of, is_root

_OURS = re.compile(r"Level \d+( Before| Again)?(\.\d+)?( Picture)?(\.\d+)?")


class Family:
    """What hangs on what, looked up once: Blender's ``children`` goes through every object."""

    def __init__(self) -> None:
        self._children: dict[bpy.types.Object, list[bpy.types.Object]] = {}
        for item in bpy.data.objects:
            parent = item.parent
            if parent is not None:
                self._children.setdefault(parent, []).append(item)

    def plane(self, level: bpy.types.Object) -> bpy.types.Object | None:
        """A level's plane; None where it was deleted."""
        children = self._children.get(level, ())
        return next((each for each in children if each.get(keys.ROLE) == keys.ROLE_PLANE), None)

    def picture(self, level: bpy.types.Object) -> bpy.types.Image | None:
        """What the plane shows."""
        plane = self.plane(level)
        return image_of(plane) if plane is not None else None

    def attached(self, level: bpy.types.Object) -> list[bpy.types.Object]:
        """What the artist has hung on a level, or on its plane."""
        plane = self.plane(level)
        hung = list(self._children.get(level, ()))
        if plane is not None:
            hung += self._children.get(plane, ())
        return [each for each in hung if each != plane]

    def below(self, root: bpy.types.Object) -> list[bpy.types.Object]:
        """All that hangs on a zoom, at any depth, without other zooms."""
        found: list[bpy.types.Object] = []
        waiting = [root]
        while waiting:
            children = self._children.get(waiting.pop(), ())
            own = [each for each in children if not is_root(each)]
            found += own
            waiting += own
        return found

    def hang(self, item: bpy.types.Object, parent: bpy.types.Object) -> None:
        """Give an object another parent."""
        item.parent = parent
        self._children.setdefault(parent, []).append(item)


def rename_levels(family: Family, levels: Iterable[tuple[bpy.types.Object, str]]) -> None:
    """Call Empties and planes by their levels' new places; an artist's own names stay."""
    wanted = {
        item.name: (item, name)
        for level, title in levels
        for item, name in ((level, title), (family.plane(level), f"{title} Picture"))
        if item is not None and _OURS.fullmatch(item.name) and item.name != name
    }
    # One after another along each chain from its free end, or one would stand in another's way
    # and get a number. Only where they change places in a circle one has to make room.
    while wanted:
        chain = [next(iter(wanted))]
        while (following := wanted[chain[-1]][1]) in wanted and following not in chain:
            chain.append(following)
        if following in chain:
            wanted[following][0].name = "Zoom Stack"
        for old in reversed(chain):
            item, name = wanted.pop(old)
            item.name = name
