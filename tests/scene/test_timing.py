"""Durations in seconds, keys that move together, markers that are refreshed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import making
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import (
    camera,
    carrying,
    finding,
    importing,
    keys,
    markers,
    retiming,
    timing,
    way_changes,
)
from judging import show


@pytest.fixture
def zoom(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    """(scene, root, camera) of four levels two octaves apart, in the active scene."""
    folder = making.plain_stack(tmp_path / "stack", 4, 4.0)
    result = importing.import_stack(read_stack(folder))
    scene = bpy.data.scenes[result.scene_name]
    show(scene)
    return scene, bpy.data.objects[result.root_name], bpy.data.objects[result.camera_name]


def test_remap_is_piecewise_and_goes_on_outside() -> None:
    old, new = [0.0, 10.0, 20.0], [0.0, 30.0, 40.0]
    found = [timing.remap(value, old, new) for value in (-2.0, 0.0, 5.0, 10.0, 15.0, 23.0)]
    assert found == [-2.0, 0.0, 15.0, 30.0, 35.0, 43.0]


def test_passages_are_found_each_time_that_a_level_is_reached() -> None:
    samples = [(0.0, 0.0), (1.0, 0.0), (2.0, 4.0), (3.0, 2.0), (4.0, 2.0)]
    found = timing.passages(samples, [0.0, 2.0, 3.0, 9.0])
    assert found == [[0.0], [1.5, 3.0], [1.75, 2.5], []]


def test_retiming_moves_every_key_and_handle_the_users_too(zoom: Any) -> None:
    _, root, cam = zoom
    curve = camera.zoom_curve(cam)
    middle = curve.keyframe_points[1]
    own = curve.keyframe_points.insert((middle.co[0] + curve.keyframe_points[2].co[0]) / 2, 3.3)
    own.interpolation = "BEZIER"
    own.handle_left_type = own.handle_right_type = "FREE"
    own.handle_right = (own.co[0] + 6.0, 3.5)
    old = retiming.present_schedule(root)
    way = way_changes.retimed(retiming.way_of(root), 24.0, per_octave=2 * 0.83, hold=0.0)
    way_changes.change_way(root, way)
    new = retiming.present_schedule(root)
    keys_at = [point.co[0] for point in curve.keyframe_points]
    assert keys_at[0] == pytest.approx(old.start, abs=1e-3)
    assert keys_at[-1] == pytest.approx(new.end) == pytest.approx(old.start + 6 * 1.66 * 24)
    own = curve.keyframe_points[2]
    assert own.co[0] == pytest.approx(old.start + 3 * 1.66 * 24, abs=1e-3)
    assert own.handle_right[0] - own.co[0] == pytest.approx(12.0, abs=1e-3)
    assert tuple(own.handle_right)[1] == pytest.approx(3.5)


def test_retiming_follows_the_frame_rate(bpy: Any, zoom: Any) -> None:
    scene, root, cam = zoom
    scene.render.fps = 48
    assert bpy.ops.zoom_stack.retime(seconds_per_octave=0.83, hold_seconds=1.3) == {"FINISHED"}
    points = camera.zoom_curve(cam).keyframe_points
    assert points[0].co[0] - scene.frame_start == pytest.approx(1.3 * 48, abs=1e-3)
    assert scene.frame_end == pytest.approx(points[-1].co[0] + 1.3 * 48, abs=1.0)
    assert root[keys.FPS] == 48.0


def test_moved_values_carry_keys_to_a_changed_stack(zoom: Any) -> None:
    _, root, cam = zoom
    curve = camera.zoom_curve(cam)
    old = finding.octaves_of(root)
    carrying.carry_values(curve, list(zip(old, [0.0, 1.0, 3.0, 5.0], strict=True)))
    assert [point.co[1] for point in curve.keyframe_points] == pytest.approx([0, 1, 3, 5])


def test_markers_stand_where_the_keys_are_after_a_refresh(bpy: Any, zoom: Any) -> None:
    scene, root, cam = zoom
    scene.timeline_markers.new("mine", frame=7)
    camera.zoom_curve(cam).keyframe_points[1].co[0] += 10
    assert bpy.ops.zoom_stack.refresh_markers() == {"FINISHED"}
    found = {marker.name: marker.frame for marker in scene.timeline_markers}
    assert found.pop("mine") == 7
    assert len(found) == 4
    wanted = camera.zoom_curve(cam).keyframe_points[1].co[0]
    assert found["02 01"] == round(wanted)
    assert markers.level_frames_in_time(root)[1] == pytest.approx(wanted, abs=1e-3)


def test_going_to_a_level_goes_to_the_frame_nearest_to_it(bpy: Any, zoom: Any) -> None:
    scene, root, cam = zoom
    bpy.ops.zoom_stack.retime(seconds_per_octave=0.93, hold_seconds=1.0)
    bpy.ops.zoom_stack.refresh_markers()
    stands = {marker.name[:2]: marker.frame for marker in scene.timeline_markers}
    times = markers.level_frames_in_time(root)
    assert any(time % 1.0 > 0.5 for time in times)  # a rounding down would be seen
    for level in (2, 0, 3, 1):
        assert bpy.ops.zoom_stack.go_to_level(level=level) == {"FINISHED"}
        assert abs(scene.frame_current - times[level]) <= 0.5
        assert scene.frame_subframe == 0.0
        assert cam["zoom"] == pytest.approx(2.0 * level, abs=0.5 / 24.0 / 0.93 + 1e-4)
        if level:  # the widest is marked where its hold begins
            assert scene.frame_current == stands[f"{level + 1:02d}"]
    with pytest.raises(RuntimeError, match="the levels 0 to 3"):
        bpy.ops.zoom_stack.go_to_level(level=4)


def test_going_to_a_level_without_keys_sets_the_zoom(bpy: Any, zoom: Any) -> None:
    _, _, cam = zoom
    cam.animation_data.action = None
    assert bpy.ops.zoom_stack.go_to_level(level=3) == {"FINISHED"}
    assert cam["zoom"] == 6.0


def test_the_view_transform_is_changed_by_a_click_only(bpy: Any, zoom: Any) -> None:
    from bl_ext.user_default.zoom_stack.scene import colour

    scene, _, _ = zoom
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.exposure = 1.0
    assert not colour.shows_pictures_unchanged(scene)
    assert bpy.ops.zoom_stack.use_standard_view() == {"FINISHED"}
    assert colour.shows_pictures_unchanged(scene)


def test_operators_say_why_they_cannot_run(bpy: Any) -> None:
    assert not bpy.ops.zoom_stack.play.poll()
    with pytest.raises(RuntimeError, match="There is no zoom in this scene"):
        bpy.ops.zoom_stack.retime()


def test_use_for_render_takes_camera_and_range(bpy: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "stack", 2, 2.0)
    result = importing.import_stack(
        read_stack(folder), importing.ImportOptions(target="THIS_SCENE")
    )
    scene = bpy.context.scene
    assert scene.camera.name == "Camera"
    assert bpy.ops.zoom_stack.set_up_render() == {"FINISHED"}
    assert scene.camera.name == result.camera_name
    assert (scene.frame_start, scene.frame_end) == (1, 84)


def test_markers_that_are_right_are_left_alone(bpy: Any, zoom: tuple[Any, Any, Any]) -> None:
    """What hangs on a marker, a camera for one, stays; another scene's stay as well."""
    scene, root, _ = zoom
    markers.refresh_markers(scene, root)
    first = scene.timeline_markers[0]
    first.camera = scene.camera
    other = bpy.data.scenes.new("Other")
    other.collection.children.link(root.users_collection[0])
    other.timeline_markers.new(first.name, frame=5)
    markers.refresh_markers(scene, root)
    assert first.camera == scene.camera
    assert [each.frame for each in other.timeline_markers] == [5]
    assert first.name in root["zoom_stack_markers"].split("\n")
