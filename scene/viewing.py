"""Show a zoom in the 3D view in which the user asked for it."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import gpu

from .importing import ImportResult


@dataclass(frozen=True)
class ViewPlace:
    """A 3D view, by name and number: it outlives file loads and closed areas harmlessly."""

    screen: str
    area: int


def remember_view(context: bpy.types.Context) -> ViewPlace | None:
    """The 3D view under the pointer, else the largest one; None without a window."""
    screen = getattr(context, "screen", None)
    if screen is None:
        return None
    areas = list(screen.areas)
    views = [area for area in areas if area.type == "VIEW_3D"]
    if not views:
        return None
    present = getattr(context, "area", None)
    chosen = next((area for area in views if area == present), None)
    chosen = chosen or max(views, key=lambda area: area.width * area.height)
    return ViewPlace(screen.name, areas.index(chosen))


def show_in_viewport(place: ViewPlace | None, result: ImportResult) -> bool:
    """Look through the zoom's camera with its colours; False when there is no view for it.

    A zoom in a scene of its own takes the window to that scene. In the user's scene the active
    camera stays: the view alone gets the zoom's camera.
    """
    scene = bpy.data.scenes.get(result.scene_name)
    camera = bpy.data.objects.get(result.camera_name)
    window = _window_with(place)
    if scene is None or camera is None or window is None:
        return False
    if window.scene != scene:
        window.scene = scene
    return look_through(place, scene, camera)


def look_through(place: ViewPlace | None, scene: bpy.types.Scene, camera: bpy.types.Object) -> bool:
    """Turn a 3D view to a camera, shaded so that pictures show; False when there is none."""
    space = _view_space(place)
    if space is None:
        return False
    space.use_local_camera = scene.camera != camera
    if space.use_local_camera:
        space.camera = camera
    space.region_3d.view_perspective = "CAMERA"
    _shade_pictures(space.shading)
    return True


def _shade_pictures(shading: bpy.types.View3DShading) -> None:
    """Solid view is grey as it comes; leave a shading alone in which pictures show already."""
    if shading.type in {"MATERIAL", "RENDERED"}:
        return
    if _draws_in_software():
        # EEVEE would take half a minute for its first picture, and Blender would stand still.
        shading.type = "SOLID"
        shading.light = "FLAT"
        shading.color_type = "TEXTURE"
    else:
        shading.type = "MATERIAL"


def _draws_in_software() -> bool:
    try:
        renderer = gpu.platform.renderer_get().lower()
    except SystemError:
        # Without a window there is no graphics card to ask.
        return True
    return any(name in renderer for name in ("llvmpipe", "softpipe", "swiftshader", "lavapipe"))


def _window_with(place: ViewPlace | None) -> bpy.types.Window | None:
    windows = list(bpy.context.window_manager.windows)
    named = [w for w in windows if place is not None and w.screen.name == place.screen]
    return next(iter(named or windows), None)


def _view_space(place: ViewPlace | None) -> bpy.types.SpaceView3D | None:
    screen = bpy.data.screens.get(place.screen) if place is not None else None
    if place is None or screen is None or place.area >= len(screen.areas):
        return None
    area = screen.areas[place.area]
    return area.spaces.active if area.type == "VIEW_3D" else None
