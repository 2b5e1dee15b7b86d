"""Let one of several zooms in a scene be the one that is worked on, played and rendered."""

from __future__ import annotations

import bpy

from .finding import camera_in_use, present_camera, roots_in
from .frame_range import fit_range, frames_of, range_follows
from .importing import select_only


def choose(
    scene: bpy.types.Scene, layer: bpy.types.ViewLayer, root: bpy.types.Object
) -> bpy.types.Object:
    """Make a zoom's camera the scene's and the selected one; returns that camera.

    A frame range that is another zoom's becomes this one's; one of the artist's own stays.

    Args:
        layer: whose selection changes.
        root: of a zoom in the scene that has its camera.
    """
    camera = camera_in_use(root, scene) or present_camera(root)
    others = [each for each in roots_in(scene) if each != root]
    follows = any(range_follows(scene, other) for other in others)
    if follows and not range_follows(scene, root):
        fit_range(scene, frames_of(root))
        scene.frame_set(min(max(scene.frame_current, scene.frame_start), scene.frame_end))
    scene.camera = camera
    if layer.objects.get(camera.name) == camera:
        select_only(layer, camera)
    else:
        # What is active would mean another zoom.
        layer.objects.active = None
    return camera
