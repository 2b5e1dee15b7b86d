"""View transform: pictures are shown as they are under Standard alone."""

from __future__ import annotations

import bpy

from ..engine.contract.errors import ZoomStackError

STANDARD_VIEW = "Standard"


def shows_pictures_unchanged(scene: bpy.types.Scene) -> bool:
    """Whether the scene's colour management leaves the pictures' colours alone."""
    view = scene.view_settings
    return (
        view.view_transform == STANDARD_VIEW
        and view.look in ("None", "")
        and view.exposure == 0.0
        and view.gamma == 1.0
        and not view.use_curve_mapping
    )


def use_standard_view(scene: bpy.types.Scene) -> None:
    """Show pictures as they are.

    Raises:
        ZoomStackError: code ``no_standard_view``, when the colour configuration has none.
    """
    view = scene.view_settings
    try:
        view.view_transform = STANDARD_VIEW
        view.look = "None"
    except TypeError:
        raise ZoomStackError(
            "no_standard_view",
            "This colour configuration has no view transform called Standard.",
            "Choose the one that leaves sRGB pictures unchanged, under Render > Color Management.",
        ) from None
    view.exposure = 0.0
    view.gamma = 1.0
    view.use_curve_mapping = False
