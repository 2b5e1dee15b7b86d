"""Which scene a zoom goes to, and how a scene made for it is set up."""

from __future__ import annotations

import contextlib
import math

import bpy

from ..engine.contract.errors import ZoomStackError
from .colour import use_standard_view

_RENDERED_TYPES = {
    "MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD", "VOLUME",
    "GPENCIL", "GREASEPENCIL",
}  # fmt: skip
SHORTEST_SIDE = 512
LONGEST_SIDE = 4096
# Flat light is without noise: these samples only smooth edges.
EEVEE_SAMPLES = 16
CYCLES_SAMPLES = 64
# Feathered borders meet in one pixel when every focus lies at a border.
TRANSPARENT_BOUNCES = 256


def has_renderable(scene: bpy.types.Scene) -> bool:
    """Whether anything in a scene could stand in the camera's way."""
    return any(not item.hide_render and is_rendered(item) for item in scene.objects)


def is_rendered(item: bpy.types.Object) -> bool:
    """Whether an object is of a kind that shows in a picture."""
    return item.type in _RENDERED_TYPES or item.instance_type == "COLLECTION"


def new_zoom_scene(
    name: str, like: bpy.types.Scene, camera: bpy.types.Object, picture: tuple[int, int]
) -> bpy.types.Scene:
    """A scene of the zoom's own, with the frame rate and engine of the scene ``like``.

    Args:
        picture: the widest level's size in pixels, which gives the frame its shape.
    """
    scene = bpy.data.scenes.new(name)
    scene.render.engine = like.render.engine
    scene.render.fps = like.render.fps
    scene.render.fps_base = like.render.fps_base
    scene.render.resolution_x, scene.render.resolution_y = frame_size(picture)
    scene.camera = camera
    # Drop frames rather than play slower than the durations say.
    scene.sync_mode = "FRAME_DROP"
    scene.eevee.taa_render_samples = EEVEE_SAMPLES
    if hasattr(scene, "cycles"):
        scene.cycles.samples = CYCLES_SAMPLES
        scene.cycles.use_denoising = False
        scene.cycles.transparent_max_bounces = TRANSPARENT_BOUNCES
    # Should the scene be rendered by Workbench, it shows pictures too.
    scene.display.shading.light = "FLAT"
    scene.display.shading.color_type = "TEXTURE"
    # A studio's own colour configuration may have no Standard; the panel says so.
    with contextlib.suppress(ZoomStackError):
        use_standard_view(scene)
    return scene


def blur_forwards(scene: bpy.types.Scene) -> None:
    """Let motion blur, if it is used, open the shutter at the frame instead of half before it.

    The first frame of a loop would mix the turn's end with its beginning, places far apart.
    """
    scene.render.motion_blur_position = "START"


def frame_size(picture: tuple[int, int]) -> tuple[int, int]:
    """The render size for pictures of a size: their shape, neither tiny nor huge, even sides."""
    width, height = picture
    enlarged = max(1, math.ceil(SHORTEST_SIDE / min(width, height)))
    factor = min(enlarged, LONGEST_SIDE / max(width, height))
    return (2 * max(2, round(width * factor / 2)), 2 * max(2, round(height * factor / 2)))


def set_range(scene: bpy.types.Scene, start: float, end: float) -> None:
    """Make a scene's frame range the zoom's."""
    scene.frame_start = math.floor(start)
    scene.frame_end = max(scene.frame_start + 1, math.ceil(end))
    scene.frame_set(scene.frame_start)
