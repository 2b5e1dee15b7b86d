"""Every difference between Blender versions that Zoom Stack has to know, 4.2 LTS to 5.2.

No other file looks at ``bpy.app.version``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy


def eevee_engine() -> str:
    """EEVEE's engine id: 4.2-4.5 carry the ``_NEXT`` of the rewrite, 5.0 took the name back."""
    return "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"


def enable_nodes(owner: bpy.types.Material | bpy.types.World) -> None:
    """Give a material or world its node tree; from 5.0 it always has one."""
    if bpy.app.version < (5, 0, 0):
        owner.use_nodes = True


def blend_relative() -> set[str]:
    """Options of a path property that may start with "//"; 4.5 and newer want to be told."""
    return {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()


def fcurves_of(owner: bpy.types.ID) -> list[Any]:
    """The F-curves that animate ``owner`` through its own action; empty without one."""
    animation = owner.animation_data
    if animation is None or animation.action is None:
        return []
    if bpy.app.version < (5, 0, 0):
        return list(animation.action.fcurves)
    from bpy_extras import anim_utils

    channelbag = anim_utils.action_get_channelbag_for_slot(animation.action, animation.action_slot)
    return list(channelbag.fcurves) if channelbag is not None else []


def clear_driver_curve(curve: Any) -> None:
    """Make a new driver's F-curve pass its value through unchanged.

    4.x adds a Generator modifier; 5.0 and newer add two keys, which snap small results to 0.
    """
    for modifier in list(curve.modifiers):
        curve.modifiers.remove(modifier)
    while curve.keyframe_points:
        curve.keyframe_points.remove(curve.keyframe_points[-1], fast=True)


def use_blended_transparency(material: bpy.types.Material) -> None:
    """Sorted alpha blending: EEVEE's dithered transparency composites feathered planes wrongly."""
    material.surface_render_method = "BLENDED"


def save_picture_as(image: bpy.types.Image, file: Path) -> None:
    """Write what a picture shows now, painted or not, to another file.

    4.2 may let the picture name that file from then on.
    """
    if "save_copy" in bpy.types.Image.bl_rna.functions["save"].parameters:
        image.save(filepath=str(file), save_copy=True)
    else:
        image.save(filepath=str(file))


def set_video_output(scene: bpy.types.Scene) -> None:
    """H.264 in an MP4 file, plain 4:2:0 so that every player shows it."""
    render = scene.render
    if bpy.app.version >= (5, 0, 0):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format = "MPEG4"
    render.ffmpeg.codec = "H264"
    render.ffmpeg.constant_rate_factor = "HIGH"
    render.ffmpeg.ffmpeg_preset = "GOOD"
    render.ffmpeg.audio_codec = "NONE"


def set_picture_output(scene: bpy.types.Scene) -> None:
    """8-bit RGB PNG."""
    settings = scene.render.image_settings
    if bpy.app.version >= (5, 0, 0):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    settings.color_mode = "RGB"
    settings.color_depth = "8"


def _strips(scene: bpy.types.Scene) -> list[Any]:
    """What lies in a scene's video sequencer; 4.4 gave it another name, 5.0 dropped the old one."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def shows_strips(scene: bpy.types.Scene) -> bool:
    """Whether a scene's video sequencer has pictures, and not sound alone."""
    return any(strip.type != "SOUND" and not strip.mute for strip in _strips(scene))


def has_sound(scene: bpy.types.Scene) -> bool:
    """Whether a scene's video sequencer has sound to be heard."""
    return any(strip.type == "SOUND" and not strip.mute for strip in _strips(scene))
