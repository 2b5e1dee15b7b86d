"""Motion blur of a zoom, alike at every scale."""

from __future__ import annotations

import bpy

from .target_scene import blur_forwards

# In one step EEVEE smears by depth and speed, which soft-bordered levels do not leave behind.
LEAST_STEPS = 8


def is_steady(scene: bpy.types.Scene) -> bool:
    """Whether a scene's motion blur is right at every scale, and at the ends of a loop."""
    render = scene.render
    return render.motion_blur_position == "START" and scene.eevee.motion_blur_steps >= LEAST_STEPS


def blur_motion(scene: bpy.types.Scene) -> list[str]:
    """Let a scene blur what moves, from each frame on.

    Returns:
        what was changed besides, for people.
    """
    changed = []
    scene.render.use_motion_blur = True
    if scene.render.motion_blur_position != "START":
        blur_forwards(scene)
        changed.append("The shutter opens on the frame")
    if scene.eevee.motion_blur_steps < LEAST_STEPS:
        scene.eevee.motion_blur_steps = LEAST_STEPS
        changed.append(f"EEVEE takes {LEAST_STEPS} steps")
    return changed
