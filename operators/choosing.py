"""Several zooms in one scene: which is meant, and where they stand."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from ..scene import finding, placing
from ..scene.attaching import moves_by_itself
from ..scene.choosing import choose
from ..scene.importing import leave_edit_mode
from ..scene.viewing import look_through, looks_through_any, remember_view
from ..tasks.views import watch_views
from .shared import ChangesZoom


class ZOOMSTACK_OT_choose_zoom(bpy.types.Operator):
    """Work on this zoom: its camera becomes the scene's, and is selected with its keys"""

    bl_idname = "zoom_stack.choose_zoom"
    bl_label = "Choose Zoom"
    bl_options = {"REGISTER", "UNDO"}

    root: StringProperty(name="Zoom", description="The name of its root", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene.library is not None:
            cls.poll_message_set("This scene is linked from another file and cannot be changed")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        there = {root.name: root for root in finding.roots_in(scene)}
        root = there.get(self.root)
        if root is None:
            self.report({"ERROR"}, f"{self.root or 'What was chosen'} is no zoom in this scene")
            return {"CANCELLED"}
        if finding.camera_of(root) is None:
            self.report({"ERROR"}, f"The camera of {root.name} was deleted: undo that, or import")
            return {"CANCELLED"}
        leave_edit_mode()
        place = remember_view(context)
        through = looks_through_any(place)
        camera = choose(scene, context.view_layer, root)
        if through:
            look_through(place, scene, camera)
            watch_views()
        return {"FINISHED"}


class ZOOMSTACK_OT_move_apart(ChangesZoom):
    """Put this zoom beside the others, so that no camera sees another zoom than its own"""

    bl_idname = "zoom_stack.move_apart"
    bl_label = "Move Apart"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        root = finding.present_root(context)
        if not placing.disturbed(root, finding.roots_in(context.scene)):
            cls.poll_message_set("No other zoom is in its view, nor this one in another's")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        if moves_by_itself(root):
            self.report({"ERROR"}, f"Keys, drivers or constraints place {root.name}: move it there")
            return {"CANCELLED"}
        if not placing.move_apart(root, finding.roots_in(context.scene)):
            self.report({"ERROR"}, "There is no room near by: move the zoom yourself")
            return {"CANCELLED"}
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_choose_zoom, ZOOMSTACK_OT_move_apart)
)
