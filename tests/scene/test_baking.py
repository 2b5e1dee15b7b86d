"""A zoom as plain keys: the same view at every frame, without a driver."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.blender import compat
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import (
    adding,
    baking,
    cameras,
    fading,
    finding,
    focus,
    frame_range,
    hanging,
    importing,
    keys,
    markers,
    owners,
    ranges,
    readout,
    receiving,
    retiming,
    way_changes,
)
from judging import in_frame, show

PIXELS = 1920.0


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
    start, end = frame_range.frames_of(root)
    steps = baking.bake_steps(scene, root, baking.BakeOptions(start, end, **options))
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def moments(root: Any) -> list[float]:
    start, end = frame_range.frames_of(root)
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
    held = [owner.of(owner.holder) for owner in owners.owners_of(items)]
    return [curve.data_path for each in held for curve in owners.drivers_of(each)]


def worst(before: np.ndarray, after: np.ndarray) -> float:
    """The largest distance in pixels of what lies in the frame, or less where it lies outside."""
    distance = np.linalg.norm(after - before, axis=-1)
    return float(np.nanmax(distance / np.maximum(1.0, np.linalg.norm(before, axis=-1) / 960)))


@pytest.mark.parametrize("in_place", [False, True])
def test_the_view_is_the_same_at_every_frame_and_between(zoom: Any, in_place: bool) -> None:
    import bpy

    scene, root = zoom
    camera, planes = finding.present_camera(root), finding.parts(root, keys.ROLE_PLANE)
    times, whole = moments(root), [float(f) for f in range(*frame_range.frames_of(root))]
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
    assert exact < 0.02
    assert between < 0.1
    assert result.worst == pytest.approx(between, abs=0.05)
    assert baked.data.clip_end == clips


def numbers(scene: Any, items: list[Any], time: float) -> dict[str, list[float]]:
    """What a person sees of objects in a moment, by their names without our ending."""
    import bpy

    scene.frame_set(math.floor(time), subframe=time % 1.0)
    graph = bpy.context.evaluated_depsgraph_get()
    found = {}
    for item in items:
        seen = item.evaluated_get(graph)
        values = [float(seen.hide_viewport), float(seen.hide_render)]
        if not seen.hide_viewport:  # Blender does not place what is hidden
            values += [seen.color[3], *(value for row in seen.matrix_world for value in row)]
        if item.type == "CAMERA":  # Blender's view has no scale
            location, turn, _ = seen.matrix_world.decompose()
            values[3:] = [*location, *turn, seen.data.lens, seen.data.clip_start]
            values += [seen.data.dof.aperture_fstop]
        elif item.type == "LIGHT":
            values += [math.log(seen.data.energy), getattr(seen.data, "shadow_soft_size", 0.0)]
        found[item.name.removesuffix(" Baked")] = values
    return found


def close(one: dict[str, list[float]], other: dict[str, list[float]]) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert other[name] == pytest.approx(values, rel=2e-5, abs=1e-6), name


@pytest.fixture
def furnished(bpy: Any, tmp_path: Path, request: Any) -> tuple[Any, Any]:
    """A loop with things, lamps, light, a read-out, and a second camera with depth of field."""
    pictures = [np.full((8, 8, 3), 40 * number, np.uint8) for number in range(3)]
    folder = making.write_loop(tmp_path / "loop", pictures, [2.0] * 3, [(0.4, 0.55)] * 3)
    options = importing.ImportOptions(seconds_per_octave=0.5, target="NEW_SCENE", rig=request.param)
    result = importing.import_stack(read_stack(folder), options)
    scene, root = bpy.data.scenes[result.scene_name], bpy.data.objects[result.root_name]
    show(scene)
    level = next(each for each in finding.parts(root, keys.ROLE_LEVEL) if each[keys.INDEX] == 1)
    for kind in ("CUBE", "POINT", "TEXT"):
        thing = adding.add_thing(root, level, kind).things[0]
        fading.add_fade(thing)
        ranges.give_range(root, thing, -0.5, 0.75, 0.25)
    thing.rotation_euler[2] = 0.0
    thing.keyframe_insert("rotation_euler", frame=1)
    thing.rotation_euler[2] = 2.0
    thing.keyframe_insert("rotation_euler", frame=30)
    hanging.follow_levels(root)
    receiving.set_receives_light(root, 0, 0.5)
    focus.focus_on_picture(root, cameras.add_camera(root), 0.5)
    readout.add_read_out(root, readout.ReadOut())
    bpy.context.view_layer.update()
    return scene, root


@pytest.mark.parametrize("furnished", ["CAMERA", "WORLD"], indirect=True)
@pytest.mark.parametrize("in_place", [False, True])
def test_all_that_hangs_on_a_loop_comes_along(furnished: Any, in_place: bool) -> None:
    import bpy

    scene, root = furnished
    items = [root, *root.children_recursive]
    start, end = frame_range.frames_of(root)
    times = [*map(float, range(start, end + 1, 3)), start + 5.5, end - 0.5]
    before = [numbers(scene, items, time) for time in times]
    tree = readout.read_out_of(root).modifiers[0].node_group
    seen = [read_by(tree, scene, time) for time in times]
    bake(scene, root, in_place=in_place)
    ending = "" if in_place else " Baked"
    after = [bpy.data.objects[item.name + ending] for item in items]
    assert drivers_in(after) == []
    for values, time in zip(before, times, strict=True):
        close(values, numbers(scene, after, time))
    tree = bpy.data.node_groups[tree.name + ending]
    assert [read_by(tree, scene, time) for time in times] == pytest.approx(seen, abs=1e-4)
    assert finding.shown_roots() == ([] if in_place else [root])
    if not in_place:
        assert all(item.parent in after for item in after if item.parent is not None)
        used = bpy.data.user_map(subset=items)
        assert not any(set(after) & users for users in used.values())


def read_by(tree: Any, scene: Any, time: float) -> float:
    """The zoom as a read-out has it."""
    import bpy

    scene.frame_set(math.floor(time), subframe=time % 1.0)
    graph = bpy.context.evaluated_depsgraph_get()
    nodes = tree.evaluated_get(graph).nodes
    return next(n.outputs[0].default_value for n in nodes if n.label == "Zoom")


def test_what_is_given_up_leaves_nothing(zoom: Any) -> None:
    import bpy

    scene, root = zoom
    kinds = ("scenes", "objects", "actions", "materials", "collections", "node_groups")
    before = [len(getattr(bpy.data, kind)) for kind in kinds]
    for first in (0.0, 0.5, 0.93, 0.97):
        steps = baking.bake_steps(scene, root, baking.BakeOptions(*frame_range.frames_of(root)))
        while next(steps) < first:
            pass
        for _ in range(12):
            next(steps)
        steps.close()
        assert [len(getattr(bpy.data, kind)) for kind in kinds] == before
    assert drivers_in([root, *root.children_recursive])


_ALONE = """
import bpy, json, sys
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
assert not any("zoom_stack" in name for name in bpy.context.preferences.addons.keys())
scene, found = bpy.context.scene, []
for frame in json.loads(sys.argv[2]):
    scene.frame_set(frame)
    found.append([list(scene.camera.matrix_world.translation),
                  *[list(item.color)[3:] for item in scene.objects if "Picture" in item.name]])
print("FOUND" + json.dumps(found))
"""


def test_a_baked_zoom_needs_no_extension(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    scene, root = zoom
    bake(scene, root)
    names = [item.name for item in scene.objects if "Picture" in item.name]
    frames, expected = [1, 13, 20, 31, 40], []
    for frame in frames:
        scene.frame_set(frame)
        faded = [[scene.objects[name].color[3]] for name in names]
        expected.append([list(scene.camera.matrix_world.translation), *faded])
    file = tmp_path / "baked.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file), copy=True)
    run = subprocess.run(
        [sys.executable, "-c", _ALONE, str(file), json.dumps(frames)],
        capture_output=True, text=True, check=True,
        env={**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path)},
    )  # fmt: skip
    found = json.loads(run.stdout.rpartition("FOUND")[2].splitlines()[0])
    assert found == expected


def test_fewer_keys_and_bends_within_a_frame(zoom: Any) -> None:
    scene, root = zoom
    root[keys.START_FRAME] = 1.0
    way_changes.change_way(root, replace(retiming.way_of(root), hold=0.517, per_octave=0.31))
    start, end = frame_range.frames_of(root)
    many = bake(scene, root)
    few = bake(scene, root, step=4)
    assert few.keys < 0.45 * many.keys
    assert many.worst < 0.1
    assert 4.0 * many.worst < few.worst < 1.0
    curve = next(
        each
        for each in compat.fcurves_of(bpy_object(many.camera))
        if (each.data_path, each.array_index) == ("location", 0)
    )
    frames = [point.co[0] for point in curve.keyframe_points]
    assert (frames[0], frames[-1]) == (start, end)
    between = [frame for frame in frames if frame % 1.0]
    passed = [time for times in markers.passages_of(root) for time in times]
    assert between == pytest.approx([time for time in passed if time % 1.0], abs=2e-3)


def bpy_object(name: str) -> Any:
    import bpy

    return bpy.data.objects[name]
