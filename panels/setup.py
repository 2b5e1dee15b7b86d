"""The engine's installation in panels, and the panel to get started with."""

from __future__ import annotations

import bpy

from ..blender.timings import measured
from ..settings.preferences import engine_is_configured
from ..tasks import latest
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
        if installation.lines:
            # One line: what pip says can be as long as it likes.
            layout.label(text=installation.lines[-1][:120])
        return True
    if installation.error is not None:
        draw_error(layout, context, installation.error)
    elif installation.state == "finished":
        layout.label(text="The engine is installed", icon="CHECKMARK")
    return False


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
        draw_wrapped(
            layout,
            context,
            "Pictures are made by an engine that runs beside Blender. Installing it downloads one "
            "gigabyte or more.",
            "INFO",
        )
        column = layout.column(align=True)
        column.scale_y = 1.3
        column.operator("zoom_stack.install_engine", text="Install the Engine…", icon="IMPORT")
        column.operator("zoom_stack.open_preferences", text="Choose Python…", icon="PREFERENCES")
        if not bpy.app.online_access:
            draw_wrapped(
                layout, context, "Installing needs online access: Preferences, System, Network."
            )
        layout.operator("zoom_stack.import_sample", text="Try the Sample", icon="IMAGE_DATA")


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_PT_start,))
