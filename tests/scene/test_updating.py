"""A zoom takes other levels in place: what the artist made stays, what moves with a level moves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import making
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import Stack, read_stack
from bl_ext.user_default.zoom_stack.scene import finding, importing, keys
from bl_ext.user_default.zoom_stack.scene.camera import zoom_curve
from bl_ext.user_default.zoom_stack.scene.updating import Updated, finish_update, update_steps
from mathutils import Vector

SIDE = 16
HALF = (0.5, 0.5)


def stack_of(
    folder: Path,
    names: str,
    factors: Sequence[float] = (),
    focuses: Sequence[tuple[float, float]] = (),
    loop: bool = False,
    seed: int = 0,
) -> Stack:
    """A stack whose levels are named by letters."""
    folder = folder / f"{names}_{seed}_{len(list(folder.iterdir()))}"
    pictures = [
        making.to_bytes(making.natural(SIDE, SIDE, 100 * seed + ord(name))) for name in names
    ]
    making.write_stack(
        folder, pictures, list(factors) or [2.0] * (len(names) - 1),
        list(focuses) or [HALF] * (len(names) - 1),
    )  # fmt: skip
    file = folder / "stack.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    data |= {"ids": {"zoom": "z", "levels": list(names)}, "loop": loop}
    file.write_text(json.dumps(data), encoding="utf-8")
    return read_stack(folder)


def imported(stack: Stack) -> Any:
    import bpy

    result = importing.import_stack(stack, importing.ImportOptions(target="THIS_SCENE"))
    return bpy.data.objects[result.root_name]


def update(root: Any, stack: Stack) -> Updated:
    import bpy

    name = root.name
    return finish_update(update_steps(lambda: bpy.data.objects.get(name), stack))


def level(root: Any, name: str, lap: int = 0) -> Any:
    found = finding.parts(root, keys.ROLE_LEVEL)
    (one,) = [each for each in found if (each[keys.ID], each[keys.LAP]) == (name, lap)]
    return one


def on_screen(camera: Any, item: Any) -> Vector:
    """Where an object's origin is seen, and how large it is, in widths of the view."""
    import bpy

    bpy.context.view_layer.update()
    seen = camera.matrix_world.normalized().inverted() @ item.matrix_world.translation
    width = camera.data.sensor_width / camera.data.lens * -seen.z
    size = item.matrix_world.to_scale().x
    return Vector((seen.x / width, seen.y / width, size / width))


def attach(bpy: Any, parent: Any, name: str, at: tuple[float, float] = (0.1, 0.2)) -> Any:
    item = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(item)
    item.parent = parent
    item.location = (*at, 0.0)
    return item


def go_to(camera: Any, octaves: float) -> None:
    import bpy

    curve = zoom_curve(camera)
    if curve is not None:
        curve.mute = True
    camera[keys.ZOOM] = octaves
    camera.update_tag()
    bpy.context.view_layer.update()


def dump(bpy: Any, root: Any) -> dict[str, Any]:
    """What an artist may have set, of everything in the file."""
    state: dict[str, Any] = {}
    for item in bpy.data.objects:
        state[item.name] = (
            tuple(item.location), tuple(item.rotation_euler), item.parent and item.parent.name,
            [slot.material and slot.material.name for slot in item.material_slots],
            [tuple(point.co) for curve in curves_of(item) for point in curve.keyframe_points],
        )  # fmt: skip
    scene, camera = bpy.context.scene, finding.camera_of(root)
    state["scene"] = (
        scene.frame_start, scene.frame_end, scene.frame_current, scene.render.resolution_x,
        scene.camera and scene.camera.name, [(m.name, m.frame) for m in scene.timeline_markers],
    )  # fmt: skip
    state["camera"] = (camera.data.lens, camera.data.shift_x)
    state["selected"] = sorted(each.name for each in bpy.context.selected_objects)
    return state


def curves_of(item: Any) -> list[Any]:
    from bl_ext.user_default.zoom_stack.blender.compat import fcurves_of

    return fcurves_of(item)


def shown(root: Any) -> dict[str, str]:
    """The folder of the picture that each level shows."""
    found = {}
    for each in finding.parts(root, keys.ROLE_LEVEL):
        (plane,) = [child for child in each.children if child.get(keys.ROLE) == keys.ROLE_PLANE]
        found[each[keys.ID]] = Path(finding.image_of(plane).filepath).parent.name
    return found


def test_other_pictures_are_all_that_changes(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    camera = finding.camera_of(root)
    camera.data.lens, camera.rotation_euler.z = 35.0, 0.3
    camera.keyframe_insert("rotation_euler", frame=20)
    attach(bpy, level(root, "b"), "Lamp")
    bpy.context.scene.frame_set(33)
    before, objects = dump(bpy, root), {each.session_uid for each in bpy.data.objects}
    fresh = stack_of(tmp_path, "abc", seed=1)
    update(root, fresh)
    assert dump(bpy, root) == before
    assert {each.session_uid for each in bpy.data.objects} == objects
    assert set(shown(root).values()) == {fresh.folder.name}
    assert finding.stack_of(root).folder == fresh.folder
    assert not [each for each in bpy.data.images if keys.DRAFT in each]
    assert not [each for each in bpy.data.collections if keys.DRAFT in each]


@pytest.mark.parametrize("names", ["abxc", "xabc", "abcx", "axbc"])
def test_an_inserted_level_leaves_the_others_what_they_are(
    bpy: Any, tmp_path: Path, names: str
) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    lamp = attach(bpy, level(root, "c"), "Lamp")
    kept = {name: level(root, name).session_uid for name in "abc"}
    camera = finding.camera_of(root)
    go_to(camera, 2.0)
    seen = on_screen(camera, lamp)
    update(root, stack_of(tmp_path, names))
    assert {name: level(root, name).session_uid for name in "abc"} == kept
    assert len(finding.parts(root, keys.ROLE_LEVEL)) == 4
    octaves = finding.octaves_of(root)
    assert octaves == [0.0, 1.0, 2.0, 3.0]
    assert [level(root, name)[keys.INDEX] for name in names] == [0, 1, 2, 3]
    go_to(camera, octaves[names.index("c")])
    assert (on_screen(camera, lamp) - seen).length < 1e-4
    assert {plane.users_collection for plane in finding.parts(root, keys.ROLE_PLANE)} == {
        root.users_collection
    }


def test_keys_that_nobody_touched_are_made_anew(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    scene = bpy.context.scene
    start = scene.frame_start
    from bl_ext.user_default.zoom_stack.scene.frame_range import frames_of
    from bl_ext.user_default.zoom_stack.scene.retiming import present_schedule
    from bl_ext.user_default.zoom_stack.scene.target_scene import set_range

    set_range(scene, frames_of(root))
    update(root, stack_of(tmp_path, "abcd"))
    curve = zoom_curve(finding.camera_of(root))
    assert [point.co[1] for point in curve.keyframe_points] == pytest.approx([0, 1, 2, 3])
    plan = present_schedule(root)
    assert [point.co[0] for point in curve.keyframe_points] == pytest.approx(plan.keys, abs=1e-3)
    assert scene.frame_start == start
    assert scene.frame_end == pytest.approx(plan.end, abs=1)


def test_an_artists_own_keys_show_what_they_showed(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    curve = zoom_curve(finding.camera_of(root))
    curve.keyframe_points[1].interpolation = "BEZIER"
    curve.keyframe_points[1].co = (50.0, 1.5)
    frames = [point.co[0] for point in curve.keyframe_points]
    update(root, stack_of(tmp_path, "xabc", factors=[4.0, 2.0, 2.0]))
    curve = zoom_curve(finding.camera_of(root))
    assert [point.co[0] for point in curve.keyframe_points] == pytest.approx(frames)
    assert [point.co[1] for point in curve.keyframe_points] == pytest.approx([2.0, 3.5, 4.0])
    assert curve.keyframe_points[1].interpolation == "BEZIER"


def test_what_hung_on_a_removed_level_hangs_on_the_wider_one(bpy: Any, tmp_path: Path) -> None:
    focuses = [(0.4, 0.55), (0.6, 0.45)]
    root = imported(stack_of(tmp_path, "abc", focuses=focuses))
    lamp = attach(bpy, level(root, "b"), "Lamp")
    camera = finding.camera_of(root)
    go_to(camera, 2.0)
    seen = on_screen(camera, lamp)
    result = update(root, stack_of(tmp_path, "ac", factors=[4.0], focuses=[(0.45, 0.525)]))
    assert result.moved == ["Lamp"]
    assert lamp.parent == level(root, "a")
    go_to(camera, 2.0)
    assert (on_screen(camera, lamp) - seen).length < 1e-4
    assert len(finding.parts(root, keys.ROLE_PLANE)) == 2


def test_what_hangs_on_a_level_goes_along_with_its_picture(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc", focuses=[(0.5, 0.5), (0.3, 0.6)]))
    lamp = attach(bpy, level(root, "b"), "Lamp")
    camera = finding.camera_of(root)
    go_to(camera, 1.0)
    seen = on_screen(camera, lamp)
    update(root, stack_of(tmp_path, "abc", focuses=[(0.5, 0.5), (0.7, 0.4)]))
    go_to(camera, 1.0)
    assert (on_screen(camera, lamp) - seen).length < 1e-4


def test_levels_that_changed_places(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abcd"))
    lamp = attach(bpy, level(root, "b"), "Lamp")
    camera = finding.camera_of(root)
    go_to(camera, 1.0)
    seen = on_screen(camera, lamp)
    update(root, stack_of(tmp_path, "acbd"))
    assert [each[keys.ID] for each in finding.parts(root, keys.ROLE_LEVEL)] == list("acbd")
    go_to(camera, 2.0)
    assert (on_screen(camera, lamp) - seen).length < 1e-4


def test_a_zoom_becomes_a_loop_and_ends_again(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    update(root, stack_of(tmp_path, "abc", loop=True))
    assert finding.turn_of(root) == pytest.approx(3.0)
    assert level(root, "a", 1)[keys.INDEX] == 3
    curve = zoom_curve(finding.camera_of(root))
    assert [modifier.type for modifier in curve.modifiers] == ["CYCLES"]
    update(root, stack_of(tmp_path, "abc"))
    assert finding.turn_of(root) is None
    assert len(finding.parts(root, keys.ROLE_LEVEL)) == 3
    curve = zoom_curve(finding.camera_of(root))
    assert len(curve.modifiers) == 0
    assert [point.co[1] for point in curve.keyframe_points] == pytest.approx([0, 1, 2])


def test_an_update_that_ends_early_leaves_nothing(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    before = dump(bpy, root)
    images = set(bpy.data.images)
    steps = update_steps(lambda: root, stack_of(tmp_path, "abxyc"))
    for _ in range(7):
        next(steps)
    assert len(finding.parts(root, keys.ROLE_LEVEL)) == 3
    steps.close()
    assert dump(bpy, root) == before
    assert set(bpy.data.images) == images


def test_levels_are_not_dragged_by_accident(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    assert not finding.are_selectable(root)
    assert not root.hide_select
    assert not finding.camera_of(root).hide_select
    bpy.ops.zoom_stack.lock_levels()
    assert all(not item.hide_select for item in finding.fixed_parts(root))
    update(root, stack_of(tmp_path, "abcd"))
    assert all(not item.hide_select for item in finding.fixed_parts(root))
    bpy.ops.zoom_stack.lock_levels()
    update(root, stack_of(tmp_path, "abcde"))
    assert not finding.are_selectable(root)


def test_names_follow_the_places_and_an_artists_own_stay(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    level(root, "c").name = "My Planet"
    update(root, stack_of(tmp_path, "axbc"))
    names = [each.name for each in finding.parts(root, keys.ROLE_LEVEL)]
    assert names == ["Level 01", "Level 02", "Level 03", "My Planet"]
    planes = [each.name for each in finding.parts(root, keys.ROLE_PLANE)]
    assert planes == [f"Level {n:02d} Picture" for n in (1, 2, 3, 4)]


def test_what_hangs_on_a_picture_stays_where_it_is_seen(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc", focuses=[(0.4, 0.55), (0.6, 0.45)]))
    (plane,) = [each for each in level(root, "b").children if each.get(keys.ROLE) == "plane"]
    lamp, copy = attach(bpy, plane, "Lamp"), plane.copy()
    bpy.context.scene.collection.objects.link(copy)
    camera = finding.camera_of(root)
    go_to(camera, 2.0)
    seen = on_screen(camera, lamp)
    result = update(root, stack_of(tmp_path, "ac", factors=[4.0], focuses=[(0.45, 0.525)]))
    assert "Lamp" in result.moved
    go_to(camera, 2.0)
    assert (on_screen(camera, lamp) - seen).length < 1e-4
    assert copy.data is not None, "a copy shares the mesh"


def test_nothing_stays_and_what_hung_there_is_still_in_the_zoom(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    lamp = attach(bpy, level(root, "b"), "Lamp")
    update(root, stack_of(tmp_path, "xyz"))
    assert lamp.parent == finding.part(root, keys.ROLE_WORLD)


def test_an_artists_material_is_not_given_a_border(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    (plane,) = [each for each in level(root, "b").children if each.get(keys.ROLE) == "plane"]
    tree = plane.active_material.node_tree
    emission = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeEmission")
    output = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial")
    tree.links.new(emission.outputs[0], output.inputs["Surface"])
    for node in list(tree.nodes):
        if node.bl_idname in {"ShaderNodeMixShader", "ShaderNodeGroup"}:
            tree.nodes.remove(node)
    count = len(tree.nodes)
    update(root, stack_of(tmp_path, "abc", seed=3))
    assert len(tree.nodes) == count
    bare = bpy.data.materials.new("Bare")
    plane.data.materials[0] = bare
    update(root, stack_of(tmp_path, "xabc"))
    assert plane.active_material == bare


def test_things_do_not_drift_where_the_picture_was_deleted(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc", focuses=[(0.4, 0.55), (0.6, 0.45)]))
    (plane,) = [each for each in level(root, "b").children if each.get(keys.ROLE) == "plane"]
    bpy.data.objects.remove(plane)
    lamp = attach(bpy, level(root, "b"), "Lamp")
    before = lamp.matrix_world.copy()
    for seed in (1, 2):
        update(root, stack_of(tmp_path, "abc", focuses=[(0.4, 0.55), (0.6, 0.45)], seed=seed))
    bpy.context.view_layer.update()
    assert (lamp.matrix_parent_inverse.translation).length < 1e-6
    assert before is not None


def test_a_zoom_that_hangs_on_a_level_is_left_alone(bpy: Any, tmp_path: Path) -> None:
    root = imported(stack_of(tmp_path, "abc"))
    inner = imported(stack_of(tmp_path, "pqrst"))
    inner.parent = level(root, "b")
    update(root, stack_of(tmp_path, "abcd"))
    assert [each[keys.ID] for each in finding.parts(inner, keys.ROLE_LEVEL)] == list("pqrst")
    assert [each[keys.ID] for each in finding.parts(root, keys.ROLE_LEVEL)] == list("abcd")
