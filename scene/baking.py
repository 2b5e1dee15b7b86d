"""A zoom as plain keys without a driver, for other programs and for farms that drop drivers."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

import bpy

from ..blender.compat import NewAction
from . import keys
from .bake_channels import (
    CameraPlace,
    Channel,
    driven_channels,
    record,
)
from .bake_copy import Copies, copy_zoom, drop_copies
from .bake_errors import PIXELS as PIXELS
from .bake_errors import Errors
from .bake_keys import is_still, write
from .bake_plain import make_plain, show_plain
from .camera import zoom_curve
from .finding import part, parts, present_camera
from .markers import passages_of
from .owners import Owner, drivers_of, owners_of
from .spaces import below

#: An error between keys that can be seen, in pixels.
NOTICEABLE = 0.5
# Two frames less apart are one.
_DIGITS = 3
# How much the speed of the zoom has to change in a key, in octaves a frame, to be seen: an eighth
# of it is how far the picture is off. It is looked for so many frames before and after.
_BEND, _NEAR = 1e-3, 0.1
# Shares of the time that are done when all frames are known, and all keys written.
_SAMPLED, _WRITTEN = 0.9, 0.97
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
    frames = _frames(root, options)
    errors = Errors(camera, parts(root, keys.ROLE_PLANE), place.channels, driven)
    yield 0.0
    yield from _sample(_Stage(scene, items), frames, driven, place, errors)
    actions: dict[Owner, NewAction] = {}
    copies: Copies = {}
    still: list[Channel] = []
    try:
        count = yield from _write_all([*driven, *place.channels], frames, actions, still)
        if not options.in_place:
            for _ in copy_zoom(items, owners, copies):
                yield _WRITTEN
        for _ in make_plain(owners, still, actions, copies):
            if not options.in_place:  # a copy that nobody sees yet
                yield _WRITTEN
    except BaseException:
        drop_copies(copies)
        for made in actions.values():
            bpy.data.actions.remove(made.action)
        raise
    return Baked(show_plain(scene, items, camera, copies).name, count, errors.worst)


def _sample(
    stage: _Stage,
    frames: Sequence[float],
    driven: Sequence[Channel],
    place: CameraPlace,
    errors: Errors,
) -> Iterator[float]:
    """Go through all frames, halves and quarters of what lies between two keys among them."""
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
                yield _SAMPLED * (number + quarter / 4.0) / len(frames)
    finally:
        stage.remove()
    yield _SAMPLED


def _write_all(
    channels: Sequence[Channel],
    frames: Sequence[float],
    actions: dict[Owner, NewAction],
    still: list[Channel],
) -> Generator[float, None, int]:
    """Make actions of what changes; ``still`` takes what does not. Returns the number of keys."""
    count = 0
    for number, channel in enumerate(channels):
        if is_still(channel):
            still.append(channel)
        else:
            count += _write(actions, channel, frames)
        yield _SAMPLED + (_WRITTEN - _SAMPLED) * number / len(channels)
    return count


def _is_place(channel: Channel, camera: bpy.types.Object) -> bool:
    """Whether a driver moves the camera itself, whose place in the world is baked whole."""
    return channel.owner == Owner(camera) and channel.path.startswith(_TRANSFORMS)


def _frames(root: bpy.types.Object, options: BakeOptions) -> list[float]:
    """Frames of keys: each so many, and those around which the camera's way bends.

    Where that is within a frame, in the bend itself too, which no curve between frames can follow.
    """
    wanted: set[float] = {*range(options.start, options.end, options.step), options.end}
    for time in (round(each, _DIGITS) for each in _bends(root)):
        wanted |= {math.floor(time), time, math.ceil(time)}
    return sorted(frame for frame in wanted if options.start <= frame <= options.end)


def _bends(root: bpy.types.Object) -> list[float]:
    """When the zoom changes its speed at once, or the camera its direction, as in levels."""
    curve = zoom_curve(present_camera(root))
    if curve is None:
        return []
    found = []
    for time in (point.co[0] for point in curve.keyframe_points):
        before, at, after = (curve.evaluate(time + shift) for shift in (-_NEAR, 0.0, _NEAR))
        if abs(after - 2.0 * at + before) > _BEND * _NEAR:
            found.append(time)
    pan = part(root, keys.ROLE_PAN)
    if pan is not None and any(
        each.data_path == "location" and each.array_index < 2 for each in drivers_of(pan)
    ):
        found += [time for times in passages_of(root) for time in times]
    return found


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


def _write(actions: dict[Owner, NewAction], channel: Channel, frames: Sequence[float]) -> int:
    owner = channel.owner
    if owner not in actions:
        held = owner.of(owner.holder)
        actions[owner] = NewAction(held, f"{owner.holder.name} Baked")
    curves = actions[owner].fcurves
    there = curves.find(channel.path, index=channel.index)
    if there is not None:
        curves.remove(there)
    return write(curves.new(channel.path, index=channel.index), channel, frames)
