"""Let one of several zooms in a scene be the one that is worked on, played and rendered."""

from __future__ import annotations

import bpy

from .finding import camera_in_use, present_camera, roots_in
from .importing import select_only
from .retiming import present_range, range_follows
from .target_scene import set_range


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
        frame = scene.frame_current
        set_range(scene, *present_range(root))
        scene.frame_set(min(max(frame, scene.frame_start), scene.frame_end))
    scene.camera = camera
    if layer.objects.get(camera.name) == camera:
        select_only(layer, camera)
    else:
        # What is active would mean another zoom.
        layer.objects.active = None
    return camera
