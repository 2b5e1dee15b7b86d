"""What several panels are made of."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

import bpy

from ..engine.contract.errors import ZoomStackError
from ..scene import keys
from ..scene.finding import active_root, looking_once, zoom_to_update

# Of the interface's font at a scale of 1; measured, with a little air.
_CHARACTER_WIDTH = 6.4
_MARGIN = 60.0
_BORDER = 16.0  # of a box

Draw = TypeVar("Draw", bound=Callable[..., Any])


class ZoomPanel:
    """The side bar's tab; a mix-in for its panels."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Zoom"


def of_one_look(draw: Draw) -> Draw:
    """Decorate what draws: it looks through the file's objects for zooms once."""

    def once(self: bpy.types.Panel, context: bpy.types.Context) -> None:
        with looking_once():
            draw(self, context)

    return functools.update_wrapper(once, draw)  # type: ignore[return-value]


def zoom_elsewhere(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """The root of the list's zoom, where another scene has that."""
    name = scene.zoom_stack.uid
    present = active_root(bpy.context)
    if not name or (present is not None and present.get(keys.ID) == name):
        return None
    root = zoom_to_update(name)
    return root if root is not None and root.name not in scene.objects else None


def draw_wrapped(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    text: str,
    icon: str = "NONE",
    boxed: bool = False,
) -> None:
    """Draw a text over as many lines as the region's width asks for.

    Args:
        boxed: the layout is a box, whose border takes a part of the width.
    """
    scale = context.preferences.system.ui_scale
    width = context.region.width if context.region is not None else 300
    margin = _MARGIN + (_BORDER if boxed else 0.0)
    characters = max(8, int((width - margin * scale) / (_CHARACTER_WIDTH * scale)))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, characters)):
        column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else icon)


def draw_error(
    layout: bpy.types.UILayout, context: bpy.types.Context, error: ZoomStackError
) -> None:
    """Draw why something failed that is about the engine's set-up."""
    box = layout.box()
    row = box.row()
    row.alert = True
    row.label(text="That did not work", icon="ERROR")
    draw_wrapped(box, context, str(error), boxed=True)
