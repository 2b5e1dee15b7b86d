"""What a run of the engine shows while it works, and what it leaves to be read."""

from __future__ import annotations

import bpy

from ..blender.screen import edited
from ..blender.texts import duration_text
from ..tasks import latest
from ..tasks.picture_run import Phase, PictureRun
from .parts import draw_notes, draw_progress, draw_wrapped, failed_title

_PREVIEW_SCALE = 3.6  # three in a row of the narrowest side bar


def draw_running(
    layout: bpy.types.UILayout, context: bpy.types.Context, generation: PictureRun
) -> None:
    waiting = generation.phase is Phase.CANCELLING
    stage = "Cancelling" if waiting else generation.stage
    draw_progress(layout, context, generation.fraction, stage, "zoom_stack.cancel")
    if generation.silence and not waiting:
        _draw_silence(layout, context, generation)
    elif generation.phase is Phase.WAITING and edited():
        update = layout.row()
        update.scale_y = 1.4
        update.operator("zoom_stack.update_now", icon="FILE_REFRESH")
    elif generation.waits_for_word():
        draw_wrapped(layout, context, "Waiting for the engine", "TIME")
    elif generation.eta is not None:
        about = f"About {duration_text(generation.eta)} for this part"
        draw_wrapped(layout, context, about, "TIME")
    elif not generation.fraction:
        draw_wrapped(layout, context, "This takes a moment")
    _draw_previews(layout, context, generation)
    draw_notes(layout, context, generation.warnings, "RUN")


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


def draw_problem(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    problem = latest.problem()
    if problem is None:
        return
    box = layout.box()
    row = box.row()
    title = row.row()
    title.alert = True
    title.label(text=failed_title(context), icon="ERROR")
    row.operator("zoom_stack.dismiss", text="", icon="X", emboss=False)
    draw_wrapped(box, context, problem.text, boxed=True)
    if problem.hint:
        draw_wrapped(box, context, problem.hint, boxed=True)
    box.operator("zoom_stack.copy_report", icon="COPYDOWN")
    if problem.code in latest.ENGINE_PROBLEMS:
        box.operator("zoom_stack.open_preferences", text="Open Preferences", icon="PREFERENCES")


def draw_running_sharpening(layout: bpy.types.UILayout, context: bpy.types.Context) -> bool:
    """Draw how far it has come; returns whether there is one."""
    sharpening = latest.sharpening()
    if sharpening is None or sharpening is not latest.running_generation():
        return False
    draw_running(layout, context, sharpening)
    return True
