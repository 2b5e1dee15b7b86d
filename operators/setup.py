"""Set the engine up: install, check, open the preferences."""

from __future__ import annotations

import bpy

from ..blender import folders
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..tasks import runner
from ..tasks.check import Check
from ..tasks.installation import start_installation
from ..tasks.start import start_engine


class ZOOMSTACK_OT_check_engine(bpy.types.Operator):
    """Start the engine once, and show what it is and what it has"""

    bl_idname = "zoom_stack.check_engine"
    bl_label = "Check"
    bl_options = {"INTERNAL"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        if jobs.is_running(jobs.board.check):
            cls.poll_message_set("The engine is being checked")
            return False
        if not folders.engine_is_configured():
            cls.poll_message_set("Install the engine first, or choose a Python that has it")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            check = Check(start_engine())
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        jobs.board.check = check
        if not bpy.app.background:
            jobs.start(check)
            return {"FINISHED"}
        jobs.run_to_end(check)
        if check.error is not None:
            self.report({"ERROR"}, str(check.error))
            return {"CANCELLED"}
        return {"FINISHED"}


class ZOOMSTACK_OT_install_engine(bpy.types.Operator):
    """Download the engine's packages into a folder of the extension's own"""

    bl_idname = "zoom_stack.install_engine"
    bl_label = "Install the Engine"
    bl_options = {"INTERNAL"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        if jobs.is_running(jobs.board.installation):
            cls.poll_message_set("The engine is being installed")
            return False
        if jobs.is_running(jobs.board.generation):
            cls.poll_message_set("The engine is in use")
            return False
        if not bpy.app.online_access:
            cls.poll_message_set(
                "Allow Online Access is off: switch it on in Preferences, System, Network"
            )
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            installation = start_installation(folders.preferences().packages)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        jobs.board.installation = installation
        if not bpy.app.background:
            jobs.start(installation)
            return {"FINISHED"}
        jobs.run_to_end(installation)
        if installation.error is not None:
            self.report({"ERROR"}, str(installation.error))
            return {"CANCELLED"}
        return {"FINISHED"}


class ZOOMSTACK_OT_cancel_installation(bpy.types.Operator):
    """Stop installing; the next installation goes on from there"""

    bl_idname = "zoom_stack.cancel_installation"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return jobs.is_running(jobs.board.installation)

    def execute(self, context: bpy.types.Context) -> set[str]:
        jobs.board.installation.cancel()
        return {"FINISHED"}


class ZOOMSTACK_OT_open_preferences(bpy.types.Operator):
    """Open Zoom Stack's preferences"""

    bl_idname = "zoom_stack.open_preferences"
    bl_label = "Choose Python…"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        return bpy.ops.preferences.addon_show(module=__package__.rpartition(".")[0])


CLASSES = (
    ZOOMSTACK_OT_check_engine,
    ZOOMSTACK_OT_install_engine,
    ZOOMSTACK_OT_cancel_installation,
    ZOOMSTACK_OT_open_preferences,
)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
