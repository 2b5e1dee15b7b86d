"""Set the engine up: install, check, open the preferences."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty

from ..blender.folders import PACKAGE, engine_home
from ..blender.texts import bytes_text
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..settings.preferences import preferences, why_no_engine
from ..tasks import latest, runner
from ..tasks.check import Check
from ..tasks.installation import (
    Installation,
    Plan,
    free_space,
    plan,
    start_installation,
    start_removal,
)
from ..tasks.report import report_text
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
        reason = why_no_engine()
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            check = Check(start_engine())
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        latest.check = check
        return _begin(self, check)


def _why_not_change() -> str:
    """Why the engine can be neither installed nor removed now; empty when it can."""
    if latest.running_installation() is not None:
        return "The engine is being installed"
    if latest.running_generation() is not None:
        return "The engine is in use"
    return ""


class ZOOMSTACK_OT_install_engine(bpy.types.Operator):
    """Download a Python, torch and what else the engine needs into a folder of the extension's own,
    after a question that says how much it is. Nothing else on this computer changes"""

    bl_idname = "zoom_stack.install_engine"
    bl_label = "Install the Engine"
    bl_options = {"INTERNAL"}

    again: BoolProperty(
        name="Again",
        description="Make it anew, from what was downloaded before where that is whole",
        default=False,
        options={"SKIP_SAVE"},
    )

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = _why_not_change()
        if not (reason or bpy.app.online_access or preferences().wheels_folder.strip()):
            reason = (
                "Allow Online Access is off: switch it on in Preferences, System, Network, or "
                "choose a folder with the packages"
            )
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self._free = free_space()  # drawing does not ask the disk
        return context.window_manager.invoke_props_dialog(
            self,
            width=420,
            title="Repair or Change the Engine" if self.again else self.bl_label,
            confirm_text="Install",
        )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        chosen = preferences()
        what = plan(chosen.backend)
        rows = [("Download", _amount(what, chosen.wheels_folder)), ("To", str(engine_home().path))]
        if bpy.app.online_access:
            rows.insert(1, ("From", ", ".join(what.hosts)))
        box = layout.box().column(align=True)
        for title, text in rows:
            _row(box, title, text)
        free = f"{bytes_text(what.needed)} at most, {bytes_text(self._free)} free"
        _row(box, "Disk Space", free, alert=self._free < what.needed)
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(chosen, "wheels_folder")
        column.prop(chosen, "backend")

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            installation = start_installation(self.again)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        latest.installation = installation
        return _begin(self, installation)


def _row(layout: bpy.types.UILayout, title: str, text: str, alert: bool = False) -> None:
    row = layout.split(factor=0.25)
    row.alert = alert
    row.label(text=title)
    row.label(text=text)


def _amount(what: Plan, folder: str) -> str:
    if not bpy.app.online_access:
        return "Nothing: all comes from the package folder"
    least, most = map(bytes_text, what.download)
    if folder.strip():
        return f"up to {most}: what the package folder does not have"
    return f"about {least}" if least == most else f"{least}; with a graphics card up to {most}"


class ZOOMSTACK_OT_remove_engine(bpy.types.Operator):
    """Delete the engine with all that was downloaded for it; models and zooms stay"""

    bl_idname = "zoom_stack.remove_engine"
    bl_label = "Remove the Engine"
    bl_options = {"INTERNAL"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = _why_not_change()
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Remove the Engine?",
            message="Zooms and models stay. To generate again, the engine is downloaded again",
            confirm_text="Remove",
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            removal = start_removal()
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        latest.installation = removal
        return _begin(self, removal)


class ZOOMSTACK_OT_open_install_log(bpy.types.Operator):
    """Open all that the last installation said, in a text editor of the system"""

    bl_idname = "zoom_stack.open_install_log"
    bl_label = "Open Log"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        log = engine_home().log
        if not log.is_file():
            self.report({"ERROR"}, f"There is no log at {log}")
            return {"CANCELLED"}
        return bpy.ops.wm.path_open(filepath=str(log))


class ZOOMSTACK_OT_copy_report(bpy.types.Operator):
    """Copy what helps to find a fault to the clipboard: versions, the device, settings, the last
    messages and lines of the log. Without prompts, passwords and names of folders"""

    bl_idname = "zoom_stack.copy_report"
    bl_label = "Copy Report"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.clipboard = report_text(context)
        self.report({"INFO"}, "The report is in the clipboard: paste it where you ask for help")
        return {"FINISHED"}


class ZOOMSTACK_OT_cancel_installation(bpy.types.Operator):
    """Stop; what was downloaded is kept for the next installation"""

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
        ZOOMSTACK_OT_remove_engine,
        ZOOMSTACK_OT_open_install_log,
        ZOOMSTACK_OT_copy_report,
        ZOOMSTACK_OT_cancel_installation,
        ZOOMSTACK_OT_open_preferences,
    )
)
