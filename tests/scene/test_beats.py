"""Levels laid onto markers: the beats of a song."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bl_ext.user_default.zoom_stack.scene import (
    beats,
    camera,
    keying,
    markers,
    render_setup,
)
from zooms import fcurves_of, timed_zoom


@pytest.fixture
def zoom(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    """(scene, root, camera) of four levels two octaves apart."""
    return timed_zoom(tmp_path)


def beat(scene: Any, *frames: int) -> None:
    for frame in frames:
        scene.timeline_markers.new(f"beat {frame}", frame=frame)


def reached(root: Any) -> list[list[float]]:
    return [[round(time, 2) for time in times] for times in markers.passages_of(root)]


def lay(bpy: Any, **options: Any) -> None:
    assert bpy.ops.zoom_stack.levels_onto_markers(**options) == {"FINISHED"}


def test_each_level_is_reached_at_its_marker(bpy: Any, zoom: Any) -> None:
    scene, root, cam = zoom
    assert not bpy.ops.zoom_stack.levels_onto_markers.poll()  # its own markers are no beats
    beat(scene, 60, 10, 90, 33)
    cam.keyframe_insert("rotation_euler", index=2, frame=121.0)  # at level 2
    lay(bpy)
    assert reached(root) == [[10.0], [33.0], [60.0], [90.0]]
    assert keying.lies_on_markers(root)
    assert not keying.is_as_made(root)
    curves = cam.animation_data.action
    roll = next(each for each in fcurves_of(cam) if each.data_path == "rotation_euler")
    assert roll.keyframe_points[0].co[0] == pytest.approx(60.0)
    assert curves is not None
    assert (scene.frame_start, scene.frame_end) == (1, 90 + 24)
    shown = {marker.name: marker.frame for marker in scene.timeline_markers}
    assert [shown[f"0{n} 0{n - 1}"] for n in (1, 2, 3, 4)] == [10, 33, 60, 90]
    assert render_setup.otherwise(scene, root) == []  # up to the zoom's end, as it lies
    for marker in scene.timeline_markers:  # again, onto some of them
        marker.select = marker.name in {"beat 10", "beat 60", "beat 90"}
    lay(bpy)
    assert reached(root) == [[10.0], [35.0], [60.0], [90.0]]


def test_more_markers_than_levels_are_left(zoom: Any) -> None:
    scene, root, _ = zoom
    laid = beats.lay_onto(root, scene, [5, 15, 25, 35, 45, 55], with_range=False)
    assert (laid.between, laid.unused) == (0, 2)
    assert reached(root) == [[5.0], [15.0], [25.0], [35.0]]


def test_there_and_back_turns_on_a_marker(zoom: Any) -> None:
    scene, root, cam = zoom
    root.zoom_way_direction = "IN_OUT"
    beats.lay_onto(root, scene, [1, 11, 41, 51], with_range=True)
    curve = camera.zoom_curve(cam)
    assert max(point.co[1] for point in curve.keyframe_points) == 6.0
    assert curve.evaluate(51) == 0.0
    root.zoom_way_direction = "OUT"  # lies on markers: it is not touched
    assert curve.evaluate(51) == 0.0


def test_an_own_curve_is_refused(bpy: Any, zoom: Any) -> None:
    scene, root, cam = zoom
    beat(scene, 1, 50, 60, 70)
    curve = camera.zoom_curve(cam)
    curve.keyframe_points[1].co[0] += 5.0
    with pytest.raises(RuntimeError, match="choose Replace Own Curve"):
        bpy.ops.zoom_stack.levels_onto_markers()
    lay(bpy, replace_own=True)
    assert reached(root) == [[1.0], [50.0], [60.0], [70.0]]


@pytest.mark.parametrize("direction", ["IN", "OUT", "IN_OUT", "LOOP", "LOOP_OUT"])
def test_keys_go_along_onto_markers_in_every_direction(zoom: Any, direction: str) -> None:
    scene, root, cam = zoom
    root.zoom_way_direction = direction
    second = sorted(time for times in markers.passages_of(root) for time in times)[1]
    cam.keyframe_insert("rotation_euler", index=2, frame=second)
    beats.lay_onto(root, scene, [10 * number for number in range(1, 12)], with_range=False)
    roll = next(each for each in fcurves_of(cam) if each.data_path == "rotation_euler")
    assert roll.keyframe_points[0].co[0] == pytest.approx(20.0)


def test_a_driver_is_the_artist_s_own_too(bpy: Any, zoom: Any) -> None:
    scene, _, cam = zoom
    beat(scene, 10, 33, 60, 90)
    cam.animation_data.action = None
    cam.driver_add('["zoom"]').driver.expression = "1 + 0"
    with pytest.raises(RuntimeError, match="choose Replace Own Curve first"):
        bpy.ops.zoom_stack.levels_onto_markers()
    lay(bpy, replace_own=True)
    scene.frame_set(60)
    assert cam["zoom"] == pytest.approx(4.0)


def test_set_up_render_keeps_the_frames_that_reach_the_last_marker(bpy: Any, zoom: Any) -> None:
    scene, root, _ = zoom
    beat(scene, 10, 33, 60, 700)
    lay(bpy)
    assert scene.frame_end == 724
    assert "frames" not in " ".join(render_setup.otherwise(scene, root))
    assert bpy.ops.zoom_stack.set_up_render() == {"FINISHED"}
    assert scene.frame_end == 724
    wishes = render_setup.Wishes(rate=(48, 1.0))
    told = render_setup.wanted(scene, root, wishes)[render_setup.RANGE]
    assert bpy.ops.zoom_stack.set_up_render(rate="50") == {"FINISHED"}
    assert told == "1 to 1447"
    assert scene.frame_end == pytest.approx(1 + 723 * 50 / 24, abs=1.0)


def test_what_was_carried_goes_back_with_the_levels(bpy: Any, zoom: Any) -> None:
    scene, _, cam = zoom
    beat(scene, 10, 33, 60, 90)
    cam.keyframe_insert("rotation_euler", index=2, frame=121.0)  # at level 2
    lay(bpy)
    assert bpy.ops.zoom_stack.replace_own_curve() == {"FINISHED"}
    (roll,) = (each for each in fcurves_of(cam) if each.data_path == "rotation_euler")
    assert roll.keyframe_points[0].co[0] == pytest.approx(121.0)
