"""What a scene would render of a zoom, in words, and how it is set up to render it whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy

from ..blender import compat
from ..engine.contract.errors import ZoomStackError
from . import colour, finding, keys, retiming
from .frame_range import Frames, fit_range, frames_of, range_follows
from .target_scene import TRANSPARENT_BOUNCES, blur_forwards, frame_size
from .way_changes import change_way

CAMERA = "Camera"
FRAME = "Resolution"
RATE = "Frame Rate"
RANGE = "Frames"
SHUTTER = "Shutter"
COLOURS = "Colours"
BOUNCES = "Transparent Bounces"
OUTPUT = "Output"
PARTS = (CAMERA, FRAME, RATE, RANGE, SHUTTER, COLOURS, BOUNCES, OUTPUT)

VIDEO = "VIDEO"
FRAMES = "FRAMES"
_FORMATS = {"FFMPEG": "video"}


@dataclass(frozen=True)
class Wishes:
    """What is to be set up; the rest of the scene stays as it is.

    Attributes:
        camera: the zoom's camera is the scene's.
        size: width and height in pixels, square ones, at 100 %; None: as it is.
        rate: frames in a second, and what they are divided by; None: as it is.
        frames: the range is the zoom's, and a loop's shutter opens at the frame.
        colours: pictures keep their colours.
        bounces: Cycles sees through as many borders as can meet in a pixel.
        output: "VIDEO", "FRAMES" (PNG) or "": as it is.
        path: where to, as Blender has it; without meaning when the output stays.
    """

    camera: bool = True
    size: tuple[int, int] | None = None
    rate: tuple[int, float] | None = None
    frames: bool = True
    colours: bool = True
    bounces: bool = True
    output: str = ""
    path: str = ""


def described(scene: bpy.types.Scene) -> dict[str, str]:
    """What a scene renders, by ``PARTS``, for people."""
    render = scene.render
    return {
        CAMERA: scene.camera.name if scene.camera is not None else "none",
        FRAME: frame_text(*present_frame(scene)),
        RATE: rate_text(render.fps, render.fps_base),
        RANGE: range_text(scene.frame_start, scene.frame_end),
        SHUTTER: render.motion_blur_position.capitalize(),
        COLOURS: _colours_text(scene),
        BOUNCES: str(scene.cycles.transparent_max_bounces) if _by_cycles(scene) else "",
        OUTPUT: _output_text(render.image_settings.file_format, render.filepath),
    }


def wanted(scene: bpy.types.Scene, root: bpy.types.Object, wishes: Wishes) -> dict[str, str]:
    """The same as it would be with some wishes."""
    found = described(scene)
    if wishes.camera:
        found[CAMERA] = _camera(scene, root).name
    if wishes.size is not None:
        found[FRAME] = frame_text(*wishes.size)
    if wishes.rate is not None:
        found[RATE] = rate_text(*wishes.rate)
    if wishes.frames:
        found[RANGE] = range_text(*_range(root, wishes.rate))
        if finding.turn_of(root) is not None:
            found[SHUTTER] = "Start"
    if wishes.colours:
        found[COLOURS] = colour.STANDARD_VIEW
    if wishes.bounces and found[BOUNCES]:
        found[BOUNCES] = str(max(TRANSPARENT_BOUNCES, int(found[BOUNCES])))
    if wishes.output:
        kind = "FFMPEG" if wishes.output == VIDEO else "PNG"
        found[OUTPUT] = _output_text(kind, wishes.path)
    return found


def set_up(scene: bpy.types.Scene, root: bpy.types.Object, wishes: Wishes) -> list[str]:
    """Set a scene up; returns what was changed and what could not follow, for people.

    Raises:
        ZoomStackError: codes ``no_standard_view``, ``odd_video``; nothing was changed.
    """
    before, left = described(scene), []
    if wishes.output == VIDEO:
        _check_video(wishes.size or present_frame(scene))
    if wishes.colours:
        colour.use_standard_view(scene)
    if wishes.rate is not None:
        left = _set_rate(scene, root, wishes.rate)
    if wishes.size is not None:
        _set_frame(scene, wishes.size)
    if wishes.camera:
        scene.camera = _camera(scene, root)
    if wishes.frames:
        _take_range(scene, root)
        if finding.turn_of(root) is not None:
            blur_forwards(scene)
    if wishes.bounces and _by_cycles(scene):
        cycles = scene.cycles
        bounces = max(TRANSPARENT_BOUNCES, cycles.transparent_max_bounces)
        cycles.transparent_max_bounces = bounces
    if wishes.output:
        _set_output(scene, wishes.output, wishes.path)
    return [*changes(before, described(scene)), *left]


def _take_range(scene: bpy.types.Scene, root: bpy.types.Object) -> None:
    """Make a scene's range the zoom's; the present frame stays, unless it is outside then."""
    fit_range(scene, frames_of(root))
    if not scene.frame_start <= scene.frame_current <= scene.frame_end:
        scene.frame_set(scene.frame_start)


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What differs, for people: "Frames 1 to 250 → 1 to 341"."""
    pairs = ((part, before[part], after[part]) for part in PARTS)
    return [f"{part} {old} → {new}" if old else part for part, old, new in pairs if old != new]


def otherwise(scene: bpy.types.Scene, root: bpy.types.Object) -> list[str]:
    """What a scene renders in the place of the zoom as it is, for people; empty if nothing."""
    camera = _camera(scene, root)
    found = []
    if scene.camera is None:
        found.append("no camera")
    elif scene.camera != camera:
        found.append(f"the camera {scene.camera.name}")
    if not colour.shows_pictures_unchanged(scene):
        found.append(f"{_colours_text(scene)} colours")
    if not range_follows(scene, root):
        found.append(f"frames {range_text(scene.frame_start, scene.frame_end)}")
    return found


def obstacles(scene: bpy.types.Scene, root: bpy.types.Object) -> list[str]:
    """What else keeps the zoom out of the render and is the artist's to decide, for people."""
    camera = _camera(scene, root)
    found = []
    others = {
        each.camera.name for each in scene.timeline_markers if each.camera not in (None, camera)
    }
    if others:
        found.append(f"Markers switch to {', '.join(sorted(others))}")
    if scene.render.use_sequencer and compat.shows_strips(scene):
        found.append("The video sequencer's strips are rendered in the scene's place")
    if scene.render.use_border:
        found.append("A render region cuts the frame")
    timed = float(root.get(keys.FPS, 24.0))
    if abs(timed - retiming.frames_per_second(scene)) > 1e-3:
        found.append(f"The zoom is timed for {timed:g} fps")
    return found


def _camera(scene: bpy.types.Scene, root: bpy.types.Object) -> bpy.types.Object:
    """The zoom's camera; the scene's own where that hangs on the zoom."""
    return finding.camera_in_use(root, scene) or finding.present_camera(root)


def present_frame(scene: bpy.types.Scene) -> tuple[int, int]:
    """Width and height in pixels of what a scene renders."""
    render = scene.render
    share = render.resolution_percentage
    return (render.resolution_x * share // 100, render.resolution_y * share // 100)


def frame_of_pictures(root: bpy.types.Object) -> tuple[int, int] | None:
    """The frame in the pictures' size and shape; None when pictures are missing."""
    size = finding.picture_size(root)
    return frame_size(size) if all(size) else None


def sharp_frame(root: bpy.types.Object) -> tuple[int, int] | None:
    """The largest frame in the pictures' shape that enlarges none, its sides even.

    None when pictures are missing.
    """
    width, height = finding.picture_size(root)
    sharp = finding.sharp_width(root)
    if not (sharp and width and height):
        return None
    return (max(4, sharp // 2 * 2), max(4, int(sharp * height / width) // 2 * 2))


def frame_of_shape(scene: bpy.types.Scene, shape: tuple[int, int]) -> tuple[int, int]:
    """The frame in another shape, its longer side as it is; sides even.

    Args:
        shape: width and height in any unit.
    """
    longest = max(present_frame(scene))
    sides = (longest * side / max(shape) for side in shape)
    width, height = (max(4, 2 * round(side / 2)) for side in sides)
    return (width, height)


def frame_text(width: int, height: int) -> str:
    """ "1920 × 1080"."""
    return f"{width} × {height}"


def rate_text(fps: int, base: float) -> str:
    """ "24 fps", "29.97 fps"."""
    return f"{round(fps / base, 3):g} fps"


def range_text(start: int, end: int) -> str:
    """ "1 to 250"."""
    return f"{start} to {end}"


def _range(root: bpy.types.Object, rate: tuple[int, float] | None) -> Frames:
    """The zoom's first and last frame, also at a frame rate that it is not timed for yet."""
    if rate is None or finding.is_linked(root):
        return frames_of(root)
    return frames_of(root, rate[0] / rate[1])


def _set_rate(scene: bpy.types.Scene, root: bpy.types.Object, rate: tuple[int, float]) -> list[str]:
    """Another frame rate, at which all zooms of a scene take their seconds still, but linked ones.

    Args:
        root: of the zoom that the scene renders.

    Returns:
        what does not follow, for people.
    """
    scene.render.fps, scene.render.fps_base = rate
    fps = retiming.frames_per_second(scene)
    left: list[str] = []
    for each in dict.fromkeys([*finding.roots_in(scene), root]):
        if not finding.is_linked(each) and abs(fps - float(each.get(keys.FPS, 24.0))) >= 1e-3:
            left += change_way(each, replace(retiming.way_of(each), fps=fps)).left()
    return list(dict.fromkeys(left))


def _set_frame(scene: bpy.types.Scene, size: tuple[int, int]) -> None:
    render = scene.render
    render.resolution_x, render.resolution_y = size
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0


def _set_output(scene: bpy.types.Scene, kind: str, path: str) -> None:
    if kind == VIDEO:
        compat.set_video_output(scene)
        if compat.has_sound(scene):
            scene.render.ffmpeg.audio_codec = "AAC"
    else:
        compat.set_picture_output(scene)
        if scene.render.film_transparent:
            scene.render.image_settings.color_mode = "RGBA"
    scene.render.use_file_extension = True
    scene.render.filepath = path


def _check_video(size: tuple[int, int]) -> None:
    if any(side % 2 for side in size):
        raise ZoomStackError(
            "odd_video",
            f"A frame of {frame_text(*size)} pixels is no video: its sides have to be even.",
            "Choose another resolution.",
        )


def _by_cycles(scene: bpy.types.Scene) -> bool:
    return scene.render.engine == "CYCLES" and hasattr(scene, "cycles")


def _colours_text(scene: bpy.types.Scene) -> str:
    """The view transform, and whether it is all."""
    view = scene.view_settings
    name = str(view.view_transform)
    plain = view.look in ("None", "") and view.exposure == 0.0 and view.gamma == 1.0
    return name if plain and not view.use_curve_mapping else f"adjusted {name}"


def _output_text(kind: str, path: str) -> str:
    return f"{_FORMATS.get(kind, kind)} {path}"
