"""Where a zoom's pictures lie, when that asks for something to be done."""

from __future__ import annotations

import time

import bpy

from ..blender.texts import count_text
from ..scene.finding import is_linked
from ..scene.whereabouts import stack_elsewhere
from ..tasks import latest
from ..tasks.copying import known_amounts
from ..tasks.missing import known_missing
from .parts import draw_wrapped

_A_WHILE = 60.0  # seconds


def draw_files(
    layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Object
) -> None:
    """Draw what does not lie beside the file; mostly nothing."""
    if not known_missing(root):
        _draw_found(layout, context)
        _draw_elsewhere(layout, context, root)


def draw_missing(
    layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Object
) -> bool:
    """Draw which pictures are gone, and the button that finds them; returns whether any are."""
    search = latest.picture_search
    if search is not None and not search.ended:
        _draw_progress(layout, search.stage, search.fraction)
        return True
    missing = known_missing(root)
    if not missing:
        return False
    box = layout.box()
    row = box.row()
    row.alert = True
    row.label(text=_how_many(len(missing)), icon="ERROR")
    if is_linked(root):
        draw_wrapped(box, context, "The zoom is linked: find them in its own file", "BLANK1")
        return True
    box.operator("zoom_stack.find_pictures", icon="VIEWZOOM")
    if search is not None and search.rest:
        draw_wrapped(box, context, "Not found: choose a folder that has them")
        button = box.operator("zoom_stack.find_pictures", text="Choose Folder…", icon="FILE_FOLDER")
        button.choose = True
    if search is not None and search.error is not None:
        draw_wrapped(box, context, str(search.error))
    return True


def _draw_found(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Say for a while where pictures were found."""
    search = latest.picture_search
    if search is None or search.place is None or time.monotonic() - search.when > _A_WHILE:
        return
    found = count_text(search.found, "picture")
    draw_wrapped(layout, context, f"Found {found} in {search.place.name}", "CHECKMARK")


def _how_many(count: int) -> str:
    return "1 picture is missing" if count == 1 else f"{count} pictures are missing"


def _draw_elsewhere(
    layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Object
) -> None:
    copying = latest.copying
    if copying is not None and not copying.ended:
        _draw_progress(layout, copying.stage, copying.fraction)
    elif stack_elsewhere(root) is not None:
        known_amounts()  # so that the question can tell them
        box = layout.box()
        draw_wrapped(box, context, "Its pictures do not lie beside the file", "INFO")
        box.operator("zoom_stack.copy_beside", icon="DUPLICATE")
        if copying is not None and copying.error is not None:
            draw_wrapped(box, context, str(copying.error), "ERROR")


def _draw_progress(layout: bpy.types.UILayout, text: str, fraction: float) -> None:
    row = layout.row(align=True)
    row.progress(factor=fraction, type="BAR", text=text)
    row.operator("zoom_stack.stop_files", text="", icon="X")
