"""From driven objects, or copies of them, to plain ones: what baking ends in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import bpy

from ..blender.compat import NewAction
from . import keys
from .bake_channels import Channel
from .bake_copy import Copies, show_copies
from .owners import Owner, drivers_of

_MARK = "zoom_stack_"
# Of the rig and of things in it, what says nothing where no driver reads it.
_OF_RIG = (
    keys.FEATHER, keys.FADE, keys.TRAVEL, keys.SECONDS_PER_OCTAVE, keys.HOLD_SECONDS,
    keys.START_FRAME, keys.FPS, keys.HOLD_END_SECONDS, keys.EASE_IN, keys.EASE_OUT, keys.DIRECTION,
    keys.WHOLE_FRAMES, keys.OWN_OCTAVES, keys.VISIBLE_FROM, keys.VISIBLE_TO, keys.FADE_OCTAVES,
    keys.RECEIVES_LIGHT, keys.LAMP_POWER, keys.LAMP_SIZE,
)  # fmt: skip


def make_plain(
    owners: Iterable[Owner],
    still: Iterable[Channel],
    actions: Mapping[Owner, NewAction],
    copies: Copies,
) -> Iterator[None]:
    """Take the drivers off, and give everything its keys, or the value that it always has.

    Yields often.

    Args:
        still: channels that never change.
        actions: of owners, with the keys of all other channels.
        copies: what is changed, by its original; empty: the originals themselves.
    """
    for owner in owners:
        if not copies or owner.holder in copies:
            held = owner.of(copies.get(owner.holder, owner.holder))
            for curve in drivers_of(held):
                held.animation_data.drivers.remove(curve)
            if owner in actions:
                actions[owner].animate(held)
        yield
    for channel in still:
        holder = channel.owner.holder
        _set(channel.owner.of(copies.get(holder, holder)), channel)
        yield


def show_plain(
    scene: bpy.types.Scene,
    items: Sequence[bpy.types.Object],
    camera: bpy.types.Object,
    copies: Copies,
) -> bpy.types.Object:
    """Show what was made plain, instead of the zoom; returns its camera."""
    baked = copies.get(camera, camera)
    assert isinstance(baked, bpy.types.Object)
    _free(baked)
    if copies:
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
    camera.delta_scale = (1.0, 1.0, 1.0)


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
