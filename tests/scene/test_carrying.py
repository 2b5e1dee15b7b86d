"""Another way for the camera takes along what hangs on the zoom, and leaves what does not."""

from __future__ import annotations

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
from zooms import change, fcurves_of, frames_of, rolled, timed_loop, timed_zoom, zoom_at

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


def cyclic(item: Any, start: float, turn: float, *values: float) -> Any:
    """Straight keys of the artist's, so many a turn, again and again."""
    for number, value in enumerate([*values, values[0]]):
        item.rotation_euler[2] = value
        item.keyframe_insert(ROLL, index=2, frame=start + turn * number / len(values))
    curve = next(each for each in fcurves_of(item) if each.data_path == ROLL)
    for point in curve.keyframe_points:
        point.interpolation = "LINEAR"
    curve.modifiers.new("CYCLES")
    curve.update()
    return curve


def outside(bpy: Any, scene: Any) -> Any:
    other = bpy.data.objects.new("Other", bpy.data.meshes.new("Other"))
    scene.collection.objects.link(other)
    return other


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
        assert frames_of(fcurves_of(owner)[0]) == pytest.approx([new]), owner
    # From 4.4 an object and its data share an action.
    assert [curve.data_path for curve in fcurves_of(cam.data)] == ["lens"]
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
    root.zoom_way_speed = 0.5  # a value in the panel reports nothing: the panel does
    assert root[keys.LEFT_BEHIND] == f"Left as they are: NLA strips of {cube.name}"
    cube.animation_data.nla_tracks.remove(cube.animation_data.nla_tracks[0])
    root.zoom_way_speed = 1.0
    assert not root[keys.LEFT_BEHIND]


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
    assert frames_of(next(each for each in fcurves_of(cam) if each.data_path == ROLL)) == [217.0]
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
    curve = fcurves_of(material.node_tree)[0]
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
    assert frames_of(fcurves_of(group)[0]) == pytest.approx([217.0])
    other = outside(bpy, scene)
    other.data.materials.append(bpy.data.materials.new("Other"))
    compat.enable_nodes(other.active_material)
    other.active_material.node_tree.nodes.new("ShaderNodeGroup").node_tree = group
    assert change(root, per_octave=1.0).shared == [group.animation_data.action.name]
    assert frames_of(fcurves_of(group)[0]) == pytest.approx([217.0])


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
        (roll,) = (each for each in fcurves_of(item) if each.data_path == ROLL)
        assert frames_of(roll) == pytest.approx([frame])
        assert frames_of(camera.zoom_curve(item))[-1] == pytest.approx(1.0 + 24.0 * (1.0 + end))
    assert keying.is_as_made(root)
    assert keying.is_as_made(other)


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
    assert [each.data_path for each in fcurves_of(cube)] == [ROLL]
    change(root, per_octave=2.0)
    assert frames_of(curve) == pytest.approx([217.0])
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
