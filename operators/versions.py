"""Show an earlier version of a zoom again."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from ..engine.contract.errors import ZoomStackError
from ..scene import finding, keys
from ..scene.updating import update_zoom
from ..scene.versions import Version, find_versions, whereabouts
from ..settings.job import note_version
from ..tasks.versions import forget_versions


class ZOOMSTACK_OT_show_version(bpy.types.Operator):
    """Show these pictures again; what you have set up around the zoom stays"""

    bl_idname = "zoom_stack.show_version"
    bl_label = "Show Version"
    bl_options = {"REGISTER", "UNDO"}

    folder: StringProperty(
        name="Folder", description="The name of the version's folder", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        root = finding.active_root(context)
        if root is not None and finding.is_linked(root):
            cls.poll_message_set(finding.LINKED)
            return False
        if root is None or finding.zoom_to_update(str(root.get(keys.ID, ""))) != root:
            cls.poll_message_set("There is no zoom in this scene that can be changed")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Only in Object Mode")
            return False
        return True

    def _version(self, context: bpy.types.Context) -> Version | None:
        """The one that is meant; None, and it is said, where it is no longer there."""
        place = whereabouts(finding.present_root(context))
        versions = find_versions(*place) if place is not None else []
        found = next((each for each in versions if each.folder.name == self.folder), None)
        if found is None:
            self.report({"ERROR"}, f"There is no version {self.folder} of this zoom")
        return found

    def execute(self, context: bpy.types.Context) -> set[str]:
        version = self._version(context)
        if version is None:
            return {"CANCELLED"}
        name = finding.present_root(context).name
        try:
            result = update_zoom(lambda: bpy.data.objects.get(name), version.stack)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for scene in bpy.data.scenes:
            if scene.library is None:
                note_version(scene.zoom_stack, version.stack)
        forget_versions()
        for note in result.notes():
            self.report({"WARNING"}, note)
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_OT_show_version,))
