"""Finished pictures of the levels: the list follows what the zoom shows and where that lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..blender.folders import beside_file
from ..engine.contract.stack import SHARPENED, Stack
from .kept_levels import is_kept, picture_of

if TYPE_CHECKING:
    from .properties import ZOOMSTACK_PG_settings


def local_settings() -> Iterator[ZOOMSTACK_PG_settings]:
    """Those of every scene that can be changed."""
    for scene in bpy.data.scenes:
        if scene.library is None:
            yield scene.zoom_stack


def scene_with_other_list(scene: bpy.types.Scene) -> bpy.types.Scene | None:
    """Another scene whose list is for the same zoom and has other levels or prompts, if any."""
    settings = scene.zoom_stack
    if not settings.uid:
        return None
    own = _told(settings)
    for other in bpy.data.scenes:
        theirs = other.zoom_stack
        if other != scene and theirs.uid == settings.uid and theirs.levels and _told(theirs) != own:
            return other
    return None


def _told(settings: ZOOMSTACK_PG_settings) -> list[tuple[str, str, str]]:
    return [(level.uid, level.prompt, level.negative_prompt) for level in settings.levels]


def note_pictures(zoom: str, files: Mapping[str, Path]) -> None:
    """Let the lists of a zoom know its levels' pictures.

    Args:
        zoom: its id.
        files: by the levels' ids.
    """
    for settings in local_settings():
        for level in settings.levels if zoom and settings.uid == zoom else ():
            if level.uid in files:
                level.made = beside_file(str(files[level.uid]))


def note_moved(files: Mapping[Path, Path], folders: Mapping[Path, Path]) -> None:
    """Pictures lie elsewhere now: levels that have them, and the run that made them, know it.

    Args:
        files, folders: where each is now, by where it was; absolute and without "..".
    """
    for settings in local_settings():
        for level in settings.levels:
            if level.made and picture_of(level) in files:
                level.made = beside_file(str(files[picture_of(level)]))
        if settings.run and Path(settings.run) in folders:
            settings.run = str(folders[Path(settings.run)])


def note_larger(stack: Stack) -> None:
    """A zoom has a stack's larger pictures: where one is kept, new ones become as large.

    Kept pictures and new ones have one size: the settings' size grows if it was that of before.
    """
    enlarged = stack.made_with.get(SHARPENED, {})
    files = {stack.picture(number) for number in range(len(stack.levels))}
    for settings in local_settings():
        kept = any(is_kept(level) and picture_of(level) in files for level in settings.levels)
        if kept and [settings.width, settings.height] == enlarged.get("from"):
            settings.width *= enlarged["times"]
            settings.height *= enlarged["times"]
