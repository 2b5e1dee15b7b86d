"""Pictures that nothing in the file uses any more."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from .whereabouts import is_packed


def in_editors() -> set[bpy.types.Image]:
    """The pictures that Image Editors show, in whichever screen."""
    spaces = (s for screen in bpy.data.screens for a in screen.areas for s in a.spaces)
    shown = (space.image for space in spaces if space.type == "IMAGE_EDITOR")
    return {image for image in shown if image is not None}


def is_used(image: bpy.types.Image, shown: set[bpy.types.Image]) -> bool:
    """Whether anything uses a picture; a fake user does.

    Args:
        shown: see ``in_editors``.
    """
    return image.users > 0 or image.use_fake_user or image in shown


def drop_unused(images: Iterable[bpy.types.Image]) -> None:
    """Remove those that nothing uses; undo brings them back.

    What only the file holds stays: painted and packed pictures.
    """
    shown = in_editors()
    doomed = [
        image
        for image in dict.fromkeys(images)
        if image.library is None
        and not is_used(image, shown)
        and not image.is_dirty
        and not is_packed(image)
    ]
    if doomed:
        bpy.data.batch_remove(doomed)
