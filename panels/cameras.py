"""The panel of a zoom's cameras and of depth of field."""

from __future__ import annotations

import bpy

from ..blender.timings import measured
from ..scene import finding, focus, keys
from .parts import OfZoom, of_one_look


class ZOOMSTACK_PT_cameras(OfZoom, bpy.types.Panel):
    """Which camera is used, and what it blurs"""

    bl_idname = "ZOOMSTACK_PT_cameras"
    bl_label = "Cameras"
    bl_options = {"DEFAULT_CLOSED"}

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = finding.present_root(context)
        finding.for_buttons(layout, root)
        row = layout.row(align=True)
        row.prop(context.scene, "camera", text="")
        row.operator("zoom_stack.add_camera", text="", icon="ADD")
        camera = finding.camera_in_use(root, context.scene)
        if camera is None or camera.type != "CAMERA":
            return
        row = layout.row(align=True)
        if focus.is_focused(camera):
            row.prop(camera.data, keys.path_to(keys.F_STOP), text="F-Stop")
            row.operator("zoom_stack.drop_focus", text="", icon="X")
        else:
            row.operator("zoom_stack.focus_on_picture", icon="CAMERA_DATA")


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_PT_cameras,))
