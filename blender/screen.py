"""What the windows show and what goes on in them."""

from __future__ import annotations

import bpy

# Operators that are jobs of Blender's.
_JOBS = {"RENDER_OT_render": "RENDER", "OBJECT_OT_bake": "OBJECT_BAKE"}


def redraw() -> None:
    """Show the new state: only side bars with our panels, and the preferences."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
            elif area.type == "PREFERENCES":
                area.tag_redraw()


def shows_tab(context: bpy.types.Context, category: str) -> bool:
    """Whether a tab of a 3D view's side bar is in sight."""
    screen = getattr(context, "screen", None)
    for area in screen.areas if screen is not None else ():
        if area.type == "VIEW_3D" and area.spaces.active.show_region_ui:
            bars = (region for region in area.regions if region.type == "UI")
            if any(bar.width > 1 and bar.active_panel_category == category for bar in bars):
                return True
    return False


def is_playing() -> bool:
    """Whether an animation plays in any window; a timer's context has no screen of its own."""
    windows = bpy.context.window_manager.windows
    return any(window.screen.is_animation_playing for window in windows)


def blocker() -> str:
    """Why nothing can be built in the file right now; empty when it can."""
    for window in bpy.context.window_manager.windows:
        active = window.view_layer.objects.active
        if active is not None and active.mode != "OBJECT":
            # In other modes Blender's undo steps hold that one object alone.
            return "Waiting for Object Mode"
    for job in _JOBS.values():
        if bpy.app.is_job_running(job):
            return f"Waiting for {job.capitalize().replace('_', ' ')} to end"
    for window in bpy.context.window_manager.windows:
        for operator in window.modal_operators:
            # These two only notice that their job has ended when the pointer moves.
            if operator.bl_idname not in _JOBS:
                return f"Waiting for {operator.name} to end"
    return ""
