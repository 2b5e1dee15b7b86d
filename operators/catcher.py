"""Things and pictures as view layers of their own, laid over each other."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from ..engine.contract.errors import ZoomStackError
from ..scene import catcher, finding
from .shared import OnZoom


class _OnScene(OnZoom):
    """What changes the scene of a zoom, which may be linked itself."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if context.scene.library is not None:
            cls.poll_message_set("This scene is linked from another file")
            return False
        return True


class ZOOMSTACK_OT_set_up_catcher(_OnScene):
    """Render things and pictures as two view layers and join them in the compositor; again:
    bring them up to date"""

    bl_idname = "zoom_stack.set_up_catcher"
    bl_label = "Set Up Catcher"
    bl_options = {"REGISTER", "UNDO"}

    things: StringProperty(
        name="Things",
        description="The collection whose objects are laid over the pictures; "
        "empty: everything but the zooms' own parts",
        options={"SKIP_SAVE"},
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop_search(self, "things", bpy.data, "collections", text="Things")

    def execute(self, context: bpy.types.Context) -> set[str]:
        name = self.things.strip()
        things = bpy.data.collections.get(name)
        if name and things is None:
            self.report({"ERROR"}, f"There is no collection called {name}")
            return {"CANCELLED"}
        root = finding.present_root(context)
        try:
            notes = catcher.set_up_catcher(root, context.scene, context.view_layer, things)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, "; ".join(notes))
        return {"FINISHED"}


class ZOOMSTACK_OT_remove_catcher(_OnScene):
    """Take both view layers and their compositor nodes away, and give back what was before"""

    bl_idname = "zoom_stack.remove_catcher"
    bl_label = "Remove Catcher"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if not catcher.is_changed(context.scene):
            cls.poll_message_set("This scene has no catcher")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        notes = catcher.remove_catcher(context.scene)
        if notes:
            self.report({"INFO"}, "; ".join(notes))
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_set_up_catcher, ZOOMSTACK_OT_remove_catcher)
)
