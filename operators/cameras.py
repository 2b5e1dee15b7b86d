"""The cameras of a zoom: another one, depth of field, motion blur."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, FloatProperty

from ..engine.contract.errors import ZoomStackError
from ..scene import finding, focus, motion, readout
from ..scene.cameras import add_camera
from ..scene.importing import leave_edit_mode, select_only
from .shared import ChangesZoom, OnZoom


class ZOOMSTACK_OT_add_camera(ChangesZoom):
    """Add a camera that goes along with the zoom, to be moved, turned and given another lens"""

    bl_idname = "zoom_stack.add_camera"
    bl_label = "Add Camera"
    bl_options = {"REGISTER", "UNDO"}

    use: BoolProperty(
        name="Use for Render", description="Make it the scene's camera", default=False
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        leave_edit_mode()
        camera = add_camera(finding.present_root(context))
        context.view_layer.update()  # it knows the camera only then
        if context.view_layer.objects.get(camera.name) == camera:
            select_only(context.view_layer, camera)
        if self.use and context.scene.library is None:
            context.scene.camera = camera
        return {"FINISHED"}


class _OnCamera(ChangesZoom):
    """What is about the camera through which the zoom is seen: the scene's, or the zoom's own."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        camera = _camera(context)
        if camera is None or camera.type != "CAMERA" or camera.data.library is not None:
            cls.poll_message_set("This camera is linked from another file and cannot be changed")
            return False
        return True


def _camera(context: bpy.types.Context) -> bpy.types.Object | None:
    return finding.camera_in_use(finding.present_root(context), context.scene)


class ZOOMSTACK_OT_focus_on_picture(_OnCamera):
    """Blur what is before and behind the picture, alike at every scale"""

    bl_idname = "zoom_stack.focus_on_picture"
    bl_label = "Focus on the Picture"
    bl_options = {"REGISTER", "UNDO"}

    f_stop: FloatProperty(
        name="F-Stop",
        description="As of a picture 1 m wide: the smaller, the more is blurred",
        default=1.0,
        min=0.01,
        max=1000.0,
        soft_min=0.1,
        soft_max=32.0,
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, camera = finding.present_root(context), _camera(context)
        assert camera is not None
        try:
            focus.focus_on_picture(root, camera, self.f_stop)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        readout.replace_read_out(root)
        if context.scene.library is None:
            _tell(self, focus.sharpen_in_eevee(context.scene))
        return {"FINISHED"}


class ZOOMSTACK_OT_drop_focus(_OnCamera):
    """Take the depth of field away: all is sharp"""

    bl_idname = "zoom_stack.drop_focus"
    bl_label = "All Sharp"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        camera = _camera(context)
        if camera is None or not focus.is_focused(camera):
            cls.poll_message_set("This camera is not focused on the picture")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        camera = _camera(context)
        assert camera is not None
        focus.drop_focus(camera)
        return {"FINISHED"}


class ZOOMSTACK_OT_blur_motion(OnZoom):
    """Blur what moves while the shutter is open, alike at every scale and in both engines"""

    bl_idname = "zoom_stack.blur_motion"
    bl_label = "Motion Blur"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if context.scene.library is not None:
            cls.poll_message_set("This scene is linked from another file and cannot be changed")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        _tell(self, motion.blur_motion(context.scene))
        return {"FINISHED"}


def _tell(operator: bpy.types.Operator, changed: list[str]) -> None:
    if changed:
        operator.report({"INFO"}, "; ".join(changed))


register, unregister = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_OT_add_camera,
        ZOOMSTACK_OT_focus_on_picture,
        ZOOMSTACK_OT_drop_focus,
        ZOOMSTACK_OT_blur_motion,
    )
)
