"""What a zoom in Blender shows, as numbers: by matrices, and by rendered frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from making import to_bytes, to_linear

from engine.contract.geometry import Placement, opacity
from engine.contract.stack import Stack

Array = np.ndarray


@dataclass(frozen=True)
class Frame:
    """A level in absolute terms: in widths of level 0, around its centre, y up."""

    octaves: float
    width: float
    height: float
    centre: tuple[float, float]


def level_frames(placements: Sequence[Placement]) -> list[Frame]:
    """The definition, straight on: good for some 40 octaves, then doubles run out of digits."""
    frames = [Frame(0.0, 1.0, 1.0 / placements[0].aspect, (0.0, 0.0))]
    for placement in placements[1:]:
        parent = frames[-1]
        x = parent.centre[0] + (placement.focus[0] - 0.5) * parent.width
        y = parent.centre[1] - (placement.focus[1] - 0.5) * parent.height
        width = parent.width / placement.zoom_factor
        octaves = parent.octaves + math.log2(placement.zoom_factor)
        frames.append(Frame(octaves, width, width / placement.aspect, (x, y)))
    return frames


def view_centre(frames: Sequence[Frame], octaves: float) -> Array:
    """Straight from one level's centre to the next one's while the view's size shrinks."""
    size = 2.0**-octaves
    sizes = [frame.width for frame in frames][::-1]
    return np.array(
        [np.interp(size, sizes, [frame.centre[axis] for frame in frames][::-1]) for axis in (0, 1)]
    )


def set_zoom(camera: Any, octaves: float) -> None:
    """Hold the zoom at a value, without keys."""
    if camera.animation_data is not None:
        camera.animation_data.action = None
    camera["zoom"] = octaves
    camera.update_tag()


def show(scene: Any) -> Any:
    """Make a scene the active one, so that its evaluated state can be read; its depsgraph."""
    bpy.context.window.scene = scene
    bpy.context.view_layer.update()
    return bpy.context.evaluated_depsgraph_get()


def in_frame(scene: Any, camera: Any, plane: Any) -> Array:
    """The plane's corners in the frame: (4, 2), each -0.5 to 0.5 across, up in the same unit."""
    graph = show(scene)
    seen_from, seen = camera.evaluated_get(graph), plane.evaluated_get(graph)
    location, rotation, _ = seen_from.matrix_world.decompose()
    # In double precision: the planes' own floats are what is measured, not this sum's.
    turn = np.array(rotation.to_matrix(), float)
    world = np.array(seen.matrix_world, float)
    corners = np.array([(*vertex.co, 1.0) for vertex in plane.data.vertices], float)
    points = ((world @ corners.T)[:3].T - np.array(location, float)) @ turn
    data = seen_from.data
    return points[:, :2] / -points[:, 2:] * data.lens / data.sensor_width


def expected_in_frame(
    frames: list[Frame], level: int, octaves: float, frame_aspect: float
) -> Array:
    """Where geometry has a level's corners, in the same unit as ``in_frame``."""
    width = min(1.0, frames[0].height * frame_aspect)
    x, y = view_centre(frames, octaves)
    frame = frames[level]
    half = np.array([frame.width, frame.height]) / 2
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    centre = np.array([frame.centre[0] - x, frame.centre[1] - y])
    return (centre + signs * half) * 2.0**octaves / width


def load(path: Path) -> Array:
    """A picture's 8-bit values, (h, w, 3), first row on top."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    values = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(values)
    bpy.data.images.remove(image)
    return np.round(values.reshape(height, width, 4)[::-1, :, :3] * 255).astype(np.uint8)


def psnr(first: Array, second: Array) -> float:
    """Agreement of two 8-bit pictures in dB."""
    error = np.mean((first.astype(float) - second.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def reference(stack: Stack, octaves: float, size: tuple[int, int], samples: int = 6) -> Array:
    """A frame of the zoom by its definition, (h, w, 3) 8-bit: written anew, to check both
    Blender's scene and ``engine.view`` against a third hand.
    """
    pictures = [to_linear(load(stack.picture(i)) / 255.0) for i in range(len(stack.levels))]
    frames = level_frames(stack.placements([(p.shape[1], p.shape[0]) for p in pictures]))
    width, height = size
    frame_width = min(1.0, frames[0].height * width / height) * 2.0**-octaves
    centre = view_centre(frames, octaves)
    # Two pixels more on each side: the filter looks 1.5 px beyond the border.
    across = (np.arange((width + 4) * samples) + 0.5) / samples - 2 - width / 2
    down = (np.arange((height + 4) * samples) + 0.5) / samples - 2 - height / 2
    x, y = np.meshgrid(
        centre[0] + across * frame_width / width, centre[1] - down * frame_width / width
    )
    colour = np.zeros((*x.shape, 3))
    for i, (frame, picture) in enumerate(zip(frames, pictures, strict=True)):
        u = (x - frame.centre[0]) / frame.width + 0.5
        v = (y - frame.centre[1]) / frame.height + 0.5
        share = ((u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)).astype(float)
        if i:
            share = share * opacity(
                octaves, frames[i - 1].octaves, frame.octaves, stack.display.fade
            )
            share = share * _feather(u, v, frame, stack.display.feather)
        colour += (_look_up(picture, u, 1 - v) - colour) * share[..., None]
    return to_bytes(_filter(colour, samples))


def _feather(u: Array, v: Array, frame: Frame, width: float) -> Array:
    if width <= 0.0:
        return np.ones_like(u)
    smaller = min(frame.width, frame.height)
    ramps = []
    for coordinate, side in ((u, frame.width), (v, frame.height)):
        t = np.clip(np.minimum(coordinate, 1 - coordinate) * side / smaller / width, 0, 1)
        ramps.append(t * t * (3 - 2 * t))
    return ramps[0] * ramps[1]


def _look_up(picture: Array, u: Array, v: Array) -> Array:
    """Bilinear, the border's pixels going on outside; v down."""
    height, width, _ = picture.shape
    x = np.clip(u * width - 0.5, 0, width - 1)
    y = np.clip(v * height - 0.5, 0, height - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    tx, ty = (x - left)[..., None], (y - top)[..., None]
    upper = picture[top, left] * (1 - tx) + picture[top, right] * tx
    lower = picture[bottom, left] * (1 - tx) + picture[bottom, right] * tx
    return upper * (1 - ty) + lower * ty


def _filter(colour: Array, samples: int) -> Array:
    """A Blackman-Harris filter of 1.5 px to each side, at the middle of each inner pixel."""
    reach = int(1.5 * samples)
    at = (np.arange(2 * reach) + 0.5) / samples - 1.5
    phase = 2 * np.pi * (at / 3.0 + 0.5)
    weights = (
        0.35875
        - 0.48829 * np.cos(phase)
        + 0.14128 * np.cos(2 * phase)
        - 0.01168 * np.cos(3 * phase)
    )
    weights /= weights.sum()
    for axis in range(2):
        count = colour.shape[axis] // samples - 4
        first = 2 * samples + samples // 2 - reach
        rows = [
            np.tensordot(
                weights,
                np.take(colour, range(first + k * samples, first + k * samples + 2 * reach), axis),
                (0, axis),
            )
            for k in range(count)
        ]
        colour = np.stack(rows, axis)
    return colour


def seam(picture: np.ndarray, share: float) -> float:
    """Mean gradient across the child's border over the mean gradient in its neighbourhood."""
    side = picture.shape[0]
    half = share * side / 2
    grey = picture.astype(float).mean(-1)
    edges = [round(side / 2 - half), round(side / 2 + half)]
    span = slice(edges[0], edges[1])
    across = []
    inside = []
    for values in (grey, grey.T):
        steps = np.abs(np.diff(values, axis=0))[:, span]
        for edge in edges:
            across.append(steps[edge - 2 : edge + 1].mean())
        inside.append(steps[edges[0] + 3 : edges[1] - 3].mean())
    return float(np.mean(across) / np.mean(inside))
