"""The panel of the camera's way: durations and markers."""

from __future__ import annotations

import bpy

from ..blender.timings import measured
from ..scene import finding, keys, retiming
from .parts import OfZoom, of_one_look


class ZOOMSTACK_PT_stack_timing(OfZoom, bpy.types.Panel):
    """When the zoom is where"""

    bl_idname = "ZOOMSTACK_PT_stack_timing"
    bl_label = "The Camera's Way"

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        scene = context.scene
        root = finding.present_root(context)
        finding.for_buttons(layout, root)
        column = layout.column(align=True)
        column.label(text=f"{root.get(keys.SECONDS_PER_OCTAVE, 0.0):.2f} s per octave")
        if finding.turn_of(root):
            column.label(text="Loops without a hold")
        else:
            column.label(text=f"{root.get(keys.HOLD_SECONDS, 0.0):.2f} s hold at each end")
        fps = float(root.get(keys.FPS, 24.0))
        if abs(fps - retiming.frames_per_second(scene)) > 1e-3:
            column.label(text=f"Timed for {fps:g} fps: retime it", icon="ERROR")
        row = layout.row(align=True)
        row.operator("zoom_stack.retime", text="Retime…")
        row.operator("zoom_stack.refresh_markers")


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_PT_stack_timing,))
