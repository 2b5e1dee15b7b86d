"""The panel of the camera's way: direction, durations, eases and markers."""

from __future__ import annotations

import bpy

from ..blender.timings import measured
from ..scene import finding, keying, keys, retiming
from ..scene.camera import zoom_curve
from .parts import OfZoom, draw_wrapped, of_one_look

_WAY = "zoom_way_"
_OF_LOOPS = ("IN", "OUT")


class ZOOMSTACK_PT_stack_timing(OfZoom, bpy.types.Panel):
    """When the zoom is where"""

    bl_idname = "ZOOMSTACK_PT_stack_timing"
    bl_label = "The Camera's Way"

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = finding.present_root(context)
        finding.for_buttons(layout, root)
        linked, made = finding.is_linked(root), keying.is_as_made(root)
        if not linked and not made:
            box = layout.box()
            draw_wrapped(box, context, _whose(root), "INFO", boxed=True)
            box.operator("zoom_stack.replace_own_curve")
        _draw_way(layout, root, enabled=made and not linked)
        if root.get(keys.LEFT_BEHIND):
            draw_wrapped(layout, context, str(root[keys.LEFT_BEHIND]), "INFO")
        fps = float(root.get(keys.FPS, 24.0))
        if abs(fps - retiming.frames_per_second(context.scene)) > 1e-3:
            layout.label(text=f"Timed for {fps:g} fps: press Retime", icon="ERROR")
        row = layout.row(align=True)
        row.operator("zoom_stack.retime", text="Retime…")
        row.operator("zoom_stack.refresh_markers")
        layout.operator("zoom_stack.levels_onto_markers")
        layout.operator("zoom_stack.bake_to_keyframes", text="Bake to Keyframes…")


def _whose(root: bpy.types.Object) -> str:
    if zoom_curve(finding.present_camera(root)) is None:
        return "The camera has no keys of the zoom"
    if keying.lies_on_markers(root):
        return "The levels lie on markers. Retime moves them off"
    return "This curve is your own. Retime carries it along"


def _draw_way(layout: bpy.types.UILayout, root: bpy.types.Object, enabled: bool) -> None:
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.enabled = enabled
    loops = finding.turn_of(root) is not None
    if loops:
        row = column.row(align=True)
        for name in _OF_LOOPS:
            row.prop_enum(root, _WAY + "direction", name)
    else:
        column.prop(root, _WAY + "direction")
    group = column.column(align=True)
    for name in ("length", "level_seconds", "speed"):
        group.prop(root, _WAY + name)
    if not loops:
        group = column.column(align=True)
        group.prop(root, _WAY + "hold")
        group.prop(root, _WAY + "hold_end")
        group = column.column(align=True)
        group.prop(root, _WAY + "ease_in")
        group.prop(root, _WAY + "ease_out")
    column.prop(root, _WAY + "whole_frames")


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_PT_stack_timing,))
