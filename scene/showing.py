"""Another picture for one level of a zoom: datablocks are swapped, files stay as they are.

The picture that was shown before stays with the level, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import bpy

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.ordinary_files import is_ordinary
from . import keys
from .draft import Draft
from .finding import file_of, octaves_of, parts
from .material import swap_picture
from .unused import drop_unused
from .whereabouts import is_packed, pictures_of

_SAME_SHAPE = 0.01


def shown_files(root: bpy.types.Object) -> dict[int, Path]:
    """The file of each level's picture, as Blender knows it now, by the level's number."""
    return {number: file_of(image) for number, image in pictures_of(root).items()}


def other_picture(root: bpy.types.Object, number: int) -> bpy.types.Image | None:
    """What a level showed before, if it is there still."""
    return other_pictures(root).get(number)


def other_pictures(root: bpy.types.Object) -> dict[int, bpy.types.Image]:
    """What levels showed before, by the level's number, as far as it is there still."""
    numbers = range(len(octaves_of(root)))
    others: dict[int, object] = {}
    for level in parts(root, keys.ROLE_LEVEL):  # an artist's copy comes after the level itself
        others.setdefault(int(level.get(keys.INDEX, -1)), level.get(keys.OTHER))
    found = {n: other for n, other in others.items() if isinstance(other, bpy.types.Image)}
    return {number: found[number] for number in numbers if number in found}


def show_other(root: bpy.types.Object, number: int) -> None:
    """Let a level show what it showed before, and remember the present picture.

    Args:
        number: of the level, from 0.

    Raises:
        ZoomStackError: codes ``no_picture``, ``missing_picture``, ``bad_picture``,
            ``import_interrupted``; nothing is changed then.
    """
    other = other_picture(root, number)
    if other is None:
        raise ZoomStackError("no_picture", f"Level {number + 1} has had no other picture yet.")
    if not is_packed(other):
        _check_there(root, number, file_of(other))
    if min(other.size) < 1:  # Blender reads the file to know it
        raise ZoomStackError(
            "bad_picture",
            f"The picture that level {number + 1} of {root.name} showed before cannot be read.",
            f"Save its file again as PNG or JPEG: {file_of(other)}.",
        )
    swap_level(root, number, other)


def show_file(root: bpy.types.Object, number: int, file: Path) -> None:
    """Let a level show another picture file of the same shape.

    Args:
        number: of the level, from 0.

    Raises:
        ZoomStackError: codes ``missing_picture``, ``bad_picture``, ``import_interrupted``;
            nothing is changed then.
    """
    _check_there(root, number, file)
    other = other_picture(root, number)
    if other is not None and file_of(other) == file and other.has_data:
        swap_level(root, number, other)
        return
    draft = Draft(root.name)
    try:
        width, height = draft.load_image(file, number)
        present = pictures_of(root).get(number)
        if present is not None and present.size[0] > 0:
            shape = present.size[0] / present.size[1]
            if abs(width / height / shape - 1.0) > _SAME_SHAPE:
                raise ZoomStackError(
                    "bad_picture",
                    f"This picture has another shape than level {number + 1} of {root.name}."
                    f" Its file is {file}.",
                    "Show the whole version that it belongs to.",
                )
        swap_level(root, number, draft.image(0))
        draft.finish()
    except BaseException:
        draft.discard()
        raise


def swap_level(root: bpy.types.Object, number: int, image: bpy.types.Image) -> None:
    """Let a level show another picture.

    Raises:
        ZoomStackError: code ``import_interrupted``, where the level shows no picture.
    """
    if not swap_levels(root, {number: image}):
        raise ZoomStackError(
            "import_interrupted",
            f"Level {number + 1} of {root.name} shows no picture.",
            "Put one into its material, or import the stack again.",
        )


def swap_levels(root: bpy.types.Object, images: Mapping[int, bpy.types.Image]) -> int:
    """Let levels show other pictures, and remember those that they have shown.

    Returns:
        how many did: a level without a picture has no place for one.
    """
    shown, count = pictures_of(root), len(octaves_of(root))
    swaps = {n: (shown[n], new) for n, new in images.items() if n in shown}
    remembered = other_pictures(root)
    for plane in parts(root, keys.ROLE_PLANE):
        number = int(plane.get(keys.INDEX, 0)) % count  # a loop shows levels again
        if number in swaps and plane.active_material is not None:
            swap_picture(plane.active_material, *swaps[number])
    for level in parts(root, keys.ROLE_LEVEL):
        if level.get(keys.INDEX) in swaps:
            level[keys.OTHER] = swaps[level[keys.INDEX]][0]
    drop_unused(remembered[number] for number in swaps if number in remembered)
    return len(swaps)


def _check_there(root: bpy.types.Object, number: int, file: Path) -> None:
    if not is_ordinary(file):
        raise ZoomStackError(
            "missing_picture",
            f"The picture that level {number + 1} of {root.name} showed before is gone.",
            f"Put its file {file.name} back into {file.parent}, or show another picture.",
        )
