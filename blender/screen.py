"""What the windows show and what goes on in them."""

from __future__ import annotations

import time

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


def redraw_soon() -> None:
    """The same for what changes many times a second: a few times a second are enough to see it.

    To draw a window takes longer than most of what it shows.
    """
    if bpy.app.background or bpy.app.timers.is_registered(_redraw_now):
        return
    wait = max(0.0, _last_redraw[0] + _REDRAW_SECONDS - time.monotonic())
    bpy.app.timers.register(_redraw_now, first_interval=wait, persistent=True)


_REDRAW_SECONDS = 0.2
_last_redraw = [0.0]


def _redraw_now() -> None:
    _last_redraw[0] = time.monotonic()
    redraw()


def unregister() -> None:
    """End the waiting."""
    if bpy.app.timers.is_registered(_redraw_now):
        bpy.app.timers.unregister(_redraw_now)


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


def edited() -> list[tuple[bpy.types.Window, bpy.types.Object]]:
    """What each window edits, paints or poses: its object that is not in Object Mode."""
    windows = bpy.context.window_manager.windows
    active = ((window, window.view_layer.objects.active) for window in windows)
    return [(window, each) for window, each in active if each and each.mode != "OBJECT"]


def blocker() -> str:
    """Why nothing can be built in the file right now; empty when it can."""
    if edited():
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


def view_under(window: bpy.types.Window, x: int, y: int) -> bpy.types.Area | None:
    """The 3D view whose picture lies under a place in a window; side bars are none of it."""
    for area in window.screen.areas:
        if area.type == "VIEW_3D" and _holds(area, x, y):
            bars = (each for each in area.regions if each.type != "WINDOW")
            return None if any(_holds(each, x, y) for each in bars) else area
    return None


def view_region(area: bpy.types.Area, x: int, y: int) -> bpy.types.Region | None:
    """The region of a 3D view under a place in its window: one of four in a quad view."""
    views = (each for each in area.regions if each.type == "WINDOW")
    return next((each for each in views if _holds(each, x, y)), None)


def redraw_views(window: bpy.types.Window) -> None:
    """Draw a window's 3D views again, with what lies over them."""
    for area in window.screen.areas:
        if area.type == "VIEW_3D":
            area.tag_redraw()


def _holds(place: bpy.types.Area | bpy.types.Region, x: int, y: int) -> bool:
    return place.width > 1 and 0 <= x - place.x < place.width and 0 <= y - place.y < place.height
