"""The settings' finished pictures follow those that the zoom shows.

Blender keeps the paths of pictures right: when a file is saved elsewhere, and when the artist has
it find missing files. It knows nothing of the settings' own paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import bpy

from ..blender.folders import beside_file
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.ordinary_files import is_ordinary
from ..scene import keys
from ..scene.finding import file_of, is_linked, level_numbers, shown_roots, stack_of
from ..scene.unpacking import needs_unpacking, stack_on_disk
from ..scene.whereabouts import pictures_of
from ..settings.kept_levels import is_kept, picture_of
from ..settings.made import local_settings, note_pictures
from ..settings.preferences import new_stack_folder

if TYPE_CHECKING:
    from ..settings.properties import ZOOMSTACK_PG_settings

# The names of a picture and of its folder.
_SAME = 2


def follow_pictures() -> None:
    """Let levels name the file that their zoom shows, where theirs is the same one elsewhere."""
    for settings in local_settings():
        if any(level.made for level in settings.levels):
            for root in _zooms_of(settings):
                _follow(settings, root)


def note_zoom(root: bpy.types.Object) -> None:
    """Let the lists of a zoom know the pictures that it shows now.

    Of a level whose material shows none, that is the picture of the zoom's stack.
    """
    try:
        stack = stack_of(root)
    except ZoomStackError:
        return
    shown = pictures_of(root)
    files = {
        name: file_of(shown[number]) if number in shown else stack.picture(number)
        for name, number in level_numbers(root).items()
    }
    note_pictures(str(root.get(keys.ID, "")), files)


def to_unpack(settings: ZOOMSTACK_PG_settings) -> list[bpy.types.Object]:
    """The zooms whose packed pictures are wanted for kept levels; reads the disk."""
    if not any(map(is_kept, settings.levels)):
        return []
    return [root for root in _zooms_of(settings) if not is_linked(root) and needs_unpacking(root)]


def bring_back(settings: ZOOMSTACK_PG_settings) -> None:
    """Kept pictures whose files are gone come from the zoom: from the .blend, if it holds them.

    Reads the disk. What the zoom has not either stays as it is.

    Raises:
        ZoomStackError: code ``unwritable``.
    """
    if not any(map(is_kept, settings.levels)):
        return
    output = settings.output_folder.strip()
    for root in _zooms_of(settings):
        if not (needs_unpacking(root) or _any_gone(settings)):
            continue
        try:
            stack = stack_on_disk(root, lambda title: new_stack_folder(output, title))
        except ZoomStackError as error:
            if error.code == "unwritable":
                raise
            continue
        if is_linked(root):  # its pictures name the files of before
            numbers = level_numbers(root)
            for level in settings.levels:
                if level.uid in numbers and level.made and not is_ordinary(picture_of(level)):
                    level.made = beside_file(str(stack.picture(numbers[level.uid])))
        else:
            note_zoom(root)


def _any_gone(settings: ZOOMSTACK_PG_settings) -> bool:
    return any(is_kept(level) and not is_ordinary(picture_of(level)) for level in settings.levels)


def _follow(settings: ZOOMSTACK_PG_settings, root: bpy.types.Object) -> None:
    numbers, pictures = level_numbers(root), pictures_of(root)
    for level in settings.levels:
        image = pictures.get(numbers.get(level.uid, -1))
        if image is None or not level.made:
            continue
        made, shown = picture_of(level), file_of(image)
        if made != shown and made.parts[-_SAME:] == shown.parts[-_SAME:]:
            level.made = beside_file(str(shown))


def _zooms_of(settings: ZOOMSTACK_PG_settings) -> Iterator[bpy.types.Object]:
    """The zooms that have any of the settings' levels; a linked one has other settings' id."""
    names = {level.uid for level in settings.levels} - {""}
    for root in shown_roots():
        if names & level_numbers(root).keys():
            yield root
