"""The camera's way: direction, rests and eases as the curve has them, and what goes along."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import making
import pytest
from bl_ext.user_default.zoom_stack.blender import compat
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import (
    adding,
    camera,
    finding,
    importing,
    keying,
    keys,
    retiming,
    spaces,
    way_changes,
)
from bl_ext.user_default.zoom_stack.scene.way import LEGS, per_octave_of, plan
from judging import show

FPS = 24.0
FRAME = 1e-2
OCTAVES = 6.0  # four levels, two octaves apart
ROLL = "rotation_euler"


@pytest.fixture
def zoom(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    """(scene, root, camera) of four levels two octaves apart, a second an octave and at rest."""
    folder = making.plain_stack(tmp_path / "stack", 4, 4.0)
    options = importing.ImportOptions(seconds_per_octave=1.0, hold_seconds=1.0, target="NEW_SCENE")
    result = importing.import_stack(read_stack(folder), options)
    scene = bpy.data.scenes[result.scene_name]
    show(scene)
    return scene, bpy.data.objects[result.root_name], bpy.data.objects[result.camera_name]


@pytest.fixture
def loop(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    import numpy as np

    pictures = [np.full((8, 8, 3), 40 * number, np.uint8) for number in range(3)]
    folder = making.write_loop(tmp_path / "loop", pictures, [2.0] * 3, [(0.5, 0.5)] * 3)
    options = importing.ImportOptions(seconds_per_octave=1.0, target="NEW_SCENE")
    result = importing.import_stack(read_stack(folder), options)
    scene = bpy.data.scenes[result.scene_name]
    show(scene)
    return scene, bpy.data.objects[result.root_name], bpy.data.objects[result.camera_name]


def change(root: Any, **values: Any) -> way_changes.Changed:
    return way_changes.change_way(root, replace(retiming.way_of(root), **values))


def zoom_at(cam: Any, *frames: float) -> list[float]:
    curve = camera.zoom_curve(cam)
    return [curve.evaluate(frame) for frame in frames]


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


def rolled(item: Any, *frames: float, path: str = "rotation_euler") -> Any:
    """Keys of the artist's, with handles a quarter of a second away."""
    for frame in frames:
        item.keyframe_insert(path, index=2, frame=frame)
    curve = next(each for each in fcurves(item) if each.data_path == path)
    for point in curve.keyframe_points:
        point.handle_left_type = point.handle_right_type = "FREE"
        point.handle_left = (point.co[0] - 6.0, point.co[1])
        point.handle_right = (point.co[0] + 6.0, point.co[1])
    return curve


def fcurves(owner: Any) -> Any:
    from bl_ext.user_default.zoom_stack.blender.compat import fcurves_of

    return fcurves_of(owner)


def frames_of(curve: Any) -> list[float]:
    return [point.co[0] for point in curve.keyframe_points]


def test_retiming_takes_along_what_hangs_on_the_zoom(bpy: Any, zoom: Any) -> None:
    scene, root, cam = zoom
    at_level_2 = 121.0  # the third level: four octaves after the rest
    (cube,) = adding.add_thing(root, spaces.level_of(root, 2), "CUBE").things
    hung = bpy.data.objects.new("Hung", None)
    hung.parent = cube
    scene.collection.objects.link(hung)
    other = bpy.data.objects.new("Other", None)
    scene.collection.objects.link(other)
    curves = [rolled(item, at_level_2) for item in (cam, cube, hung, other)]
    cam.data.keyframe_insert("lens", frame=at_level_2)
    cube.active_material.node_tree.nodes[0].inputs[0].keyframe_insert(
        "default_value", frame=at_level_2
    )
    cube.shape_key_add(name="Basis")
    cube.shape_key_add(name="Key")
    cube.data.shape_keys.key_blocks["Key"].keyframe_insert("value", frame=at_level_2)
    drivers = [(curve.data_path, frames_of(curve)) for curve in cam.animation_data.drivers]
    assert bpy.ops.zoom_stack.retime(seconds_per_octave=2.0, hold_seconds=0.5) == {"FINISHED"}
    new = 1.0 + 12.0 + 4 * 48.0
    assert [frames_of(curve) for curve in curves] == [[new], [new], [new], [at_level_2]]
    point = curves[0].keyframe_points[0]
    assert (point.handle_left[0], point.handle_right[0]) == pytest.approx((new - 12, new + 12))
    more = (cam.data, cube.active_material.node_tree, cube.data.shape_keys)
    for owner in more:
        assert frames_of(fcurves(owner)[0]) == pytest.approx([new]), owner
    # From 4.4 an object and its data share an action.
    assert [curve.data_path for curve in fcurves(cam.data)] == ["lens"]
    found = [(curve.data_path, frames_of(curve)) for curve in cam.animation_data.drivers]
    assert found == drivers


def test_a_mirrored_way_mirrors_what_goes_along(zoom: Any) -> None:
    _, root, cam = zoom
    curve = rolled(cam, 73.0, 169.0)  # at levels 1 and 3
    curve.keyframe_points[0].interpolation = "LINEAR"
    curve.keyframe_points[1].interpolation = "CONSTANT"
    curve.keyframe_points[0].handle_right = (77.0, 0.0)
    change(root, direction="OUT")
    assert frames_of(curve) == pytest.approx([25.0, 121.0])  # levels 3 and 1
    first, second = curve.keyframe_points
    assert (first.interpolation, second.handle_left[0]) == ("LINEAR", pytest.approx(117.0))
    change(root, direction="IN")
    assert frames_of(curve) == pytest.approx([73.0, 169.0])
    assert curve.keyframe_points[0].handle_right[0] == pytest.approx(77.0)


def test_there_and_back_keeps_both_passages_apart(zoom: Any) -> None:
    _, root, cam = zoom
    change(root, direction="IN_OUT")
    curve = rolled(cam, 121.0, 241.0)  # level 2, twice
    change(root, per_octave=2.0)
    again = 1.0 + 24.0 + 2 * 6 * 48.0 + 24.0 - 4 * 48.0
    assert frames_of(curve) == pytest.approx([1.0 + 24.0 + 4 * 48.0, again])


def test_what_repeats_carries_keys_of_every_turn(loop: Any) -> None:
    _, root, cam = loop
    curve = rolled(cam, 13.0, 13.0 + 72.0, 13.0 + 144.0)  # a turn takes 72 frames
    change(root, per_octave=2.0)
    assert frames_of(curve) == pytest.approx([25.0, 25.0 + 144.0, 25.0 + 288.0])
    change(root, direction="OUT")
    assert zoom_at(cam, 1.0, 73.0, 217.0) == pytest.approx([3.0, 1.5, 1.5], abs=1e-3)
    assert keying.is_as_made(root)


def cyclic(item: Any, start: float, turn: float, *values: float) -> Any:
    """Straight keys of the artist's, so many a turn, again and again."""
    for number, value in enumerate([*values, values[0]]):
        item.rotation_euler[2] = value
        item.keyframe_insert(ROLL, index=2, frame=start + turn * number / len(values))
    curve = next(each for each in fcurves(item) if each.data_path == ROLL)
    for point in curve.keyframe_points:
        point.interpolation = "LINEAR"
    curve.modifiers.new("CYCLES")
    curve.update()
    return curve


def test_a_loop_in_the_other_direction_mirrors_what_repeats(loop: Any) -> None:
    _, root, cam = loop
    curve = cyclic(cam, 1.0, 72.0, 0.0, 1.0, 0.4, 0.2)
    was = [curve.evaluate(1.0 + frame) for frame in range(72)]
    change(root, direction="OUT")
    assert sorted(frames_of(curve)) == pytest.approx([1.0, 19.0, 37.0, 55.0, 73.0])
    now = [curve.evaluate(73.0 - frame) for frame in range(72)]
    assert now == pytest.approx(was, abs=1e-3)
    change(root, direction="IN")
    assert [curve.evaluate(1.0 + frame) for frame in range(72)] == pytest.approx(was, abs=1e-3)


def test_there_and_back_for_ever_begun_at_the_other_end_keeps_what_repeats(zoom: Any) -> None:
    _, root, cam = zoom
    change(root, direction="LOOP")
    turn = 336.0
    curve = cyclic(cam, 1.0, turn, 0.0, 1.0, 0.4, 2.0)
    frames = [1.0 + 7.0 * number for number in range(48)]
    was = [curve.evaluate(frame) for frame in frames]
    before = frames_of(curve)
    change(root, direction="LOOP_OUT")
    assert zoom_at(cam, 1.0, 1.0 + turn / 2) == pytest.approx([6.0, 0.0])
    now = [curve.evaluate(frame + turn / 2) for frame in frames]
    assert now == pytest.approx(was, abs=1e-3)
    change(root, direction="LOOP")
    assert frames_of(curve) == pytest.approx(before, abs=FRAME)


def test_what_begins_with_the_zoom_rests_along(zoom: Any) -> None:
    _, root, cam = zoom
    change(root, hold=0.0)
    curve = rolled(cam, 1.0, 49.0)
    change(root, hold=2.0)
    assert frames_of(curve) == pytest.approx([49.0, 97.0])


def test_an_own_curve_is_carried_by_a_retiming(bpy: Any, zoom: Any) -> None:
    _, _, cam = zoom
    curve = camera.zoom_curve(cam)
    curve.keyframe_points.insert(97.0, 3.3)
    assert bpy.ops.zoom_stack.retime(seconds_per_octave=2.0, hold_seconds=1.0) == {"FINISHED"}
    assert frames_of(curve) == pytest.approx([25.0, 121.0, 169.0, 217.0, 313.0], abs=FRAME)


def test_a_shared_action_is_asked_about(bpy: Any, zoom: Any) -> None:
    scene, root, _ = zoom
    (cube,) = adding.add_thing(root, spaces.level_of(root, 2), "CUBE").things
    curve = rolled(cube, 121.0)
    other = bpy.data.objects.new("Other", None)
    scene.collection.objects.link(other)
    other.animation_data_create()
    other.animation_data.action = cube.animation_data.action
    if hasattr(cube.animation_data, "action_slot"):
        other.animation_data.action_slot = cube.animation_data.action_slot
    changed = change(root, per_octave=2.0)
    assert changed.shared == [cube.animation_data.action.name]
    assert frames_of(curve) == [121.0]
    way = replace(retiming.way_of(root), per_octave=1.0)
    way_changes.change_way(root, way)
    way_changes.change_way(root, replace(way, per_octave=2.0), with_shared=True)
    assert frames_of(curve) == pytest.approx([217.0])


def test_strips_are_named(zoom: Any) -> None:
    _, root, _ = zoom
    (cube,) = adding.add_thing(root, spaces.level_of(root, 2), "CUBE").things
    rolled(cube, 121.0)
    action = cube.animation_data.action
    cube.animation_data.nla_tracks.new().strips.new("Strip", 1, action)
    assert change(root, per_octave=2.0).strips == [cube.name]


def test_a_file_of_before_is_as_made(zoom: Any) -> None:
    _, root, _ = zoom
    new = {keys.HOLD_END_SECONDS, keys.EASE_IN, keys.EASE_OUT, keys.DIRECTION, keys.WHOLE_FRAMES}
    assert not new & {*root.keys()}
    assert keying.is_as_made(root)
    assert finding.stops_of(root) == [0.0, 2.0, 4.0, 6.0]


def outside(bpy: Any, scene: Any) -> Any:
    other = bpy.data.objects.new("Other", bpy.data.meshes.new("Other"))
    scene.collection.objects.link(other)
    return other


def test_a_curve_that_something_outside_has_too_becomes_the_zoom_s_own(bpy: Any, zoom: Any) -> None:
    """As after Alt-D: the other one keeps its time."""
    scene, root, cam = zoom
    roll = rolled(cam, 121.0)
    other = outside(bpy, scene)
    other[keys.ZOOM] = 0.0
    other.animation_data_create().action = cam.animation_data.action
    if hasattr(cam.animation_data, "action_slot"):
        other.animation_data.action_slot = cam.animation_data.action_slot
    theirs = camera.zoom_curve(other)
    before = frames_of(theirs)
    assert change(root, per_octave=2.0).shared == []
    assert frames_of(theirs) == before
    assert frames_of(camera.zoom_curve(cam)) == pytest.approx([25.0, 121.0, 217.0, 313.0])
    assert frames_of(next(each for each in fcurves(cam) if each.data_path == ROLL)) == [217.0]
    assert (frames_of(roll), keying.is_as_made(root)) == ([121.0], True)
    other.animation_data.action = cam.animation_data.action
    if hasattr(cam.animation_data, "action_slot"):
        other.animation_data.action_slot = cam.animation_data.action_slot
    way_changes.change_way(root, replace(retiming.way_of(root), per_octave=1.0), with_shared=True)
    assert frames_of(camera.zoom_curve(other)) == pytest.approx(before)
    camera.zoom_curve(cam).keyframe_points[1].co[1] = 3.0
    way_changes.replace_own_curve(root)
    assert camera.zoom_curve(other).keyframe_points[1].co[1] == 3.0
    assert keying.is_as_made(root)


def test_slots_of_one_action_have_times_of_their_own(bpy: Any, zoom: Any) -> None:
    """From 4.4: an action that something outside has another slot of is not shared."""
    scene, root, cam = zoom
    if bpy.app.version < (4, 4, 0):
        pytest.skip("an action has no slots")
    other = outside(bpy, scene)
    theirs = rolled(other, 121.0)
    cam.animation_data.action_slot = None
    cam.animation_data.action = other.animation_data.action
    cam.animation_data.action_slot = cam.animation_data.action.slots.new("OBJECT", "Ours")
    assert not keying.is_as_made(root)
    assert bpy.ops.zoom_stack.replace_own_curve() == {"FINISHED"}
    assert keying.is_as_made(root)
    ours = rolled(cam, 121.0)
    assert change(root, per_octave=2.0).shared == []
    assert (frames_of(ours), frames_of(theirs)) == ([217.0], [121.0])


def test_a_material_that_something_outside_shows_is_shared(bpy: Any, zoom: Any) -> None:
    scene, root, _ = zoom
    (cube,) = adding.add_thing(root, spaces.level_of(root, 2), "CUBE").things
    material = cube.active_material
    material.node_tree.nodes[0].inputs[0].keyframe_insert("default_value", frame=121.0)
    curve = fcurves(material.node_tree)[0]
    other = outside(bpy, scene)
    other.data.materials.append(material)
    action = material.node_tree.animation_data.action.name
    assert change(root, per_octave=2.0).shared == [action]
    assert frames_of(curve) == [121.0]
    bpy.data.objects.remove(other)
    bpy.data.meshes.remove(bpy.data.meshes["Other"])
    assert change(root, per_octave=1.0).shared == []
    assert frames_of(curve) == [pytest.approx(1.0 + 24.0 + 2.0 * 24.0)]


def test_keys_in_a_node_group_go_along_unless_something_outside_has_it(bpy: Any, zoom: Any) -> None:
    scene, root, _ = zoom
    (cube,) = adding.add_thing(root, spaces.level_of(root, 2), "CUBE").things
    group = bpy.data.node_groups.new("Glow", "ShaderNodeTree")
    value = group.nodes.new("ShaderNodeValue").outputs[0]
    value.keyframe_insert("default_value", frame=121.0)
    tree = cube.active_material.node_tree
    tree.nodes.new("ShaderNodeGroup").node_tree = group
    change(root, per_octave=2.0)
    assert frames_of(fcurves(group)[0]) == pytest.approx([217.0])
    other = outside(bpy, scene)
    other.data.materials.append(bpy.data.materials.new("Other"))
    compat.enable_nodes(other.active_material)
    other.active_material.node_tree.nodes.new("ShaderNodeGroup").node_tree = group
    assert change(root, per_octave=1.0).shared == [group.animation_data.action.name]
    assert frames_of(fcurves(group)[0]) == pytest.approx([217.0])


def test_a_rest_that_is_new_takes_along_what_lies_at_its_level(zoom: Any) -> None:
    _, root, cam = zoom
    change(root, hold=0.0, hold_end=0.0)
    curve = rolled(cam, 1.0, 145.0)  # at the first level and at the last
    change(root, hold=2.0, hold_end=1.0)
    assert frames_of(curve) == pytest.approx([49.0, 193.0])
    assert curve.keyframe_points[0].handle_left[0] == pytest.approx(43.0)


def test_another_zoom_on_a_level_has_its_own_time(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    _, root, _ = zoom
    folder = making.plain_stack(tmp_path / "second", 2, 2.0)
    result = importing.import_stack(
        read_stack(folder), importing.ImportOptions(target="THIS_SCENE")
    )
    second, cam = bpy.data.objects[result.root_name], bpy.data.objects[result.camera_name]
    second.parent = spaces.level_of(root, 1)
    curve = rolled(cam, 121.0)
    before = frames_of(camera.zoom_curve(cam))
    change(root, per_octave=2.0)
    assert (frames_of(curve), frames_of(camera.zoom_curve(cam))) == ([121.0], before)


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


@pytest.mark.parametrize("linked", [False, True])
def test_a_duplicate_in_the_same_collection_stays_as_it_is(
    bpy: Any, zoom: Any, linked: bool
) -> None:
    scene, root, cam = zoom
    rolled(cam, 121.0)
    for item in scene.objects:
        item.hide_select = False
        item.select_set(True)
    bpy.ops.object.duplicate(linked=linked)
    (other,) = (each for each in finding.roots_in(scene) if each != root)
    twin = finding.camera_of(other)
    change(root, per_octave=2.0)
    for item, frame, end in ((cam, 217.0, 12.0), (twin, 121.0, 6.0)):
        (roll,) = (each for each in fcurves(item) if each.data_path == ROLL)
        assert frames_of(roll) == pytest.approx([frame])
        assert frames_of(camera.zoom_curve(item))[-1] == pytest.approx(1.0 + 24.0 * (1.0 + end))
    assert keying.is_as_made(root)
    assert keying.is_as_made(other)


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


def test_of_an_action_with_several_slots_each_has_its_own(bpy: Any, zoom: Any) -> None:
    _, root, cam = zoom
    action = cam.animation_data.action
    if not hasattr(action, "slots"):
        pytest.skip("actions have slots from 4.4 on")
    (cube,) = adding.add_thing(root, spaces.level_of(root, 2), "CUBE").things
    cube.animation_data_create().action = action
    cube.animation_data.action_slot = action.slots.new("OBJECT", "Cube")
    curve = rolled(cube, 121.0)
    assert len(action.slots) == 2
    assert [each.data_path for each in fcurves(cube)] == [ROLL]
    change(root, per_octave=2.0)
    assert frames_of(curve) == pytest.approx([217.0])
    assert keying.is_as_made(root)


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


def test_keys_of_another_file_are_copied(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    _, root, cam = zoom
    action = cam.animation_data.action
    slots = hasattr(action, "slots")
    name, file = action.name, str(tmp_path / "action.blend")
    bpy.data.libraries.write(file, {action})
    bpy.data.actions.remove(action)
    with bpy.data.libraries.load(file, link=True) as (_, wanted):
        wanted.actions = [name]
    cam.animation_data.action = wanted.actions[0]
    if slots:
        cam.animation_data.action_slot = wanted.actions[0].slots[0]
    root.zoom_way_speed = 0.5
    assert cam.animation_data.action.library is None
    assert zoom_at(cam, 1.0 + 24.0 + 6 * 24.0) == pytest.approx([3.0])


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
