"""When the zoom is where: its durations, its own curve again, and its markers."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty

from ..blender.texts import names_text
from ..scene import finding, keying, keys, markers, retiming
from ..scene.belongings import belongings_of
from ..scene.timing import HOLD_SECONDS, SECONDS_PER_OCTAVE
from ..scene.way_changes import change_way, replace_own_curve, retimed
from .shared import ChangesZoom, Durations


class ZOOMSTACK_OT_retime(Durations, ChangesZoom):
    """Give the zoom other durations; every key of it and of what hangs on it moves along, your
    own too"""

    bl_idname = "zoom_stack.retime"
    bl_label = "Retime"
    bl_options = {"REGISTER", "UNDO"}

    with_shared: BoolProperty(
        name="Shared Actions Too",
        description="Also move keys of actions that something outside of this zoom uses",
        default=False,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        root = finding.present_root(context)
        self.seconds_per_octave = root.get(keys.SECONDS_PER_OCTAVE, SECONDS_PER_OCTAVE)
        self.hold_seconds = root.get(keys.HOLD_SECONDS, HOLD_SECONDS)
        self._shared = list(belongings_of(root).shared)
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "seconds_per_octave")
        root = finding.active_root(context)  # it may be gone while the dialog is open
        if root is not None and finding.turn_of(root) is None:
            layout.prop(self, "hold_seconds")
        if root is not None and not keying.is_as_made(root):
            layout.label(text="Your own curve stretches along with these", icon="INFO")
        shared = getattr(self, "_shared", [])
        if shared:
            layout.label(text=f"Used outside of the zoom too: {names_text(shared)}", icon="INFO")
            layout.prop(self, "with_shared")

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        fps = retiming.frames_per_second(context.scene)
        way = retimed(retiming.way_of(root), fps, self.seconds_per_octave, self.hold_seconds)
        changed = change_way(root, way, self.with_shared)
        for note in changed.left():
            self.report({"WARNING"}, note)
        return {"FINISHED"}


class ZOOMSTACK_OT_replace_own_curve(ChangesZoom):
    """Make the zoom's curve anew by the camera's way; your own keys of it go"""

    bl_idname = "zoom_stack.replace_own_curve"
    bl_label = "Replace Own Curve"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if keying.is_as_made(finding.present_root(context)):
            cls.poll_message_set("The zoom's curve is as the camera's way has it")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        replace_own_curve(finding.present_root(context))
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
    (ZOOMSTACK_OT_retime, ZOOMSTACK_OT_replace_own_curve, ZOOMSTACK_OT_refresh_markers)
)
