"""What a run of the engine shows while it works, and what it leaves to be read."""

from __future__ import annotations

import bpy

from ..blender.screen import edited
from ..blender.texts import duration_text
from ..tasks import latest
from ..tasks.picture_run import Phase, PictureRun
from .parts import draw_wrapped

_MOST_WARNINGS = 8  # that are shown at once
_PREVIEW_SCALE = 3.6  # three in a row of the narrowest side bar


def draw_running(
    layout: bpy.types.UILayout, context: bpy.types.Context, generation: PictureRun
) -> None:
    waiting = generation.phase is Phase.CANCELLING
    row = layout.row(align=True)
    row.scale_y = 1.4
    row.progress(
        factor=generation.fraction,
        type="BAR",
        text="Cancelling" if waiting else generation.stage,
    )
    # Beside the bar: a row below may lie under the side bar's edge.
    row.operator("zoom_stack.cancel", text="", icon="X")
    if generation.silence and not waiting:
        _draw_silence(layout, context, generation)
    elif generation.phase is Phase.WAITING and edited():
        update = layout.row()
        update.scale_y = 1.4
        update.operator("zoom_stack.update_now", icon="FILE_REFRESH")
    elif generation.waits_for_word():
        layout.label(text="Waiting for the engine", icon="TIME")
    elif generation.eta is not None:
        layout.label(text=f"About {duration_text(generation.eta)} for this part", icon="TIME")
    elif not generation.fraction:
        layout.label(text="This takes a moment")
    _draw_previews(layout, context, generation)
    draw_warnings(layout, context, generation)


def _draw_silence(
    layout: bpy.types.UILayout, context: bpy.types.Context, generation: PictureRun
) -> None:
    """Ask what to do about an engine that does not answer: it may be busy, or hang."""
    box = layout.box()
    silence = duration_text(generation.silence).replace(" ", "\N{NO-BREAK SPACE}")
    text = f"No word from the engine for {silence}"
    draw_wrapped(box, context, text, "ERROR", boxed=True)
    if generation.reached is not None:
        draw_wrapped(box, context, "Stop keeps the steps that are saved", boxed=True)
    row = box.row(align=True)
    row.operator("zoom_stack.wait_for_engine", icon="TIME")
    row.operator("zoom_stack.cancel", text="Stop", icon="X")


def _draw_previews(
    layout: bpy.types.UILayout, context: bpy.types.Context, generation: PictureRun
) -> None:
    icons = [generation.thumbnails.icon(level) for level in range(generation.levels)]
    if not any(icons):
        return
    scale = context.preferences.system.ui_scale
    width = context.region.width / scale
    columns = max(1, int((width - 60) // (_PREVIEW_SCALE * 20)))
    grid = layout.grid_flow(
        row_major=True, columns=min(columns, len(icons)), even_columns=True, align=True
    )
    for icon in icons:
        grid.template_icon(icon_value=icon, scale=_PREVIEW_SCALE)


def draw_warnings(
    layout: bpy.types.UILayout, context: bpy.types.Context, generation: PictureRun
) -> None:
    for warning in generation.warnings[:_MOST_WARNINGS]:
        draw_wrapped(layout, context, warning, "INFO")
    more = len(generation.warnings) - _MOST_WARNINGS
    if more > 0:
        layout.label(text="and more", icon="INFO")


def draw_problem(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    problem = latest.problem()
    if problem is None:
        return
    box = layout.box()
    row = box.row()
    title = row.row()
    title.alert = True
    title.label(text="That did not work", icon="ERROR")
    row.operator("zoom_stack.dismiss", text="", icon="X", emboss=False)
    draw_wrapped(box, context, problem.text, boxed=True)
    if problem.hint:
        draw_wrapped(box, context, problem.hint, boxed=True)
    box.operator("zoom_stack.copy_report", icon="COPYDOWN")
    if problem.code in latest.ENGINE_PROBLEMS:
        box.operator("zoom_stack.open_preferences", text="Open Preferences", icon="PREFERENCES")
