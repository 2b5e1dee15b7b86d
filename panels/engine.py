"""The engine in the preferences: where it is, how to get it, whether it works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from .. import jobs
from ..engine.contract.errors import ZoomStackError
from .texts import draw_wrapped

if TYPE_CHECKING:
    from ..preferences import ZOOMSTACK_AP_preferences


def draw_engine_preferences(
    layout: bpy.types.UILayout, preferences: ZOOMSTACK_AP_preferences, python: Path | None
) -> None:
    layout.use_property_split = True
    layout.use_property_decorate = False
    context = bpy.context
    remote = bool(preferences.remote_command.strip())
    column = layout.column()
    column.active = not remote
    column.prop(preferences, "python_path")
    if not draw_installation(layout, context):
        row = layout.row()
        row.active = not remote
        row.prop(preferences, "packages")
        installed = python is not None and not preferences.python_path.strip()
        label = "Update the Engine" if installed else "Install the Engine"
        row.operator("zoom_stack.install_engine", text=label, icon="IMPORT")
    column = layout.column()
    column.prop(preferences, "device")
    column.prop(preferences, "model_folder")
    column.prop(preferences, "stack_folder")
    column.prop(preferences, "remote_command")
    row = layout.row()
    row.alignment = "RIGHT"
    row.operator("zoom_stack.check_engine", text="Check the Engine", icon="VIEWZOOM")
    _draw_check(layout, context)


def draw_installation(layout: bpy.types.UILayout, context: bpy.types.Context) -> bool:
    """Draw a running installation, or why the last one failed; whether one is running."""
    installation = jobs.board.installation
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
        _draw_error(layout, context, installation.error)
    elif installation.state == "finished":
        layout.label(text="The engine is installed", icon="CHECKMARK")
    return False


def _draw_check(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    check = jobs.board.check
    if check is None:
        return
    if jobs.is_running(check):
        layout.label(text="Asking the engine…", icon="TIME")
    elif check.error is not None:
        _draw_error(layout, context, check.error)
    elif check.report is not None:
        box = layout.box()
        box.label(text="The engine works", icon="CHECKMARK")
        for line in report_lines(check.report):
            draw_wrapped(box, context, line, "BLANK1")


def report_lines(report: dict[str, Any]) -> list[str]:
    """The engine's report in a few lines."""
    lines = []
    for key, value in report.items():
        if key == "models" and isinstance(value, list):
            names = [model.get("name", "") for model in value if isinstance(model, dict)]
            lines.append(f"Models: {', '.join(names) or 'none'}")
        elif isinstance(value, dict):
            known = [f"{name} {part}" for name, part in value.items() if part is not None]
            lines.append(f"{key.capitalize()}: {', '.join(known)}")
        elif value is not None:
            lines.append(f"{key.capitalize()}: {value}")
    return lines


def _draw_error(
    layout: bpy.types.UILayout, context: bpy.types.Context, error: ZoomStackError
) -> None:
    box = layout.box()
    row = box.row()
    row.alert = True
    row.label(text="This did not work", icon="ERROR")
    draw_wrapped(box, context, str(error), "BLANK1")
