"""Pictures that the .blend holds come back to the disk, exactly as they were packed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.stack import Stack, read_stack, write_stack
from .finding import is_linked, stack_of
from .whereabouts import file_of, is_packed, pictures_of, point_pictures


def stack_on_disk(root: bpy.types.Object, new_folder: Callable[[str], Path]) -> Stack:
    """The stack that a zoom shows; written anew where its files are gone and the .blend has them.

    The pictures stay packed, and name the new files.

    Args:
        new_folder: makes a new folder, given words to name it after.

    Raises:
        ZoomStackError: codes ``bad_stack``, ``missing_picture``, ``unwritable``.
    """
    shown = stack_of(root)
    try:
        return read_stack(shown.folder)
    except ZoomStackError:
        pictures = pictures_of(root)
        if not any(map(is_packed, pictures.values())):
            raise
    _check_all_there(shown, pictures)
    stack = replace(shown, folder=new_folder(shown.folder.name))
    try:
        for number, image in pictures.items():
            _write(image, stack.picture(number))
        write_stack(stack)
    except (OSError, ZoomStackError) as error:
        shutil.rmtree(stack.folder, ignore_errors=True)  # made just now, by us
        if isinstance(error, ZoomStackError):
            raise
        raise ZoomStackError(
            "unwritable",
            f"{stack.folder} cannot be written to: {error.strerror or error}.",
            "Choose another output folder.",
        ) from None
    if not is_linked(root):
        point_pictures(root, {n: stack.picture(n) for n in pictures}, stack.folder)
    return stack


def _check_all_there(stack: Stack, pictures: dict[int, bpy.types.Image]) -> None:
    for number in range(len(stack.levels)):
        image = pictures.get(number)
        if image is None or not (is_packed(image) or file_of(image).is_file()):
            raise ZoomStackError(
                "missing_picture",
                f"The picture of level {number + 1} is neither packed nor on the disk.",
                "Press Find Pictures, or make the level again.",
            )


def _write(image: bpy.types.Image, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if is_packed(image):
        target.write_bytes(image.packed_file.data)
    else:
        shutil.copyfile(file_of(image), target)
