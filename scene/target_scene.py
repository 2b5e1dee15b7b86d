"""Which scene a zoom goes to, and how a scene made for it is set up."""

from __future__ import annotations

import contextlib
import math
from operator import attrgetter

import bpy

from ..engine.contract.errors import ZoomStackError
from . import untouched
from .colour import use_standard_view
from .frame_range import Frames, fit_range

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
    for path, _, value in _clean(scene):
        place, _, setting = path.rpartition(".")
        setattr(attrgetter(place)(scene), setting, value)
    # A studio's own colour configuration may have no Standard; the panel says so.
    with contextlib.suppress(ZoomStackError):
        use_standard_view(scene)
    return scene


def _clean(scene: bpy.types.Scene) -> tuple[tuple[str, object, object], ...]:
    """What pictures need in a render: settings, the start-up file's values, and better ones."""
    cycles = (
        ("cycles.samples", 4096, CYCLES_SAMPLES),
        ("cycles.use_denoising", True, False),
        ("cycles.transparent_max_bounces", 8, TRANSPARENT_BOUNCES),
    )
    return (
        ("eevee.taa_render_samples", 64, EEVEE_SAMPLES),
        # Should the scene be rendered by Workbench, it shows pictures too.
        ("display.shading.light", "STUDIO", "FLAT"),
        ("display.shading.color_type", "MATERIAL", "TEXTURE"),
        *(cycles if hasattr(scene, "cycles") else ()),
    )


def take_untouched(
    scene: bpy.types.Scene, camera: bpy.types.Object, picture: tuple[int, int], frames: Frames
) -> bool:
    """Let a scene that has nothing to render show a zoom: each setting that nobody chose.

    Args:
        picture: the widest level's size in pixels, which gives the frame its shape.
        frames: the zoom's.

    Returns:
        whether the frame range became the zoom's.
    """
    if untouched.camera(scene):
        scene.camera = camera
    if untouched.frame_size(scene):
        scene.render.resolution_x, scene.render.resolution_y = frame_size(picture)
    if untouched.colours(scene):
        with contextlib.suppress(ZoomStackError):
            use_standard_view(scene)
    for path, factory, value in _clean(scene):
        untouched.change(scene, path, factory, value)
    untouched.change(scene, "sync_mode", "NONE", "FRAME_DROP")
    if not untouched.frame_range(scene):
        return False
    set_range(scene, frames)
    return True


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


def set_range(scene: bpy.types.Scene, frames: Frames) -> None:
    """Make a scene's frame range a zoom's, and go to its first frame."""
    fit_range(scene, frames)
    scene.frame_set(scene.frame_start)
