"""Set a scene up to render a zoom."""

from __future__ import annotations

import bpy

from ..engine.contract.errors import ZoomStackError
from ..scene import colour, finding, retiming
from ..scene.target_scene import set_range
from .shared import OnZoom


class ZOOMSTACK_OT_fit_scene(OnZoom):
    """Make the scene's frame range the zoom's, at the zoom's camera"""

    bl_idname = "zoom_stack.fit_scene"
    bl_label = "Use for Render"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        plan = retiming.present_schedule(root)
        scene = context.scene
        scene.camera = finding.camera_in_use(root, scene) or finding.present_camera(root)
        set_range(scene, plan.start, plan.end)
        return {"FINISHED"}


class ZOOMSTACK_OT_use_standard_view(bpy.types.Operator):
    """Show pictures in their own colours: view transform Standard, no look, no exposure"""

    bl_idname = "zoom_stack.use_standard_view"
    bl_label = "Use Standard"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            colour.use_standard_view(context.scene)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_fit_scene, ZOOMSTACK_OT_use_standard_view)
)
