"""What several panels are made of."""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import bpy

from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..scene import keys
from ..scene.finding import active_root, camera_of, looking_once, zoom_to_update

# Of the interface's font at a scale of 1; measured, with a little air.
_CHARACTER_WIDTH = 6.4
_MARGIN = 60.0
_BORDER = 16.0  # of a box
_ICON = 20.0
_MOST_NOTES = 8  # that are shown at once

Draw = TypeVar("Draw", bound=Callable[..., Any])


class ZoomPanel:
    """The side bar's tab; a mix-in for its panels."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Zoom"


class OfZoom(ZoomPanel):
    """Sub-panels that only make sense once there is a zoom."""

    bl_parent_id = "ZOOMSTACK_PT_stack"

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        root = active_root(context)
        return root is not None and camera_of(root) is not None


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
    margin = _MARGIN + (_BORDER if boxed else 0.0) + (_ICON if icon != "NONE" else 0.0)
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(wrapped(text, _characters(context, margin))):
        column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else icon)


def wrapped(text: str, characters: int) -> list[str]:
    """The lines of a text, each of so many letters at most; a path is broken after a slash."""
    return _Wrapper(characters, break_on_hyphens=False).wrap(text)


class _Wrapper(textwrap.TextWrapper):
    wordsep_simple_re = re.compile(r"([\t\n\r ]+)|(?<=[^\s/\\][/\\])(?=[^\s/\\])|(?<=\w-)(?=\w)")


def fits(context: bpy.types.Context, text: str, beside: float = 0.0) -> bool:
    """Whether a button in a panel has room for a text.

    Args:
        beside: pixels at a scale of 1 that icons and buttons in the same row take.
    """
    return len(text) <= _characters(context, _MARGIN + beside)


def _characters(context: bpy.types.Context, margin: float) -> int:
    scale = context.preferences.system.ui_scale
    width = context.region.width if context.region is not None else 300
    return max(8, int((width - margin * scale) / (_CHARACTER_WIDTH * scale)))


def draw_progress(
    layout: bpy.types.UILayout, context: bpy.types.Context, fraction: float, stage: str, cancel: str
) -> None:
    """Draw how far something has come, and the button that ends it.

    Args:
        fraction: 0-1.
        stage: what goes on; below the bar where that has no room for it.
        cancel: the operator.
    """
    narrow = not fits(context, stage, beside=_ICON)
    row = layout.row(align=True)
    row.scale_y = 1.4
    short = f"{fraction:.0%}" if fraction else ""
    row.progress(factor=fraction, type="BAR", text=short if narrow else stage)
    # Beside the bar: a row below may lie under the side bar's edge.
    row.operator(cancel, text="", icon="X")
    if narrow:
        draw_wrapped(layout, context, stage)


def draw_notes(
    layout: bpy.types.UILayout, context: bpy.types.Context, notes: Sequence[str], of: str
) -> None:
    """Draw what is good to know, as a list that can be dismissed as a whole.

    Args:
        of: whose notes they are, as ``zoom_stack.dismiss_notes`` has it.
    """
    if not notes:
        return
    box = layout.box()
    row = box.row()
    row.label(text="Note" if len(notes) == 1 else "Notes", icon="INFO")
    row.operator("zoom_stack.dismiss_notes", text="", icon="X", emboss=False).of = of
    for note in notes[:_MOST_NOTES]:
        draw_wrapped(box, context, note, boxed=True)
    if len(notes) > _MOST_NOTES:
        box.label(text="and more")


def failed_title(context: bpy.types.Context) -> str:
    """What stands above an error."""
    text = "That did not work"
    return text if fits(context, text, beside=2 * _ICON + _BORDER) else "It failed"


def draw_error(
    layout: bpy.types.UILayout, context: bpy.types.Context, error: ZoomStackError
) -> None:
    """Draw why something failed that is about the engine's set-up."""
    box = layout.box()
    row = box.row()
    row.alert = True
    row.label(text=failed_title(context), icon="ERROR")
    draw_wrapped(box, context, str(error), boxed=True)
