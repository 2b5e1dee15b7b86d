"""Render a zoom from scripts: frames to compare and videos to show.

For a process with Blender's module and the extension in it; see ``bpy_session``.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import bpy

from . import bpy_session

EEVEE = "EEVEE"
CYCLES = "CYCLES"
DEFAULT_FILTER = 1.5
VIDEO_SAMPLES = 8


def prepare_render(
    scene: bpy.types.Scene,
    engine: str,
    size: tuple[int, int],
    samples: int = VIDEO_SAMPLES,
    pixel_filter: float = DEFAULT_FILTER,
) -> None:
    """Set a scene up to render a zoom plainly: same colours, no noise, no denoiser.

    Args:
        engine: "EEVEE", whatever this Blender calls it, or "CYCLES".
        size: of the frame, in pixels.
        samples: positions per pixel.
        pixel_filter: width of the Blackman-Harris filter in pixels; 0.01 for none.
    """
    render = scene.render
    render.engine = _compat().eevee_engine() if engine == EEVEE else engine
    render.resolution_x, render.resolution_y = size
    render.resolution_percentage = 100
    render.use_compositing = False
    render.use_sequencer = False
    render.dither_intensity = 0.0
    render.use_motion_blur = False
    render.filter_size = pixel_filter
    scene.eevee.taa_render_samples = samples
    # Nothing here casts any, but EEVEE 5 spends six sevenths of its time on them.
    scene.eevee.use_shadows = False
    if engine == CYCLES:
        _prepare_cycles(scene, samples, pixel_filter)


def _prepare_cycles(scene: bpy.types.Scene, samples: int, pixel_filter: float) -> None:
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = samples
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = False
    cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    cycles.filter_width = pixel_filter
    # Emission only: no path goes on from a picture.
    cycles.max_bounces = 0
    target_scene = bpy_session.submodule("scene.target_scene")
    cycles.transparent_max_bounces = target_scene.TRANSPARENT_BOUNCES


def _compat() -> ModuleType:
    """What the extension knows of differences between Blender's versions."""
    return bpy_session.submodule("blender.compat")


def render_picture(scene: bpy.types.Scene, filepath: Path) -> None:
    """Render the present frame to a PNG file."""
    _compat().set_picture_output(scene)
    scene.render.filepath = str(filepath)
    with bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True, scene=scene.name)


def render_video(
    scene: bpy.types.Scene,
    filepath: Path,
    size: tuple[int, int] = (512, 512),
    fps: int = 24,
    engine: str = CYCLES,
    samples: int = VIDEO_SAMPLES,
) -> None:
    """Render the scene's frame range to an H.264 .mp4 file.

    Args:
        size: of the frame, in pixels; even numbers.
        fps: must be the frame rate that the zoom was timed for.
    """
    prepare_render(scene, engine, size, samples)
    scene.render.fps, scene.render.fps_base = fps, 1.0
    scene.render.use_persistent_data = True
    _compat().set_video_output(scene)
    scene.render.use_file_extension = False
    scene.render.filepath = str(filepath)
    bpy.ops.render.render(animation=True, scene=scene.name)
