"""A zoom as plain keys: the same view at every frame, without a driver."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import bake_channels, baking, finding, importing, keys
from judging import in_frame, show

PIXELS = 1920.0
HALF = 0.5  # a pixel


@pytest.fixture(params=["CAMERA", "WORLD"])
def zoom(bpy: Any, tmp_path: Path, request: Any) -> tuple[Any, Any]:
    """(scene, root) of four levels two octaves apart, off-centre, six octaves in 1.5 s."""
    folder = making.plain_stack(tmp_path / "stack", 4, 4.0, (0.4, 0.55))
    options = importing.ImportOptions(
        seconds_per_octave=0.25, hold_seconds=0.5, target="NEW_SCENE", rig=request.param
    )
    result = importing.import_stack(read_stack(folder), options)
    scene = bpy.data.scenes[result.scene_name]
    show(scene)
    return scene, bpy.data.objects[result.root_name]


def bake(scene: Any, root: Any, **options: Any) -> baking.Baked:
    start, end = baking.own_range(root)
    steps = baking.bake_steps(scene, root, baking.BakeOptions(start, end, **options))
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def moments(root: Any) -> list[float]:
    start, end = baking.own_range(root)
    return [start + number / 4.0 for number in range(4 * (end - start) + 1)]


def views(scene: Any, camera: Any, planes: list[Any], times: list[float]) -> np.ndarray:
    """Corners of planes in the frame in pixels, (times, planes, 4, 2)."""
    found = []
    for time in times:
        scene.frame_set(math.floor(time), subframe=time % 1.0)
        corners = [in_frame(scene, camera, plane) for plane in planes]
        hidden = [plane.hide_viewport for plane in planes]  # Blender does not place what is hidden
        found.append(np.where(np.array(hidden)[:, None, None], np.nan, corners))
    return np.array(found) * PIXELS


def shown(scene: Any, planes: list[Any], times: list[float]) -> list[Any]:
    found = []
    for time in times:
        scene.frame_set(math.floor(time))
        found.append([(p.hide_render, p.hide_viewport, round(p.color[3], 4)) for p in planes])
    return found


def drivers_in(items: Any) -> list[str]:
    owners = bake_channels.owners_of(items)
    held = [owner.of(owner.holder) for owner in owners]
    return [curve.data_path for each in held for curve in bake_channels.drivers_of(each)]


def worst(before: np.ndarray, after: np.ndarray) -> float:
    """The largest distance in pixels of what lies in the frame, or less where it lies outside."""
    distance = np.linalg.norm(after - before, axis=-1)
    return float(np.nanmax(distance / np.maximum(1.0, np.linalg.norm(before, axis=-1) / 960)))


@pytest.mark.parametrize("in_place", [False, True])
def test_the_view_is_the_same_at_every_frame_and_between(zoom: Any, in_place: bool) -> None:
    import bpy

    scene, root = zoom
    camera, planes = finding.present_camera(root), finding.parts(root, keys.ROLE_PLANE)
    times, whole = moments(root), [float(f) for f in range(*baking.own_range(root))]
    before, seen = views(scene, camera, planes, times), shown(scene, planes, whole)
    clips = camera.data.clip_end
    result = bake(scene, root, in_place=in_place)
    ending = "" if in_place else " Baked"
    after = [bpy.data.objects[plane.name + ending] for plane in planes]
    baked = bpy.data.objects[result.camera]
    assert (baked == camera) == in_place
    assert scene.camera == baked
    items = [*after, *(plane.parent for plane in after), baked]
    assert drivers_in(items) == []
    assert baked.parent is None
    assert shown(scene, after, whole) == seen
    found = views(scene, baked, after, times)
    exact = worst(before[::4], found[::4])
    between = worst(before, found)
    print("exact", exact, "between", between, "told", result)
    assert exact < 0.02
    assert between < HALF
    assert result.worst < HALF
    assert baked.data.clip_end == clips
