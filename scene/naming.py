"""Ids for zooms that were built without: from a folder of pictures, or by an older Zoom Stack."""

from __future__ import annotations

import bpy

from ..engine.contract.ids import Ids, new_id
from . import keys
from .finding import is_linked, octaves_of, parts


def name_zoom(root: bpy.types.Object) -> Ids:
    """The ids of a zoom and of its levels, given now where there are none.

    What is linked keeps none: new ones are then another zoom's.
    """
    count = len(octaves_of(root))
    empties = parts(root, keys.ROLE_LEVEL)
    known = {int(each[keys.INDEX]): each.get(keys.ID) for each in empties}
    names = [str(known.get(number) or new_id()) for number in range(count)]
    if len(set(names)) < count:  # an Empty was copied
        names = [new_id() for _ in range(count)]
    if is_linked(root):
        return Ids(new_id(), tuple(names))
    root[keys.ID] = root.get(keys.ID) or new_id()
    for each in empties:
        lap, number = divmod(int(each[keys.INDEX]), count)
        each[keys.ID], each[keys.LAP] = names[number], lap
    return Ids(str(root[keys.ID]), tuple(names))
