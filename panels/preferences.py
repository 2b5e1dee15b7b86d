"""The engine in the preferences: where it is, how to get it, whether it works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..engine.contract.errors import ZoomStackError
from ..tasks import runner
from .texts import draw_wrapped

if TYPE_CHECKING:
    from ..settings.preferences import ZOOMSTACK_AP_preferences


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
        _draw_report(layout, context, check.report)


def _draw_report(
    layout: bpy.types.UILayout, context: bpy.types.Context, report: dict[str, Any]
) -> None:
    problems = report.get("problems") or []
    box = layout.box()
    title = box.row()
    title.alert = bool(problems)
    if problems:
        title.label(text="The engine reports a problem", icon="ERROR")
    else:
        title.label(text="The engine works", icon="CHECKMARK")
    for line in [*problems, *(report.get("notes") or []), *report_lines(report)]:
        draw_wrapped(box, context, line, "BLANK1")


def report_lines(report: dict[str, Any]) -> list[str]:
    """What the engine is and has, in a few lines; nothing in a report is taken for granted."""
    python = report.get("python") or {}
    lines = [
        f"Python {python.get('version', '?')} ({python.get('executable', '?')})",
        f"torch {report.get('torch') or 'is missing'}",
    ]
    for device in report.get("devices") or []:
        used = ", used" if device.get("name") == report.get("device") else ""
        memory = device.get("memory_total")
        size = f", {memory / 2**30:.0f} GB" if memory else ""
        lines.append(f"{device.get('name')}: {device.get('label')}{size}{used}")
    models = [model.get("name", "?") for model in report.get("models") or []]
    return [*lines, f"Models: {', '.join(models) or 'none'}"]


def _draw_error(
    layout: bpy.types.UILayout, context: bpy.types.Context, error: ZoomStackError
) -> None:
    box = layout.box()
    row = box.row()
    row.alert = True
    row.label(text="This did not work", icon="ERROR")
    draw_wrapped(box, context, str(error), "BLANK1")
