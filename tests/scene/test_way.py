"""The camera's way: direction, rests and eases as the curve has them, and in the panel."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bl_ext.user_default.zoom_stack.scene import (
    camera,
    finding,
    keying,
    keys,
    retiming,
)
from bl_ext.user_default.zoom_stack.scene.way import LEGS, per_octave_of, plan
from zooms import change, timed_loop, timed_zoom, zoom_at

FPS = 24.0
FRAME = 1e-2
OCTAVES = 6.0  # four levels, two octaves apart
ROLL = "rotation_euler"


@pytest.fixture
def zoom(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    return timed_zoom(tmp_path)


@pytest.fixture
def loop(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    return timed_loop(tmp_path)


def marked(scene: Any) -> dict[str, int]:
    return {marker.name: marker.frame for marker in scene.timeline_markers}


@pytest.mark.parametrize(
    ("direction", "frames", "values", "end"),
    [
        ("IN", (1, 25, 97, 169, 193), (0, 0, 3, 6, 6), 193),
        ("OUT", (1, 25, 97, 169, 193), (6, 6, 3, 0, 0), 193),
        # The rest at the far end comes once, and one more where it ends.
        ("IN_OUT", (1, 25, 97, 169, 193, 265, 337, 361), (0, 0, 3, 6, 6, 3, 0, 0), 361),
        ("LOOP", (1, 25, 97, 169, 193, 265, 337, 409), (0, 0, 3, 6, 6, 3, 0, 2), 336),
        ("LOOP_OUT", (1, 25, 97, 169, 193, 265, 337, 409), (6, 6, 3, 0, 0, 3, 6, 4), 336),
    ],
)
def test_a_direction_is_the_curve_s(
    zoom: Any, direction: str, frames: Any, values: Any, end: int
) -> None:
    scene, root, cam = zoom
    change(root, direction=direction)
    assert zoom_at(cam, *frames) == pytest.approx(values, abs=1e-4)
    assert (scene.frame_start, scene.frame_end) == (1, end)
    assert keying.is_as_made(root)
    change(root, direction="IN")
    assert zoom_at(cam, 1, 25, 97, 169, 193) == pytest.approx([0, 0, 3, 6, 6], abs=1e-4)
    assert not camera.zoom_curve(cam).modifiers


def test_markers_stand_at_each_passage(zoom: Any) -> None:
    scene, root, _ = zoom
    assert sorted(marked(scene).values()) == [1, 73, 121, 169]
    change(root, direction="OUT")
    assert [marked(scene)[f"0{n} 0{n - 1}"] for n in (4, 3, 2, 1)] == [1, 73, 121, 169]
    change(root, direction="IN_OUT")
    found = marked(scene)
    assert [found[f"0{n} 0{n - 1}"] for n in (1, 2, 3, 4)] == [1, 73, 121, 169]
    assert [found[f"0{n} 0{n - 1} (back)"] for n in (3, 2, 1)] == [241, 289, 337]
    assert len(found) == 7


@pytest.mark.parametrize("direction", sorted(LEGS))
def test_eases_begin_and_end_in_rest_and_are_exact_between(zoom: Any, direction: str) -> None:
    _, root, cam = zoom
    change(root, direction=direction, ease_in=2.0, ease_out=1.0, hold=0.5, hold_end=0.25)
    way, curve = retiming.way_of(root), camera.zoom_curve(cam)
    # At the ends slow, in the middle as fast as without eases.
    first = 1.0 + 0.5 * FPS
    sign = 1.0 if LEGS[direction][0] > 0 else -1.0
    begin = zoom_at(cam, first)[0]
    leg = OCTAVES + 1.5  # seconds: eases cover half of what they would at full speed
    for seconds, travelled in ((0.0, 0.0), (1.0, 1 / 6), (2.0, 1.0), (3.0, 2.0), (leg, OCTAVES)):
        found = zoom_at(cam, first + seconds * FPS)[0]
        assert sign * (found - begin) == pytest.approx(travelled, abs=2e-3)
    assert way.seconds == pytest.approx(way.holds + len(LEGS[direction]) * leg)
    assert keying.is_as_made(root)
    speeds = [curve.evaluate(f + 0.5) - curve.evaluate(f - 0.5) for f in (first + 72, first + 96)]
    assert speeds == pytest.approx([sign / FPS] * 2, rel=1e-3)


def test_an_ease_is_drawn_to_half_a_pixel_between_frames_too(zoom: Any) -> None:
    """At the border of 1920 pixels an octave is 960 ln 2 of them."""
    _, root, cam = zoom
    change(root, ease_in=3.0, ease_out=2.0)

    def risen(seconds: float, ease: float) -> float:
        """What the speed, a parabola up to the half and another one from there, comes to."""
        share = seconds / ease
        half = 2.0 * share**3 / 3.0
        return ease * (half if share < 0.5 else share - 0.5 + 2.0 * (1.0 - share) ** 3 / 3.0)

    def travelled(seconds: float) -> float:
        left = OCTAVES + 2.5 - seconds
        if seconds < 3.0:
            return risen(seconds, 3.0)
        return OCTAVES - risen(left, 2.0) if left < 2.0 else seconds - 1.5

    times = [0.0123 * step for step in range(int((OCTAVES + 2.5) / 0.0123))]
    found = zoom_at(cam, *(25.0 + time * FPS for time in times))
    worst = max(abs(travelled(time) - at) for time, at in zip(times, found, strict=True))
    assert worst * 960.0 * math.log(2.0) < 0.1


def test_eases_longer_than_the_way_are_cut(zoom: Any) -> None:
    _, root, cam = zoom
    change(root, ease_in=100.0, ease_out=100.0, hold=0.0, hold_end=0.0)
    frames = retiming.present_schedule(root)
    assert frames.end == pytest.approx(1.0 + 2.0 * OCTAVES * FPS)
    middle = (frames.start + frames.end) / 2.0
    assert zoom_at(cam, middle) == pytest.approx([OCTAVES / 2.0], abs=1e-3)


def test_keys_lie_on_whole_frames_where_levels_are_two_apart(zoom: Any) -> None:
    _, root, cam = zoom
    change(root, per_octave=0.83, whole_frames=True)
    frames = [point.co[0] for point in camera.zoom_curve(cam).keyframe_points]
    assert frames == [float(round(each)) for each in frames]
    exact = plan(replace(retiming.way_of(root), whole_frames=False)).keys
    assert frames == pytest.approx(exact, abs=0.5)
    change(root, per_octave=0.03)  # 1.44 frames a level
    frames = [point.co[0] for point in camera.zoom_curve(cam).keyframe_points]
    assert any(abs(each - round(each)) > 0.01 for each in frames)
    assert keying.is_as_made(root)


def test_a_length_is_met(zoom: Any) -> None:
    _, root, _ = zoom
    for direction in LEGS:
        change(root, direction=direction, ease_in=0.5, ease_out=0.25)
        way = retiming.way_of(root)
        long = replace(way, per_octave=per_octave_of(way, 30.0))
        assert long.seconds == pytest.approx(30.0)


def test_properties_show_one_way_and_change_it(zoom: Any) -> None:
    scene, root, cam = zoom
    assert root.zoom_way_length == pytest.approx(8.0)
    assert root.zoom_way_level_seconds == pytest.approx(2.0)
    assert root.zoom_way_speed == pytest.approx(1.0)
    root.zoom_way_length = 14.0
    assert root.zoom_way_speed == pytest.approx(0.5)
    assert scene.frame_end == 1 + 14 * 24
    root.zoom_way_level_seconds = 1.0
    root.zoom_way_direction = "OUT"
    root.zoom_way_hold, root.zoom_way_hold_end = 0.0, 2.0
    assert zoom_at(cam, 1, 1 + 3 * 24, 1 + 5 * 24) == pytest.approx([6.0, 0.0, 0.0])
    assert scene.frame_end == 1 + 5 * 24
    root.zoom_way_whole_frames = True
    root.zoom_way_ease_in = 0.5
    assert keying.is_as_made(root)
    assert (root["direction"], root["ease_in"], root["whole_frames"]) == ("OUT", 0.5, True)


def test_an_own_curve_is_not_touched_until_it_is_replaced(bpy: Any, zoom: Any) -> None:
    scene, root, cam = zoom
    curve = camera.zoom_curve(cam)
    assert not bpy.ops.zoom_stack.replace_own_curve.poll()
    curve.keyframe_points[1].co = (60.0, 2.5)
    curve.update()
    before = [tuple(point.co) for point in curve.keyframe_points]
    root.zoom_way_direction = "OUT"
    root.zoom_way_length = 30.0
    assert [tuple(point.co) for point in curve.keyframe_points] == before
    assert keys.DIRECTION not in root
    assert bpy.ops.zoom_stack.replace_own_curve() == {"FINISHED"}
    assert zoom_at(cam, 25, 97, 169) == pytest.approx([0, 3, 6], abs=1e-4)
    root.zoom_way_direction = "OUT"
    assert zoom_at(cam, 25, 169) == pytest.approx([6, 0], abs=1e-4)
    cam.animation_data.action = None  # without any keys
    assert bpy.ops.zoom_stack.replace_own_curve() == {"FINISHED"}
    assert zoom_at(cam, 25, 169) == pytest.approx([6, 0], abs=1e-4)
    assert scene.frame_end == 193


def test_a_file_of_before_is_as_made(zoom: Any) -> None:
    _, root, _ = zoom
    new = {keys.HOLD_END_SECONDS, keys.EASE_IN, keys.EASE_OUT, keys.DIRECTION, keys.WHOLE_FRAMES}
    assert not new & {*root.keys()}
    assert keying.is_as_made(root)
    assert finding.stops_of(root) == [0.0, 2.0, 4.0, 6.0]


def test_levels_that_are_a_loop_lead_in_or_out_alone(loop: Any) -> None:
    _, root, cam = loop
    root.zoom_way_direction = "LOOP_OUT"
    assert (root.zoom_way_direction, root[keys.DIRECTION]) == ("OUT", "OUT")
    assert zoom_at(cam, 1.0, 37.0) == pytest.approx([3.0, 1.5], abs=1e-3)
    root.zoom_way_direction = "IN_OUT"
    assert root.zoom_way_direction == "IN"


def test_what_is_no_zoom_takes_no_way(bpy: Any, zoom: Any) -> None:
    cube = bpy.data.objects["Cube"]
    cube.zoom_way_length = 5.0
    cube.zoom_way_direction = "OUT"
    assert not list(cube.keys())


def test_a_linked_zoom_takes_no_other_way(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    from devtools import bpy_session

    scene, root, _ = zoom
    names, file = (scene.name, root.name), str(tmp_path / "zoom.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy_session.load_factory_startup()
    with bpy.data.libraries.load(file, link=True) as (_, here):
        here.scenes = [names[0]]
    linked = bpy.data.objects[names[1]]
    assert linked.library is not None
    linked.zoom_way_direction = "OUT"
    assert linked.zoom_way_direction == "IN"
    assert keys.DIRECTION not in linked


def test_the_way_can_be_neither_keyed_nor_driven(zoom: Any) -> None:
    _, root, _ = zoom
    for name in ("length", "hold", "direction", "whole_frames"):
        for put in (root.keyframe_insert, root.driver_add):
            with pytest.raises(TypeError, match="not animatable"):
                put(f"zoom_way_{name}")


def test_other_objects_and_linked_zooms_keep_what_they_have(
    bpy: Any, zoom: Any, tmp_path: Path
) -> None:
    _, root, _ = zoom
    plane = finding.parts(root, keys.ROLE_PLANE)[0]
    before = dict(plane)
    plane.zoom_way_length, plane.zoom_way_direction = 4.0, "OUT"
    assert dict(plane) == before
    home, file = root.users_collection[0].name, str(tmp_path / "zoom.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(file, link=True) as (_, wanted):
        wanted.collections = [home]
    bpy.context.scene.collection.children.link(wanted.collections[0])
    (linked,) = finding.roots_in(bpy.context.scene)
    linked.zoom_way_length, linked.zoom_way_direction = 4.0, "OUT"
    assert keys.DIRECTION not in linked
    assert linked.zoom_way_length == pytest.approx(8.0)


def test_a_driver_of_the_zoom_is_the_artist_s_until_it_is_replaced(bpy: Any, zoom: Any) -> None:
    scene, root, cam = zoom
    cam.driver_add('["zoom"]').driver.expression = "1 + 0"
    root.zoom_way_direction = "OUT"
    assert keys.DIRECTION not in root
    assert bpy.ops.zoom_stack.replace_own_curve() == {"FINISHED"}
    scene.frame_set(97)
    assert cam["zoom"] == pytest.approx(3.0)


def test_a_curve_that_goes_on_beyond_its_ends_is_the_artist_s(zoom: Any) -> None:
    _, root, cam = zoom
    camera.zoom_curve(cam).extrapolation = "LINEAR"
    root.zoom_way_length = 20.0
    assert camera.zoom_curve(cam).extrapolation == "LINEAR"
    assert not keying.is_as_made(root)


@pytest.mark.parametrize(("ease_in", "ease_out"), [(0.3, 600.0), (600.0, 0.3)])
def test_keys_that_would_become_one_are_left_out(
    zoom: Any, ease_in: float, ease_out: float
) -> None:
    _, root, cam = zoom
    change(root, per_octave=0.01, ease_in=ease_in, ease_out=ease_out)
    assert keying.is_as_made(root)
    values = [point.co[1] for point in camera.zoom_curve(cam).keyframe_points]
    assert (values[0], values[-1]) == (0.0, OCTAVES)


def test_a_way_of_hours_is_known_again(zoom: Any) -> None:
    _, root, _ = zoom
    change(root, per_octave=599.93, hold=12345.67, ease_in=77.7)
    assert keying.is_as_made(root)


def test_what_is_no_number_changes_nothing(bpy: Any, zoom: Any) -> None:
    scene, root, _ = zoom
    root.zoom_way_hold = root.zoom_way_speed = float("nan")
    assert bpy.ops.zoom_stack.retime(seconds_per_octave=float("nan"), hold_seconds=1.0) == {
        "FINISHED"
    }
    assert keying.is_as_made(root)
    assert scene.frame_end == 193
    root[keys.HOLD_SECONDS], root[keys.FPS], root[keys.EASE_IN] = float("nan"), 0, "soft"
    root.zoom_way_direction = "OUT"
    assert retiming.way_of(root).hold == 0.0
    assert bpy.ops.zoom_stack.replace_own_curve() == {"FINISHED"}


def test_scripts_meet_the_limits_too(zoom: Any) -> None:
    _, root, _ = zoom
    root.zoom_way_speed = 0.0
    assert root.zoom_way_speed == pytest.approx(1.0 / 600.0)
    root.zoom_way_hold = root.zoom_way_hold_end = root.zoom_way_ease_in = -5.0
    assert (root.zoom_way_hold, root.zoom_way_hold_end, root.zoom_way_ease_in) == (0.0, 0.0, 0.0)
    assert keying.is_as_made(root)
