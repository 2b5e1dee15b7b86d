"""A zoom as plain keys without a driver, for other programs and for farms that drop drivers."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass

import bpy

from ..blender.compat import NewAction
from . import keys
from .bake_channels import (
    CameraPlace,
    Channel,
    Owner,
    driven_channels,
    drivers_of,
    owners_of,
    record,
)
from .bake_copy import Copies, copy_zoom, show_copies
from .bake_errors import PIXELS as PIXELS
from .bake_errors import Errors
from .bake_keys import is_still, write
from .camera import zoom_curve
from .finding import parts, present_camera
from .keying import is_as_made
from .retiming import present_schedule
from .spaces import below

_OF_RIG = (
    keys.FEATHER, keys.FADE, keys.TRAVEL, keys.SECONDS_PER_OCTAVE, keys.HOLD_SECONDS,
    keys.START_FRAME, keys.FPS, keys.HOLD_END_SECONDS, keys.EASE_IN, keys.EASE_OUT, keys.DIRECTION,
    keys.WHOLE_FRAMES, keys.OWN_OCTAVES, keys.VISIBLE_FROM, keys.VISIBLE_TO, keys.FADE_OCTAVES,
    keys.RECEIVES_LIGHT, keys.LAMP_POWER, keys.LAMP_SIZE,
)  # fmt: skip
#: An error between keys that can be seen, in pixels.
NOTICEABLE = 0.5
_MARK = "zoom_stack_"
_TRANSFORMS = ("location", "rotation", "scale", "delta_")


@dataclass(frozen=True)
class BakeOptions:
    """What is baked.

    Attributes:
        start, end: first and last frame; the end is the later one.
        step: frames from one key to the next.
        in_place: the zoom itself becomes plain objects, instead of a copy of it.
    """

    start: int
    end: int
    step: int = 1
    in_place: bool = False


@dataclass(frozen=True)
class Baked:
    """What came of it.

    Attributes:
        camera: the name of the baked one.
        keys: their number.
        worst: how far the picture in view lies from the zoom's between two keys, in pixels of a
            frame 1920 wide.
    """

    camera: str
    keys: int
    worst: float


def own_range(root: bpy.types.Object) -> tuple[int, int]:
    """The first and the last frame of a zoom, by its curve."""
    curve = zoom_curve(present_camera(root))
    if curve is None or not curve.keyframe_points or is_as_made(root):
        plan = present_schedule(root)
        start, end = plan.start, plan.end
    else:
        frames = [point.co[0] for point in curve.keyframe_points]
        start, end = min(frames), max(frames)
    first = math.floor(start + 1e-4)
    return first, max(first + 1, math.ceil(end - 1e-4))


def bake_steps(
    scene: bpy.types.Scene, root: bpy.types.Object, options: BakeOptions
) -> Generator[float, None, Baked]:
    """Bake a zoom; nothing that anybody sees changes before the last step.

    Yields the share that is done, 0-1, often. Closing it early takes away what was made.

    Args:
        scene: that shows the zoom; its render size is what the keys are for.
        root: of a zoom with a camera.
    """
    items, camera = below(root), present_camera(root)
    owners = owners_of(items)
    place = CameraPlace(camera, with_scale=any(item.parent == camera for item in items))
    driven = [each for each in driven_channels(owners) if not _is_place(each, camera)]
    channels = [*driven, *place.channels]
    frames = _frames(root, options)
    errors = Errors(camera, parts(root, keys.ROLE_PLANE), place.channels, driven)
    stage = _Stage(scene, items)
    actions: dict[Owner, NewAction] = {}
    try:
        for number, frame in enumerate(frames):
            ahead = (frames[number + 1] if number + 1 < len(frames) else frame) - frame
            for quarter in range(4 if ahead else 1):
                graph = stage.show(frame + ahead * quarter / 4.0)
                if quarter % 2 == 0:
                    record(driven, graph)
                    place.record(graph)
                if quarter == 0:
                    errors.compare()
                else:
                    errors.note(graph, number, quarter / 4.0)
                yield 0.9 * (number + quarter / 4.0) / len(frames)
        stage.remove()
        count = 0
        moving = [each for each in channels if not is_still(each)]
        for number, channel in enumerate(moving):
            count += _write(actions, channel, frames)
            yield 0.9 + 0.1 * number / len(moving)
        keyed = set(map(id, moving))
        still = [each for each in channels if id(each) not in keyed]
        baked = _put_in_place(scene, items, owners, still, actions, options.in_place, camera)
    except BaseException:
        stage.remove()
        for made in actions.values():
            bpy.data.actions.remove(made.action)
        raise
    return Baked(baked.name, count, errors.worst)


def _is_place(channel: Channel, camera: bpy.types.Object) -> bool:
    """Whether a driver moves the camera itself, whose place in the world is baked whole."""
    return channel.owner == Owner(camera) and channel.path.startswith(_TRANSFORMS)


def _frames(root: bpy.types.Object, options: BakeOptions) -> list[int]:
    """Frames of keys: each so many, and where the zoom's own keys bend its curve."""
    wanted = {*range(options.start, options.end, options.step), options.end}
    curve = zoom_curve(present_camera(root))
    for point in curve.keyframe_points if curve is not None else ():
        wanted |= {math.floor(point.co[0]), math.ceil(point.co[0])}
    return sorted(frame for frame in wanted if options.start <= frame <= options.end)


class _Stage:
    """A scene for a while, with the zoom alone: the user's stands still, however much is in it."""

    def __init__(self, scene: bpy.types.Scene, items: Iterable[bpy.types.Object]) -> None:
        self._scene: bpy.types.Scene | None = bpy.data.scenes.new("Zoom Stack Baking")
        for name in ("resolution_x", "resolution_y", "pixel_aspect_x", "pixel_aspect_y"):
            setattr(self._scene.render, name, getattr(scene.render, name))
        self._scene.render.fps, self._scene.render.fps_base = (
            scene.render.fps,
            scene.render.fps_base,
        )
        for item in items:
            self._scene.collection.objects.link(item)

    def show(self, frame: float) -> bpy.types.Depsgraph:
        assert self._scene is not None
        whole = math.floor(frame)
        self._scene.frame_set(whole, subframe=frame - whole)
        return self._scene.view_layers[0].depsgraph

    def remove(self) -> None:
        if self._scene is not None:
            bpy.data.scenes.remove(self._scene)
            self._scene = None


def _write(actions: dict[Owner, NewAction], channel: Channel, frames: list[int]) -> int:
    owner = channel.owner
    if owner not in actions:
        held = owner.of(owner.holder)
        actions[owner] = NewAction(held, f"{owner.holder.name} Baked")
    curves = actions[owner].fcurves
    there = curves.find(channel.path, index=channel.index)
    if there is not None:
        curves.remove(there)
    return write(curves.new(channel.path, index=channel.index), channel, frames)


def _put_in_place(
    scene: bpy.types.Scene,
    items: list[bpy.types.Object],
    owners: list[Owner],
    still: list[Channel],
    actions: dict[Owner, NewAction],
    in_place: bool,
    camera: bpy.types.Object,
) -> bpy.types.Object:
    """The only step that changes what the user sees; returns the baked camera."""
    copies: Copies = {} if in_place else copy_zoom(items, owners)
    for owner in owners:
        if in_place or owner.holder in copies:
            held = owner.of(copies.get(owner.holder, owner.holder))
            for curve in drivers_of(held):
                held.animation_data.drivers.remove(curve)
            if owner in actions:
                actions[owner].animate(held)
    baked = copies.get(camera, camera)
    assert isinstance(baked, bpy.types.Object)
    _free(baked)
    for channel in still:
        holder = channel.owner.holder
        _set(channel.owner.of(copies.get(holder, holder)), channel)
    if not in_place:
        show_copies(scene, items, copies)
        _look_through(scene, camera, baked)
    for item in items:
        _forget(copies.get(item, item))
    return baked


def _free(camera: bpy.types.Object) -> None:
    """Let a camera lie in the world by its own numbers alone."""
    camera.parent = None
    camera.constraints.clear()
    camera.rotation_mode = "XYZ"
    camera.delta_location = camera.delta_rotation_euler = (0.0, 0.0, 0.0)
    camera.delta_scale = camera.scale = (1.0, 1.0, 1.0)


def _set(owner: bpy.types.ID, channel: Channel) -> None:
    """Give what never changes its value."""
    value = channel.values[0]
    if channel.path.startswith('["'):
        owner[channel.path[2:-2]] = value
        return
    head, _, name = channel.path.rpartition(".")
    part = owner.path_resolve(head) if head else owner
    if channel.read != channel.path:
        getattr(part, name)[channel.index] = value
    else:
        setattr(part, name, bool(value) if channel.stepped else value)


def _look_through(
    scene: bpy.types.Scene, camera: bpy.types.Object, baked: bpy.types.Object
) -> None:
    if scene.camera == camera:
        scene.camera = baked
    for marker in scene.timeline_markers:
        if marker.camera == camera:
            marker.camera = baked


def _forget(item: bpy.types.Object) -> None:
    """What has plain keys is no zoom any more: nothing finds it, and nothing changes it."""
    for owner in (item, item.data):
        for name in list(owner.keys()) if owner is not None else ():
            if name.startswith(_MARK) or name in _OF_RIG:
                del owner[name]
