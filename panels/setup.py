"""The engine's installation in panels, and the panel to get started with."""

from __future__ import annotations

import bpy

from ..blender.timings import measured
from ..engine.contract.backends import title_of
from ..engine.contract.own_engine import State
from ..settings.preferences import engine_is_configured, own_engine_state, preferences
from ..tasks import latest
from .parts import ZoomPanel, draw_error, draw_notes, draw_progress, draw_wrapped, fits


def draw_installation(layout: bpy.types.UILayout, context: bpy.types.Context) -> bool:
    """Draw a running installation, or why the last one failed; whether one is running."""
    installation = latest.installation
    if installation is None:
        return False
    if installation.state == "running":
        cancel = "zoom_stack.cancel_installation"
        draw_progress(layout, context, installation.fraction, installation.stage, cancel)
        column = layout.column(align=True)
        draw_wrapped(column, context, installation.detail or "This takes a moment")
        if installation.package:
            draw_wrapped(column, context, installation.package)
        draw_notes(layout, context, installation.notes, "INSTALLATION")
        return True
    if installation.error is not None:
        draw_error(layout, context, installation.error)
        column = layout.column(align=True)
        if not installation.removes:
            column.operator("zoom_stack.open_install_log", icon="TEXT")
        column.operator("zoom_stack.copy_report", icon="COPYDOWN")
    elif installation.state == "finished" and not installation.removes:
        title = title_of(installation.backend) if installation.backend else ""
        with_torch = f", for: {title}" if title else ""
        draw_wrapped(layout, context, f"The engine is installed{with_torch}", "CHECKMARK")
        draw_notes(layout, context, installation.notes, "INSTALLATION")
    elif installation.state == "cancelled" and not installation.removes:
        text = "Cancelled. What was downloaded is kept for the next time."
        draw_wrapped(layout, context, text, "INFO")
    return False


def draw_state(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw what there is of an engine of the extension's own, and what can be done with it."""
    state, last = own_engine_state(), latest.installation
    label, short = _LABELS[state]
    icon = "IMPORT" if state is State.NONE else "FILE_REFRESH"
    broken_off = last is not None and not last.removes and last.state in ("failed", "cancelled")
    if broken_off and last is not None and last.error is not None:
        label, icon = "Retry…", "FILE_REFRESH"
    text = label if fits(context, label, beside=_BESIDE) else short
    if state in _STATES:
        draw_wrapped(layout, context, _STATES[state], "ERROR")
    row = layout.row(align=True)
    row.scale_y = 1.3
    button = row.operator("zoom_stack.install_engine", text=text, icon=icon)
    button.again = state is not State.NONE
    if state is not State.NONE or broken_off:  # what was downloaded is there
        row.operator("zoom_stack.remove_engine", text="", icon="TRASH")


_BESIDE = 44.0  # pixels at a scale of 1: a button's icon, and the trash in its row
#: In a wide side bar, and in a narrow one.
_LABELS = {
    State.NONE: ("Install the Engine…", "Install…"),
    State.READY: ("Repair or Change the Engine…", "Change…"),
    State.OUTDATED: ("Update the Engine…", "Update…"),
    State.BROKEN: ("Repair the Engine…", "Repair…"),
}
_STATES = {
    State.OUTDATED: "The engine was installed for another version of Zoom Stack: update it",
    State.BROKEN: (
        "The engine cannot start: something it needs was removed, as by an update of Blender. "
        "Repair makes it anew; zooms and models stay"
    ),
}


class ZOOMSTACK_PT_start(ZoomPanel, bpy.types.Panel):
    bl_label = "Get Started"
    bl_idname = "ZOOMSTACK_PT_start"
    bl_order = 0

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        return not engine_is_configured() or latest.running_installation() is not None

    @measured
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draw_installation(layout, context):
            return
        if latest.installation is None and own_engine_state() is State.NONE:
            text = "Pictures are made by an engine that runs beside Blender. Installing it asks "
            draw_wrapped(layout, context, f"{text}first, and says how much it downloads.", "INFO")
        draw_state(layout, context)
        if not (bpy.app.online_access or preferences().wheels_folder.strip()):
            text = (
                "Installing needs online access (Preferences, System, Network), or a folder with "
            )
            draw_wrapped(layout, context, f"{text}the packages.")
        layout.operator("zoom_stack.import_sample", text="Try the Sample", icon="IMAGE_DATA")
        own = layout.row()  # for the few who have one
        own.alignment = "RIGHT"
        own.scale_y = 0.8
        own.operator("zoom_stack.open_preferences", text="Choose Python…")


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_PT_start,))
