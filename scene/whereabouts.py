"""Where a zoom's pictures lie, as far as paths alone tell: nothing here touches the disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import bpy

from ..blender.folders import beside_file, unsaved_zooms_folder
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.ordinary_files import is_ordinary
from ..engine.contract.stack import Stack
from . import keys
from .finding import file_of, image_of, is_linked, octaves_of, parts, shown_roots, stack_of


def local_zooms() -> list[bpy.types.Object]:
    """The roots of all zooms that some scene shows and that can be changed."""
    return [root for root in shown_roots() if not is_linked(root)]


def pictures_of(root: bpy.types.Object) -> dict[int, bpy.types.Image]:
    """The pictures that a zoom's levels show, by the level's number."""
    levels = range(len(octaves_of(root)))
    found: dict[int, bpy.types.Image] = {}
    for plane in parts(root, keys.ROLE_PLANE):
        number, image = int(plane.get(keys.INDEX, -1)), image_of(plane)
        if number in levels and image is not None and image.source == "FILE":
            found.setdefault(number, image)
    return found


def is_packed(image: bpy.types.Image) -> bool:
    """Whether the .blend itself holds the picture, so that it needs no file."""
    return image.packed_file is not None


def is_painted(image: bpy.types.Image) -> bool:
    """Whether a picture is another one than its file's: painted on, or packed as such.

    Looks at the disk where it is packed.
    """
    if image.is_dirty:
        return True
    if not is_packed(image):
        return False
    file = file_of(image)
    return is_ordinary(file) and file.stat().st_size != image.packed_file.size


def files_of(root: bpy.types.Object) -> dict[int, Path]:
    """The files that a zoom cannot do without, by the level's number: packed ones need none."""
    pictures = pictures_of(root).items()
    return {number: file_of(image) for number, image in pictures if not is_packed(image)}


def is_below(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder or in one of its folders."""
    inner, outer = (os.path.normcase(os.path.abspath(each)) for each in (path, folder))
    try:
        return os.path.commonpath([inner, outer]) == outer
    except ValueError:  # another drive
        return False


def file_folder() -> Path | None:
    """The folder of the open .blend; None before it is saved."""
    return Path(os.path.dirname(bpy.data.filepath)) if bpy.data.filepath else None


def stack_elsewhere(root: bpy.types.Object) -> Stack | None:
    """The stack of a zoom some of whose pictures would stay behind if the .blend's folder moved.

    That of others' versions may be elsewhere while the stack itself moves along.
    """
    home = file_folder()
    if home is None or is_linked(root):
        return None
    images = [image for image in pictures_of(root).values() if not is_packed(image)]
    # Mostly all lie in one folder, of which one question is enough.
    folders = {(_folder_in(image.filepath), image.library) for image in images}
    paths = (Path(bpy.path.abspath(name, library=library)) for name, library in folders)
    behind = [path for path in paths if not is_below(path, home)]
    if not behind:
        return None
    try:
        stack = stack_of(root)
    except ZoomStackError:
        return None
    # Otherwise a picture of the artist's own lies where the artist wants it.
    return stack if not is_below(stack.folder, home) or any(map(_unsaved, behind)) else None


def _unsaved(folder: Path) -> bool:
    return unsaved_run(folder / "picture") is not None


def unsaved_run(file: Path) -> Path | None:
    """The run that a picture belongs to which was made before its .blend was saved.

    It lies in Blender's own folder, where no artist puts anything.
    """
    parent = unsaved_zooms_folder()
    if not is_below(file.parent.parent, parent):
        return None
    return parent / Path(os.path.relpath(file, parent)).parts[0]


def _folder_in(path: str) -> str:
    """The folder of a path as Blender writes it, "//" and foreign separators included."""
    return path[: max(map(path.rfind, "/\\")) + 1]


def other_images() -> list[bpy.types.Image]:
    """The pictures that need a file and that no zoom which can be changed shows."""
    shown = {image for root in local_zooms() for image in pictures_of(root).values()}
    return [
        image
        for image in bpy.data.images
        if image.library is None
        and image.source == "FILE"
        and image.filepath
        and not is_packed(image)
        and image not in shown
    ]


def point_others(files: Mapping[Path, Path]) -> list[bpy.types.Image]:
    """Let ``other_images`` name other files with the same content; nothing is loaded anew.

    Args:
        files: by where they were.

    Returns:
        those that do so now.
    """
    pointed = [image for image in other_images() if file_of(image) in files]
    for image in pointed:
        image.filepath_raw = beside_file(str(files[file_of(image)]))
    return pointed


def point_pictures(root: bpy.types.Object, files: Mapping[int, Path], folder: Path) -> None:
    """Let a zoom's pictures name other files with the same content; nothing is loaded anew.

    Args:
        files: by the level's number.
        folder: of the stack that the zoom shows then.
    """
    for number, image in pictures_of(root).items():
        if number in files and image.library is None:
            image.filepath_raw = beside_file(str(files[number]))
    root[keys.FOLDER] = beside_file(str(folder))
