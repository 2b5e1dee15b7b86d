"""The engine in the preferences: where it is, how to get it, whether it works."""

from __future__ import annotations

from typing import Any

import bpy

from ..blender.folders import PACKAGE
from ..blender.timings import measured
from ..engine.contract.model_listing import LORA, MAKES, read_listing
from ..settings.model_list import FoundModels
from ..settings.preferences import EnginePreferences, remote_command
from ..tasks import latest, runner
from .parts import draw_error, draw_wrapped
from .setup import draw_installation, draw_state

_NAMES = 6


class ZOOMSTACK_AP_preferences(EnginePreferences, FoundModels, bpy.types.AddonPreferences):
    bl_idname = PACKAGE

    @measured
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        remote = bool(remote_command())
        if not draw_installation(layout, context):
            column = layout.column()
            column.active = not remote and not self.python_path.strip()
            column.prop(self, "backend")
            column.prop(self, "wheels_folder")
            draw_state(column, context)
        column = layout.column()
        column.prop(self, "device")
        _draw_folders(column, self)
        column.prop(self, "stack_folder")
        _draw_own(layout, self)
        row = layout.row()
        row.alignment = "RIGHT"
        row.operator("zoom_stack.copy_report", icon="COPYDOWN")
        row.operator("zoom_stack.check_engine", text="Check the Engine", icon="VIEWZOOM")
        _draw_check(layout, context)


def _draw_own(layout: bpy.types.UILayout, preferences: ZOOMSTACK_AP_preferences) -> None:
    """Draw what those few need who have an engine of their own."""
    layout.label(text="An Engine of Your Own")
    column = layout.column()
    row = column.row()
    row.active = not remote_command()
    row.prop(preferences, "python_path")
    column.prop(preferences, "remote_command")


def _draw_folders(layout: bpy.types.UILayout, preferences: ZOOMSTACK_AP_preferences) -> None:
    """Draw the model folder, and below it those of other programs."""
    row = layout.row(align=True)
    row.prop(preferences, "model_folder")
    row.operator("zoom_stack.add_model_folder", text="", icon="ADD")
    for index, folder in enumerate(preferences.model_folders):
        row = layout.row(align=True)
        row.prop(folder, "path", text="also in")
        row.operator("zoom_stack.remove_model_folder", text="", icon="REMOVE").index = index


def _draw_check(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    check = latest.check
    if check is None:
        return
    if runner.is_running(check):
        layout.label(text="Asking the engine…", icon="TIME")
    elif check.error is not None:
        draw_error(layout, context, check.error)
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
    models = read_listing(report.get("models"))
    usable = [model for model in models if not model.problem]
    names = [model.name for model in usable if model.kind == MAKES]
    loras = sum(model.kind == LORA for model in usable)
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    lines.append(f"Models: {', '.join(names[:_NAMES]) or 'none'}{more}")
    return [*lines, f"LoRAs: {loras}"] if loras else lines


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_AP_preferences,))
