"""The read-out: a text that follows the zoom's camera."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty

from ..scene import finding, readout
from .shared import ChangesZoom


class ZOOMSTACK_OT_add_read_out(ChangesZoom):
    """Let a text in a corner of the picture tell where in the zoom it is; again: change it"""

    bl_idname = "zoom_stack.add_read_out"
    bl_label = "Add Read-Out"
    bl_options = {"REGISTER", "UNDO"}

    prompt: BoolProperty(
        name="Prompt", description="What the level in view is called", default=True
    )
    magnification: BoolProperty(
        name="Magnification", description="How many times closer than the widest level",
        default=True,
    )  # fmt: skip
    use_width: BoolProperty(
        name="Width in View",
        description="As a power of ten in metres, by the width of level 1",
        default=False,
    )
    metres: FloatProperty(
        name="Width of Level 1 (m)",
        description="In metres; of a picnic blanket 1, of the Milky Way 1e21",
        default=1.0,
        min=1e-30,
        max=1e30,
    )
    corner: EnumProperty(
        name="Corner",
        items=(
            ("BOTTOM_LEFT", "Bottom Left", ""),
            ("BOTTOM_RIGHT", "Bottom Right", ""),
            ("TOP_LEFT", "Top Left", ""),
            ("TOP_RIGHT", "Top Right", ""),
        ),
        default="BOTTOM_LEFT",
    )
    size: FloatProperty(
        name="Size",
        description="Of the letters, as a share of the frame's width",
        default=readout.ReadOut.size,
        min=0.002,
        max=0.5,
        soft_max=0.1,
        precision=3,
    )
    plate: BoolProperty(name="Plate", description="A dark plate behind the text", default=True)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        item = readout.read_out_of(finding.present_root(context))
        if item is not None:
            there = readout.options_of(item)
            self.prompt, self.magnification = bool(there.prompt), bool(there.magnification)
            self.use_width, self.metres = there.metres > 0.0, there.metres or 1.0
            self.corner, self.size, self.plate = there.corner, there.size, bool(there.plate)
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "prompt")
        layout.prop(self, "magnification")
        layout.prop(self, "use_width")
        row = layout.row()
        row.enabled = self.use_width
        row.prop(self, "metres")
        layout.prop(self, "corner")
        layout.prop(self, "size")
        layout.prop(self, "plate")

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not (self.prompt or self.magnification or self.use_width):
            self.report({"ERROR"}, "The read-out would be empty: choose what it is to tell")
            return {"CANCELLED"}
        options = readout.ReadOut(
            self.prompt,
            self.magnification,
            self.metres if self.use_width else 0.0,
            self.corner,
            self.size,
            self.plate,
        )
        readout.add_read_out(finding.present_root(context), options)
        return {"FINISHED"}


class ZOOMSTACK_OT_remove_read_out(ChangesZoom):
    """Take the read-out away"""

    bl_idname = "zoom_stack.remove_read_out"
    bl_label = "Remove Read-Out"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if readout.read_out_of(finding.present_root(context)) is None:
            cls.poll_message_set("This zoom has no read-out")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        readout.remove_read_out(finding.present_root(context))
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_add_read_out, ZOOMSTACK_OT_remove_read_out)
)
