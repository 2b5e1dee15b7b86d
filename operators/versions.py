"""Show an earlier version of a zoom again, or delete it."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ..engine.contract.errors import ZoomStackError
from ..scene import finding
from ..scene.updating import update_zoom
from ..scene.versions import Version, delete_version, versions_of
from ..settings.job import note_version
from ..settings.kept_levels import picture_of


class _OnVersion(bpy.types.Operator):
    """What both need."""

    folder: StringProperty(
        name="Folder", description="The name of the version's folder", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        root = finding.active_root(context)
        if root is None or finding.camera_of(root) is None:
            cls.poll_message_set("There is no zoom in this scene")
            return False
        return True

    def _version(self, context: bpy.types.Context) -> Version | None:
        """The one that is meant; None, and it is said, where it is no longer there."""
        versions = versions_of(finding.present_root(context))
        found = next((each for each in versions if each.folder.name == self.folder), None)
        if found is None:
            self.report({"ERROR"}, f"There is no version {self.folder} of this zoom")
        return found


class ZOOMSTACK_OT_show_version(_OnVersion):
    """Show these pictures again; what you have set up around the zoom stays"""

    bl_idname = "zoom_stack.show_version"
    bl_label = "Show Version"
    bl_options = {"REGISTER", "UNDO"}

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
        for note in result.notes():
            self.report({"WARNING"}, note)
        return {"FINISHED"}


class ZOOMSTACK_OT_delete_version(_OnVersion):
    """Delete these pictures from the disk; this cannot be undone"""

    bl_idname = "zoom_stack.delete_version"
    bl_label = "Delete Version"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        version = self._version(context)
        if version is None:
            return {"CANCELLED"}
        user = _user_of(version.folder)
        if user:
            self.report({"ERROR"}, f"These pictures are in use: {user}")
            return {"CANCELLED"}
        try:
            delete_version(version)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def _user_of(folder: Path) -> str:
    """What in the open file shows or keeps pictures of a folder; "" if nothing does."""
    for image in bpy.data.images:
        path = Path(bpy.path.abspath(image.filepath, library=image.library))
        if image.users and image.filepath and path.parent == folder:
            return f"the zoom shows {image.name}"
    for scene in bpy.data.scenes:
        for number, level in enumerate(scene.zoom_stack.levels, start=1):
            if level.keep and level.made and picture_of(level).parent == folder:
                return f"level {number} keeps its picture"
    return ""


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_show_version, ZOOMSTACK_OT_delete_version)
)
