"""Work on a zoom that exists: make one level again, or take its levels into the list."""

from __future__ import annotations

import bpy

from ..engine.contract.errors import ZoomStackError
from ..scene import finding
from ..scene.unpacking import needs_unpacking
from ..tasks import latest
from ..tasks.start import why_not_generate
from .shared import CanWait, take_levels, unpack_first


class ZOOMSTACK_OT_level_again(CanWait, bpy.types.Operator):
    """Make the active level's picture again, with its prompt and another seed, which takes minutes.
    Of the other levels only what they show of it changes; padlocks stay as they are"""

    bl_idname = "zoom_stack.level_again"
    bl_label = "Make Again"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        settings = context.scene.zoom_stack
        reason = "" if settings.levels else "There are no levels"
        if not all(level.made for level in settings.levels):
            reason = "Generate the whole zoom first"
        # Which levels are kept now does not matter: that is set anew.
        reason = reason or why_not_generate(context, but_kept=True)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.zoom_stack
        again = min(settings.active_level, len(settings.levels) - 1)
        try:
            return bpy.ops.zoom_stack.generate(wait=self.wait, again=again)
        except RuntimeError as error:
            self.report({"ERROR"}, str(latest.problem() or error))
            return {"CANCELLED"}


class ZOOMSTACK_OT_edit_levels(bpy.types.Operator):
    """Put this zoom's levels into the list above, all kept, to add or change some"""

    bl_idname = "zoom_stack.edit_levels"
    bl_label = "Edit Levels"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if finding.active_root(context) is None:
            cls.poll_message_set("There is no zoom in this scene")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        if not (bpy.app.background or finding.is_linked(root)) and needs_unpacking(root):
            press = bpy.ops.zoom_stack.edit_levels
            unpack_first(context, [root], lambda: press("EXEC_DEFAULT", True))  # a step to undo
            return {"CANCELLED"}  # what is undone is done then
        try:
            take_levels(context.scene.zoom_stack, root)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        count = len(context.scene.zoom_stack.levels)
        self.report({"INFO"}, f"The list has the zoom's {count} levels now, all kept")
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_level_again, ZOOMSTACK_OT_edit_levels)
)
