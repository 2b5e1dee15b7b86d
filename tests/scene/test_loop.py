"""A loop in Blender: its parts, and its one turn that is keyed and repeats for ever."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.engine.contract.unrolling import unroll
from bl_ext.user_default.zoom_stack.scene import (
    camera,
    finding,
    frame_range,
    importing,
    keys,
    markers,
    retiming,
)
from judging import in_frame, set_zoom, show

FACTORS = [3.0, 2.0, 4.0]
FOCUSES = [(0.6, 0.4), (0.4, 0.55), (0.3, 0.7)]
TURN = math.log2(3 * 2 * 4)
# 24 frames a second, 0.83 seconds an octave.
FRAMES = round(TURN * 0.83 * 24)
CLOSE = 1e-5


@dataclass(frozen=True)
class Zoom:
    """An imported loop."""

    scene: Any
    root: Any
    camera: Any


def imported(bpy: Any, folder: Path, **options: Any) -> Zoom:
    result = importing.import_stack(read_stack(folder), importing.ImportOptions(**options))
    scene = bpy.data.scenes[result.scene_name]
    show(scene)
    return Zoom(scene, bpy.data.objects[result.root_name], bpy.data.objects[result.camera_name])


def plain_loop(folder: Path, count: int = 3, **display: float) -> Path:
    pictures = [np.full((8, 8, 3), 60 + 50 * k, np.uint8) for k in range(count)]
    return making.write_loop(folder, pictures, FACTORS[:count], FOCUSES[:count], **display)


@pytest.fixture
def zoom(bpy: Any, tmp_path: Path) -> Zoom:
    """Three plain levels in a scene of their own."""
    return imported(bpy, plain_loop(tmp_path / "loop"))


def test_the_zoom_goes_round_at_constant_speed_for_ever(zoom: Zoom) -> None:
    start, end = zoom.scene.frame_start, zoom.scene.frame_end
    assert end - start + 1 == FRAMES
    points = camera.zoom_curve(zoom.camera).keyframe_points
    assert [point.interpolation for point in points] == ["LINEAR"] * 4
    assert (points[0].co[0], points[-1].co[0]) == (start, end + 1)
    for number in (start, start + 7, end):
        step = TURN * (number - start) / FRAMES
        for turns in (0, 1, 50, -3):
            zoom.scene.frame_set(number + turns * FRAMES)
            error = (zoom.camera["zoom"] - step + TURN / 2) % TURN - TURN / 2
            # F-curves are single precision, and so is the time in them.
            assert error == pytest.approx(0.0, abs=2e-3), turns


def test_a_saved_loop_goes_round_without_the_extension(
    bpy: Any, zoom: Zoom, tmp_path: Path
) -> None:
    names = zoom.camera.name, zoom.scene.name
    path = str(tmp_path / "loop.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    cam, scene = bpy.data.objects[names[0]], bpy.data.scenes[names[1]]
    show(scene)
    scene.frame_set(scene.frame_start + 5 * FRAMES + 20)
    assert cam["zoom"] == pytest.approx(TURN * 20 / FRAMES, abs=1e-3)
    owners = [*bpy.data.objects, *bpy.data.cameras, *bpy.data.node_groups]
    drivers = [c for o in owners if o.animation_data for c in o.animation_data.drivers]
    assert len(drivers) > 20
    assert all(c.driver.is_simple_expression and c.driver.is_valid for c in drivers)


def test_what_is_shown_again_says_so_and_shares_pictures_and_materials(
    bpy: Any, tmp_path: Path
) -> None:
    before = len(bpy.data.images)
    zoom = imported(bpy, plain_loop(tmp_path / "loop"))
    levels = finding.parts(zoom.root, keys.ROLE_LEVEL)
    planes = finding.parts(zoom.root, keys.ROLE_PLANE)
    assert [level.name for level in levels] == [
        "Level 03 Before", "Level 01", "Level 02", "Level 03", "Level 01 Again"
    ]  # fmt: skip
    assert [level[keys.INDEX] for level in levels] == [-1, 0, 1, 2, 3]
    assert len(bpy.data.images) - before == 3
    pictures = [finding.image_of(plane) for plane in planes]
    assert (pictures[0], pictures[4]) == (pictures[3], pictures[1])
    materials = [plane.active_material for plane in planes]
    assert materials[4] == materials[1]
    # The widest level alone is without a soft border.
    assert materials[0] != materials[3]


@pytest.mark.parametrize("rig", ["CAMERA", "WORLD"])
def test_level_0_lies_at_the_turns_end_as_at_its_beginning(
    bpy: Any, tmp_path: Path, rig: str
) -> None:
    pictures = [making.to_bytes(making.natural(*size, 0)) for size in ((16, 9), (8, 8))]
    folder = making.write_loop(tmp_path / "loop", pictures, [3.0, 4.0], [(0.4, 0.55), (0.7, 0.3)])
    zoom = imported(bpy, folder, rig=rig)
    before, first, second, again = finding.parts(zoom.root, keys.ROLE_PLANE)
    turn = finding.turn_of(zoom.root)
    corners = {}
    for octaves in (0.0, turn - 1e-4, turn):
        set_zoom(zoom.camera, octaves)
        corners[octaves] = [
            in_frame(zoom.scene, zoom.camera, plane) for plane in (before, first, second, again)
        ]
    assert corners[0.0][1] == pytest.approx(corners[turn][3], abs=CLOSE)
    assert corners[turn - 1e-4][3] == pytest.approx(corners[turn][3], abs=1e-3)
    # Planes lie 1e-4 apart, which counts for more where they are seen from near.
    assert corners[0.0][0] == pytest.approx(corners[turn][2], abs=1e-3)


@pytest.mark.parametrize("fade", [0.0, 0.75])
def test_levels_fade_in_and_hide_as_the_contract_says(
    bpy: Any, tmp_path: Path, fade: float
) -> None:
    folder = plain_loop(tmp_path / "loop", fade=fade)
    zoom = imported(bpy, folder)
    planes = finding.parts(zoom.root, keys.ROLE_PLANE)
    unrolled = unroll(read_stack(folder), [(8, 8)] * 3)
    for octaves in (0.0, 0.4, 1.0, 2.9, 4.0, TURN):
        set_zoom(zoom.camera, octaves)
        graph = show(zoom.scene)
        for position in range(1, 5):
            wanted = unrolled.opacity(position, octaves, fade)
            seen = planes[position].evaluated_get(graph)
            assert seen.hide_render == seen.hide_viewport == (wanted == 0.0)
            if wanted:
                assert seen.color[3] == pytest.approx(wanted, abs=1e-6)


def test_a_picture_inside_itself(bpy: Any, tmp_path: Path) -> None:
    zoom = imported(bpy, plain_loop(tmp_path / "loop", count=1))
    assert [plane.name for plane in finding.parts(zoom.root, keys.ROLE_LEVEL)] == [
        "Level 01 Before", "Level 01", "Level 01 Again"
    ]  # fmt: skip
    zoom.scene.frame_set(zoom.scene.frame_end + 1)
    assert zoom.camera["zoom"] == pytest.approx(math.log2(3.0), abs=1e-5)
    zoom.scene.frame_set(zoom.scene.frame_end + 2)
    assert zoom.camera["zoom"] < 0.1


def test_read_out_titles_and_sharpness_know_the_levels_alone(zoom: Zoom) -> None:
    assert finding.octaves_of(zoom.root) == pytest.approx([0.0, 1.0, 3.0])
    assert finding.level_titles(zoom.root) == ["00", "01", "02"]
    assert finding.stack_of(zoom.root).loop
    # Level 1 is enlarged four times before the next one fills the view.
    assert finding.sharp_width(zoom.root) == 2
    for octaves, level in ((0.0, 0.0), (2.0, 1.5), (TURN, 3.0)):
        set_zoom(zoom.camera, octaves)
        show(zoom.scene)
        assert zoom.camera["level"] == pytest.approx(level, abs=1e-5)


def test_buttons_and_markers_lead_to_each_level_once(bpy: Any, zoom: Zoom) -> None:
    names = [marker.name for marker in zoom.scene.timeline_markers]
    assert names == ["01 00", "02 01", "03 02"]
    stands = [marker.frame for marker in zoom.scene.timeline_markers]
    frames = retiming.present_schedule(zoom.root).keys
    a_frame = TURN / (frames[-1] - frames[0])
    for level, octaves in ((2, 3.0), (0, 0.0), (1, 1.0)):
        assert bpy.ops.zoom_stack.go_to_level(level=level) == {"FINISHED"}
        assert zoom.scene.frame_current == stands[level]
        assert zoom.camera["zoom"] == pytest.approx(octaves, abs=a_frame / 2 + 1e-4)
    with pytest.raises(RuntimeError, match="the levels 0 to 2"):
        bpy.ops.zoom_stack.go_to_level(level=3)


def test_levels_are_found_where_keys_lie_between_frames(zoom: Zoom) -> None:
    for point in camera.zoom_curve(zoom.camera).keyframe_points:
        point.co[0] += 0.5
    wanted = [frame + 0.5 for frame in retiming.present_schedule(zoom.root).keys[:3]]
    assert markers.level_frames_in_time(zoom.root) == pytest.approx(wanted, abs=1e-2)


def test_retiming_keeps_a_turn_of_whole_frames_without_a_hold(bpy: Any, zoom: Zoom) -> None:
    curve = camera.zoom_curve(zoom.camera)
    old = retiming.present_schedule(zoom.root)
    curve.keyframe_points.insert((old.keys[1] + old.keys[2]) / 2, 1.7)
    assert bpy.ops.zoom_stack.retime(seconds_per_octave=2.0, hold_seconds=3.0) == {"FINISHED"}
    frames = round(TURN * 48)
    assert zoom.root[keys.HOLD_SECONDS] == 0.0
    assert zoom.scene.frame_end - zoom.scene.frame_start + 1 == frames
    assert frame_range.range_follows(zoom.scene, zoom.root)
    new = retiming.present_schedule(zoom.root)
    found = [point.co[0] for point in curve.keyframe_points]
    wanted = [*new.keys[:2], (new.keys[1] + new.keys[2]) / 2, *new.keys[2:]]
    assert found == pytest.approx(wanted, abs=1e-3)
    zoom.scene.frame_set(zoom.scene.frame_end + 2)
    assert zoom.camera["zoom"] == pytest.approx(TURN / frames, abs=1e-3)


def test_a_scene_of_ones_own_keeps_its_frames_until_asked(bpy: Any, tmp_path: Path) -> None:
    scene = bpy.context.scene
    kept = (scene.frame_start, scene.frame_end, scene.render.motion_blur_position)
    imported(bpy, plain_loop(tmp_path / "loop"), target="THIS_SCENE")
    assert (scene.frame_start, scene.frame_end, scene.render.motion_blur_position) == kept
    assert bpy.ops.zoom_stack.set_up_render() == {"FINISHED"}
    assert (scene.frame_start, scene.frame_end) == (1, FRAMES)


def test_motion_blur_never_looks_across_the_turn(zoom: Zoom) -> None:
    assert zoom.scene.render.motion_blur_position == "START"
    assert zoom.scene.render.motion_blur_shutter <= 1.0


def test_a_loop_written_by_hand_comes_in_by_the_menu(bpy: Any, tmp_path: Path) -> None:
    making.plain_stack(tmp_path, 2, 2.0)
    levels = [{"image": "00.png"}, {"image": "01.png"}]
    (tmp_path / "stack.json").write_text(json.dumps({"version": 1, "loop": True, "levels": levels}))
    assert bpy.ops.zoom_stack.import_stack(filepath=str(tmp_path)) == {"FINISHED"}
    (root,) = (item for item in bpy.data.objects if finding.is_root(item))
    assert finding.turn_of(root) == pytest.approx(2.0)


def test_a_loop_that_cannot_close_is_said_and_leaves_nothing(bpy: Any, tmp_path: Path) -> None:
    making.plain_stack(tmp_path, 2, 2.0)
    levels = [{"image": "00.png", "focus": [0.9, 0.5]}, {"image": "01.png"}]
    (tmp_path / "stack.json").write_text(json.dumps({"version": 1, "loop": True, "levels": levels}))
    before = len(bpy.data.images), len(bpy.data.objects)
    with pytest.raises(RuntimeError, match=r"the loop puts into level 2: focus x = 0\.9"):
        bpy.ops.zoom_stack.import_stack(filepath=str(tmp_path))
    assert (len(bpy.data.images), len(bpy.data.objects)) == before
