"""The panel of a zoom's cameras, depth of field and motion blur."""

from __future__ import annotations

import bpy

from ..blender.compat import eevee_engine
from ..blender.timings import measured
from ..scene import finding, focus, keys, motion
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
        self._draw_focus(layout, context, root)
        _draw_motion(layout, context.scene)

    def _draw_focus(
        self, layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Object
    ) -> None:
        camera = finding.camera_in_use(root, context.scene)
        if camera is None or camera.type != "CAMERA":
            return
        row = layout.row(align=True)
        if focus.is_focused(camera):
            row.prop(camera.data, keys.path_to(keys.F_STOP), text="F-Stop")
            row.operator("zoom_stack.drop_focus", text="", icon="X")
            if _is_eevee(context.scene) and not focus.is_sharp_in_eevee(context.scene):
                button = layout.operator(
                    "zoom_stack.focus_on_picture", text="Sharpen in EEVEE", icon="ERROR"
                )
                button.f_stop = camera.data[keys.F_STOP]
        else:
            row.operator("zoom_stack.focus_on_picture", icon="CAMERA_DATA")


def _draw_motion(layout: bpy.types.UILayout, scene: bpy.types.Scene) -> None:
    render = scene.render
    if not render.use_motion_blur:
        layout.operator("zoom_stack.blur_motion", icon="ONIONSKIN_ON")
        return
    row = layout.row(align=True)
    row.prop(render, "motion_blur_shutter", text="Motion Blur")
    row.prop(render, "use_motion_blur", text="", icon="X", toggle=1)
    if not motion.is_steady(scene):
        layout.operator("zoom_stack.blur_motion", text="Blur All Scales Alike", icon="ERROR")


def _is_eevee(scene: bpy.types.Scene) -> bool:
    return scene.render.engine == eevee_engine()


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_PT_cameras,))
