"""The engine's installation in panels, and the panel to get started with."""

from __future__ import annotations

import bpy

from ..blender.timings import measured
from ..engine.contract.backends import title_of
from ..engine.contract.own_engine import State
from ..settings.preferences import engine_is_configured, own_engine_state, preferences
from ..tasks import latest
from ..tasks.installation import Installation
from .parts import ZoomPanel, draw_error, draw_wrapped


def draw_installation(layout: bpy.types.UILayout, context: bpy.types.Context) -> bool:
    """Draw a running installation, or why the last one failed; whether one is running."""
    installation = latest.installation
    if installation is None:
        return False
    if installation.state == "running":
        row = layout.row()
        row.progress(factor=installation.fraction, type="BAR", text=installation.stage)
        row.operator("zoom_stack.cancel_installation", text="", icon="X")
        column = layout.column(align=True)
        column.scale_y = 0.8
        column.label(text=installation.detail or "This takes a moment")
        if installation.package:
            column.label(text=installation.package)
        _draw_notes(layout, context, installation)
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
        layout.label(text=f"The engine is installed{with_torch}", icon="CHECKMARK")
        _draw_notes(layout, context, installation)
    elif installation.state == "cancelled" and not installation.removes:
        text = "Cancelled. What was downloaded is kept for the next time."
        draw_wrapped(layout, context, text, "INFO")
    return False


def _draw_notes(
    layout: bpy.types.UILayout, context: bpy.types.Context, installation: Installation
) -> None:
    for note in installation.notes:
        draw_wrapped(layout, context, note, "INFO")


def draw_state(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw what there is of an engine of the extension's own, and what can be done with it."""
    state, last = own_engine_state(), latest.installation
    label, icon = _LABELS[state], "IMPORT" if state is State.NONE else "FILE_REFRESH"
    broken_off = last is not None and not last.removes and last.state in ("failed", "cancelled")
    if broken_off and last is not None and last.error is not None:
        label, icon = "Retry…", "FILE_REFRESH"
    if state in _STATES:
        draw_wrapped(layout, context, _STATES[state], "ERROR")
    row = layout.row(align=True)
    button = row.operator("zoom_stack.install_engine", text=label, icon=icon)
    button.again = state is not State.NONE
    if state is not State.NONE or broken_off:  # what was downloaded is there
        row.operator("zoom_stack.remove_engine", text="", icon="TRASH")


_LABELS = {
    State.NONE: "Install the Engine…",
    State.READY: "Repair or Change the Engine…",
    State.OUTDATED: "Update the Engine…",
    State.BROKEN: "Repair the Engine…",
}
_STATES = {
    State.OUTDATED: "The engine was installed for another version of Zoom Stack: update it",
    State.BROKEN: "A part of the engine is gone, such as the Blender that it was made with",
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
        if latest.installation is None:
            text = "Pictures are made by an engine that runs beside Blender. Installing it asks "
            draw_wrapped(layout, context, f"{text}first, and says how much it downloads.", "INFO")
        column = layout.column(align=True)
        column.scale_y = 1.3
        draw_state(column, context)
        column.operator("zoom_stack.open_preferences", text="Choose Python…", icon="PREFERENCES")
        if not (bpy.app.online_access or preferences().wheels_folder.strip()):
            text = (
                "Installing needs online access (Preferences, System, Network), or a folder with "
            )
            draw_wrapped(layout, context, f"{text}the packages.")
        layout.operator("zoom_stack.import_sample", text="Try the Sample", icon="IMAGE_DATA")


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_PT_start,))
