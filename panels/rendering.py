"""The panel of a zoom's render: its size, its sharpness, its frames."""

from __future__ import annotations

import bpy

from ..blender.texts import size_text, times_text
from ..blender.timings import measured
from ..scene import colour, finding, keys, render_setup
from ..tasks import latest
from ..tasks.picture_run import Phase
from .parts import OfZoom, draw_notes, draw_wrapped, of_one_look
from .running import draw_problem, draw_running_sharpening


class ZOOMSTACK_PT_stack_render(OfZoom, bpy.types.Panel):
    """Size, sharpness and frames of the render"""

    bl_idname = "ZOOMSTACK_PT_stack_render"
    bl_label = "Render"

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        scene = context.scene
        root = finding.present_root(context)
        finding.for_buttons(layout, root)
        width = scene.render.resolution_x * scene.render.resolution_percentage // 100
        sharp = finding.sharp_width(root)
        column = layout.column(align=True)
        if sharp:  # otherwise pictures are missing
            column.label(text=f"Pictures of {size_text(*finding.picture_size(root))}")
        column.label(text=f"Render width {width} px")
        if sharp and width <= sharp:
            column.label(text=f"Sharp up to {sharp} px", icon="CHECKMARK")
        elif sharp and width > finding.picture_size(root)[0]:
            number = finding.most_enlarged(root)[1] + 1
            text = f"Level {number} is enlarged up to {times_text(width / sharp)} in this render"
            draw_wrapped(column, context, text, "INFO")
        _draw_sharpening(layout, context)
        layout.operator("zoom_stack.set_up_render", text="Set Up Render…", icon="OUTPUT")


def draw_question(
    layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Object
) -> None:
    """Draw what the scene renders in the place of a zoom as it is, and what to press then."""
    scene = context.scene
    altered = not colour.shows_pictures_unchanged(scene)
    kept = bool(scene.get(keys.KEEPS_RENDER))
    found = [] if kept else render_setup.otherwise(scene, root)
    if not altered and not found:
        return
    box = layout.box()
    if found:
        row = box.row()
        draw_wrapped(row, context, f"This scene renders {', '.join(found)}", "ERROR", boxed=True)
        row.operator("zoom_stack.keep_render", text="", icon="X", emboss=False)
    else:
        box.label(text="Colours are altered", icon="ERROR")
    row = box.row(align=True)
    if found:
        row.operator("zoom_stack.set_up_render", text="Set Up Render…")
    if altered:
        row.operator("zoom_stack.use_standard_view")


def _draw_sharpening(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    if draw_running_sharpening(layout, context):
        return
    layout.operator("zoom_stack.sharpen", text="Make Sharper…", icon="SHADERFX")
    sharpening = latest.sharpening()
    if sharpening is not None:
        draw_notes(layout, context, sharpening.warnings, "RUN")
        if sharpening.phase is Phase.CANCELLED:
            draw_wrapped(layout, context, "Cancelled: nothing was changed")
    if latest.problem_of_sharpening():  # not what was pressed elsewhere
        draw_problem(layout, context)


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_PT_stack_render,))
