"""When the zoom is where: its durations and its markers."""

from __future__ import annotations

import math

import bpy

from ..scene import finding, keys, markers, retiming
from ..scene.timing import HOLD_SECONDS, SECONDS_PER_OCTAVE
from .shared import ChangesZoom, Durations


class ZOOMSTACK_OT_retime(Durations, ChangesZoom):
    """Give the zoom other durations; every key moves along, your own too"""

    bl_idname = "zoom_stack.retime"
    bl_label = "Retime"
    bl_options = {"REGISTER", "UNDO"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        root = finding.present_root(context)
        self.seconds_per_octave = root.get(keys.SECONDS_PER_OCTAVE, SECONDS_PER_OCTAVE)
        self.hold_seconds = root.get(keys.HOLD_SECONDS, HOLD_SECONDS)
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "seconds_per_octave")
        root = finding.active_root(context)  # it may be gone while the dialog is open
        if root is not None and finding.turn_of(root) is None:
            layout.prop(self, "hold_seconds")

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        scene = context.scene
        followed = retiming.range_follows(scene, root)
        plan = retiming.retime(
            root, retiming.frames_per_second(scene), self.seconds_per_octave, self.hold_seconds
        )
        if followed:
            scene.frame_end = max(scene.frame_start + 1, math.ceil(plan.end))
        if root.get(keys.MARKERS):
            markers.refresh_markers(scene, root)
        return {"FINISHED"}


class ZOOMSTACK_OT_refresh_markers(ChangesZoom):
    """Put a marker at each level, where the keys have it now"""

    bl_idname = "zoom_stack.refresh_markers"
    bl_label = "Refresh Markers"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        count = markers.refresh_markers(context.scene, finding.present_root(context))
        self.report({"INFO"}, f"{count} markers")
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_retime, ZOOMSTACK_OT_refresh_markers)
)
