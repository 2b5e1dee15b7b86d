"""More cameras on a zoom than the one that leads it."""

from __future__ import annotations

import bpy

from . import keys
from .finding import present_camera
from .focus import focus_on_picture, is_focused


def add_camera(root: bpy.types.Object) -> bpy.types.Object:
    """Another camera that goes along with the zoom, with the view of the zoom's own to start from.

    It has a lens and a place of its own; the zoom goes on by the keys of its own camera.

    Args:
        root: of a zoom with a camera.
    """
    own = present_camera(root)
    camera = bpy.data.objects.new(own.name, _copied_lens(own))
    camera.parent = own.parent
    camera.matrix_parent_inverse = own.matrix_parent_inverse
    camera.rotation_mode = own.rotation_mode
    camera.matrix_basis = own.matrix_basis
    for home in own.users_collection:
        home.objects.link(camera)
    if is_focused(camera):
        focus_on_picture(root, camera, camera.data[keys.F_STOP])
    return camera


def _copied_lens(camera: bpy.types.Object) -> bpy.types.Camera:
    """A camera's data to be changed by itself, its keys too."""
    data = camera.data.copy()
    animation = data.animation_data
    if animation is not None and animation.action is not None:
        animation.action = animation.action.copy()
    return data
