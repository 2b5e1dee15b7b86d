"""Set the engine up: install, check, open the preferences."""

from __future__ import annotations

import bpy

from ..blender.folders import PACKAGE
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..settings.preferences import engine_is_configured, preferences
from ..tasks import latest, runner
from ..tasks.check import Check
from ..tasks.installation import Installation, start_installation
from ..tasks.start import start_engine


def _begin(operator: bpy.types.Operator, task: Check | Installation) -> set[str]:
    """Start a task; where it was seen through to its end, report what went wrong."""
    if runner.start_or_wait(task) and task.error is not None:
        operator.report({"ERROR"}, str(task.error))
        return {"CANCELLED"}
    return {"FINISHED"}


class ZOOMSTACK_OT_check_engine(bpy.types.Operator):
    """Start the engine once, and show what it is and what it has"""

    bl_idname = "zoom_stack.check_engine"
    bl_label = "Check"
    bl_options = {"INTERNAL"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        if runner.is_running(latest.check):
            cls.poll_message_set("The engine is being checked")
            return False
        if not engine_is_configured():
            cls.poll_message_set("Install the engine first, or choose a Python that has it")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            check = Check(start_engine())
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        latest.check = check
        return _begin(self, check)


class ZOOMSTACK_OT_install_engine(bpy.types.Operator):
    """Download the engine's packages, one gigabyte or more, into a folder of the extension's own"""

    bl_idname = "zoom_stack.install_engine"
    bl_label = "Install the Engine"
    bl_options = {"INTERNAL"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        if latest.running_installation() is not None:
            cls.poll_message_set("The engine is being installed")
            return False
        if latest.running_generation() is not None:
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
            installation = start_installation(preferences().packages)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        latest.installation = installation
        return _begin(self, installation)


class ZOOMSTACK_OT_cancel_installation(bpy.types.Operator):
    """Stop installing; the next installation goes on from there"""

    bl_idname = "zoom_stack.cancel_installation"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return latest.running_installation() is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        running = latest.running_installation()
        if running is not None:
            running.cancel()
        return {"FINISHED"}


class ZOOMSTACK_OT_open_preferences(bpy.types.Operator):
    """Open Zoom Stack's preferences"""

    bl_idname = "zoom_stack.open_preferences"
    bl_label = "Preferences…"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        return bpy.ops.preferences.addon_show(module=PACKAGE)


register, unregister = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_OT_check_engine,
        ZOOMSTACK_OT_install_engine,
        ZOOMSTACK_OT_cancel_installation,
        ZOOMSTACK_OT_open_preferences,
    )
)
