"""The levels laid onto markers."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty

from ..blender.texts import names_text
from ..scene import beats, finding
from .shared import ChangesZoom

_FEWEST = 2


class ZOOMSTACK_OT_levels_onto_markers(ChangesZoom):
    """Reach one level after the other at the selected markers, or at all of them, from left to
    right: the beats of a song"""

    bl_idname = "zoom_stack.levels_onto_markers"
    bl_label = "Levels onto Markers"
    bl_options = {"REGISTER", "UNDO"}

    replace_own: BoolProperty(
        name="Replace Own Curve",
        description="Your own keys of the zoom go",
        default=False,
        options={"SKIP_SAVE"},
    )
    with_range: BoolProperty(
        name="Frame Range", description="The scene's frames end with the zoom", default=True
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if finding.turn_of(finding.present_root(context)) is not None:
            cls.poll_message_set("A loop goes on for ever, and has no levels to lay onto markers")
            return False
        if len(beats.beats_in(context.scene)) < _FEWEST:
            cls.poll_message_set("Add two markers of your own at least (M over the timeline)")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if beats.is_own(finding.present_root(context)):
            return context.window_manager.invoke_props_dialog(self)
        return self.execute(context)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = finding.active_root(context)
        if self.replace_own or (root is not None and beats.is_own(root)):
            layout.label(text="The zoom's curve is your own", icon="INFO")
            layout.prop(self, "replace_own")
        layout.prop(self, "with_range")

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, scene = finding.present_root(context), context.scene
        if beats.is_own(root) and not self.replace_own:
            self.report({"ERROR"}, "The zoom's curve is your own: choose Replace Own Curve first")
            return {"CANCELLED"}
        laid = beats.lay_onto(root, scene, beats.beats_in(scene), self.with_range)
        notes = []
        if laid.between:
            notes.append(f"{laid.between} passages of levels lie between markers")
        if laid.unused:
            notes.append(f"{laid.unused} markers are left")
        if laid.shared:
            notes.append(f"actions that something else uses stay: {names_text(laid.shared)}")
        if laid.strips:
            notes.append(f"NLA strips stay: {names_text(laid.strips)}")
        if notes:
            self.report({"INFO"}, "; ".join(notes))
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_OT_levels_onto_markers,))
