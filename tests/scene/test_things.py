"""Things on levels look alike at every scale, come and go by magnification, and come off again."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.blender import compat
from bl_ext.user_default.zoom_stack.engine.contract.errors import ZoomStackError
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import (
    adding,
    fading,
    finding,
    hanging,
    keys,
    ranges,
    spaces,
)
from bl_ext.user_default.zoom_stack.scene.attaching import Fit, attach, detach
from bl_ext.user_default.zoom_stack.scene.naming import name_zoom
from bl_ext.user_default.zoom_stack.scene.updating import finish_update, update_steps
from judging import in_frame, load, set_zoom, show
from mathutils import Vector
from zooms import zoom_of

from devtools import rendering

PIXEL = 1e-3  # of a frame 1000 wide
DISTANCE = 50.0 / 36.0  # of the camera from a level that fills its frame, in the level's widths


@pytest.fixture
def zoom(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    """Five levels, off centre, in which the world grows."""
    return zoom_of(making.plain_stack(tmp_path / "stack", 5, 2.0, (0.4, 0.55)))


@pytest.fixture
def loop(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    pictures = [np.full((8, 8, 3), 40 * number, np.uint8) for number in range(3)]
    folder = making.write_loop(tmp_path / "loop", pictures, [2.0] * 3, [(0.5, 0.5)] * 3)
    return zoom_of(folder)


def cube_in(scene: Any, name: str = "Box", size: float = 2.0) -> Any:
    """A cube of the artist's somewhere in the scene, with a material."""
    thing = adding._make("CUBE", "")
    thing.name = name
    thing.location = (3.0, -2.0, 5.0)
    thing.scale = (size / 2.0,) * 3
    scene.collection.objects.link(thing)
    show(scene)
    return thing


def expected_cube(share: float = 0.25) -> np.ndarray:
    """The extremes of a cube in the middle of a frame, its back on the picture."""
    half = share / 2.0 * DISTANCE / (DISTANCE - share)
    return np.array([[-half, -half], [half, half]])


def extremes(points: np.ndarray) -> np.ndarray:
    return np.array([points.min(0), points.max(0)])


@pytest.mark.parametrize(("rig", "levels"), [("CAMERA", (2, 8, 16)), ("WORLD", (2, 8, 16, 30, 60))])
def test_a_cube_has_one_rectangle_and_one_look_on_every_level(
    bpy: Any, tmp_path: Path, rig: str, levels: tuple[int, ...]
) -> None:
    count = max(levels) + 1
    black = [np.zeros((4, 4, 3), np.uint8)] * count  # light of its own would differ
    folder = making.write_stack(tmp_path / "stack", black, [2.0] * (count - 1))
    scene, camera, root = zoom_of(folder, rig)
    set_zoom(camera, 7.3)  # an attaching far from the level's own zoom
    for level in levels:
        thing = cube_in(scene, f"Box {level}")
        attached = attach(root, spaces.level_of(root, level), [thing])
        assert tuple(attached.size) == pytest.approx((0.25,) * 3, abs=1e-6)
        ranges.give_range(root, thing, -0.5, 0.5, 0.0)
        assert np.isfinite(np.array(thing.matrix_world)).all()
    assert camera[keys.ZOOM] == pytest.approx(7.3)
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.rotation_euler = (0.9, 0.2, 0.3)
    scene.collection.objects.link(sun)
    names = (scene.name, camera.name, root.name)
    looks = seen(bpy, names, levels, tmp_path)
    assert looks[0].max() > 150
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "zoom.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "zoom.blend"), use_scripts=False)
    looks += seen(bpy, names, levels, tmp_path)
    if rig == "WORLD":
        levels = tuple(level for level in levels if level < 20)
    root = bpy.data.objects[names[2]]
    root[keys.TRAVEL] = 1.0 - root[keys.TRAVEL]
    root.update_tag()
    looks += seen(bpy, names, levels, tmp_path)
    for look in looks[1:]:
        assert np.abs(look.astype(int) - looks[0]).max() <= 1


def seen(
    bpy: Any, names: tuple[str, str, str], levels: tuple[int, ...], folder: Path
) -> list[np.ndarray]:
    """The frames in which each level fills the view; its cube's rectangle is checked."""
    scene, camera = bpy.data.scenes[names[0]], bpy.data.objects[names[1]]
    rendering.prepare_render(scene, rendering.CYCLES, (32, 32), 1, 0.01)
    looks = []
    for level in levels:
        set_zoom(camera, float(level))
        found = extremes(in_frame(scene, camera, bpy.data.objects[f"Box {level}"]))
        assert found == pytest.approx(expected_cube(), abs=PIXEL / 10), level
        rendering.render_picture(scene, folder / "look.png")
        looks.append(load(folder / "look.png"))
    return looks


@pytest.mark.parametrize("engine", [rendering.CYCLES, rendering.EEVEE])
def test_things_stand_before_the_planes_and_fade_over_them(
    bpy: Any, tmp_path: Path, engine: str
) -> None:
    pictures = [np.full((8, 8, 3), value, np.uint8) for value in (40, 90, 140, 190)]
    folder = making.write_stack(tmp_path / "stack", pictures, [2.0] * 3)
    scene, camera, root = zoom_of(folder)
    shade = bpy.data.images.new("Shade", 4, 4)
    shade.generated_color = (0.0, 0.0, 0.0, 1.0)
    added = adding.add_thing(root, spaces.level_of(root, 1), "IMAGE", "Shade", share=0.5)
    (thing,) = added.things
    ranges.give_range(root, thing, -1.0, 2.0, 1.0)
    rendering.prepare_render(scene, engine, (16, 16), 16)

    def at(octaves: float) -> tuple[int, int]:
        """The values in the middle and beside the thing."""
        set_zoom(camera, octaves)
        rendering.render_picture(scene, tmp_path / "frame.png")
        frame = load(tmp_path / "frame.png")
        return int(frame[7, 7, 0]), int(frame[7, 1, 0])

    assert at(1.0) == (0, pytest.approx(90, abs=2))
    middle, _ = at(0.5)  # it fades in over the level before
    assert 10 < middle < 90


def test_what_flies_in_front_view_and_what_lies_both_face_the_camera(zoom: Any) -> None:
    scene, camera, root = zoom
    level = spaces.level_of(root, 2)
    (plane,) = adding.add_thing(root, level, "PLANE").things
    lying = plane.copy()
    scene.collection.objects.link(lying)
    detach(root, lying)
    lying.matrix_basis.identity()
    standing = lying.copy()
    standing.rotation_euler = (math.pi / 2, 0.0, 0.0)
    scene.collection.objects.link(standing)
    show(scene)
    set_zoom(camera, 2.0)
    for thing, facing in ((lying, "AUTO"), (standing, "AUTO"), (lying, "TOP"), (standing, "FRONT")):
        attach(root, level, [thing], Fit(facing=facing))
        found = extremes(in_frame(scene, camera, thing))
        assert found == pytest.approx(np.array([[-0.125] * 2, [0.125] * 2]), abs=1e-4), facing
        detach(root, thing)
        thing.matrix_basis = standing.matrix_basis if thing == standing else thing.matrix_basis
        thing.location, thing.scale = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
        thing.rotation_euler = (math.pi / 2 if thing == standing else 0.0, 0.0, 0.0)
        show(scene)


def test_the_focus_is_where_the_next_level_lies(zoom: Any) -> None:
    scene, camera, root = zoom
    (thing,) = adding.add_thing(
        root, spaces.level_of(root, 1), "PLANE", place="FOCUS", share=0.1
    ).things
    set_zoom(camera, 1.0)
    middle = in_frame(scene, camera, thing).mean(0)
    assert middle == pytest.approx((-0.1, -0.05), abs=1e-4)
    (thing,) = adding.add_thing(
        root, spaces.level_of(root, 4), "PLANE", place="FOCUS", share=0.1
    ).things
    set_zoom(camera, 4.0)
    assert in_frame(scene, camera, thing).mean(0) == pytest.approx((0.0, 0.0), abs=1e-4)


@pytest.mark.parametrize("travels", [0.0, 1.0])
def test_the_cursor_is_meant_where_the_camera_sees_it(zoom: Any, travels: float) -> None:
    scene, camera, root = zoom
    root[keys.TRAVEL] = travels
    root.update_tag()
    set_zoom(camera, 1.5)
    graph = show(scene)
    matrix = camera.evaluated_get(graph).matrix_world
    # A tenth of the frame to the right and up, halfway to the picture.
    half = DISTANCE / 2.0
    scene.cursor.location = matrix @ _vector(0.05, 0.05, -half)
    level = spaces.level_of(root, 1)
    (thing,) = adding.add_thing(root, level, "PLANE", place="CURSOR", share=0.05).things
    set_zoom(camera, 1.5)
    assert in_frame(scene, camera, thing).mean(0) == pytest.approx((0.1, 0.1), abs=1e-3)
    scene.cursor.location = (50.0, 0.0, 0.0)
    before = len(scene.collection.all_objects)
    with pytest.raises(ZoomStackError, match="does not see the 3D cursor before level 2"):
        adding.add_thing(root, level, "PLANE", place="CURSOR")
    assert len(scene.collection.all_objects) == before


def _vector(*values: float) -> Any:
    return Vector(values)


def test_what_hangs_on_a_thing_comes_along_and_a_parent_does_not(bpy: Any, zoom: Any) -> None:
    scene, camera, root = zoom
    holder, thing, child = cube_in(scene, "Holder"), cube_in(scene), cube_in(scene, "Child")
    thing.parent, child.parent = holder, thing
    child.location = (2.0, 0.0, 0.0)
    show(scene)
    attached = attach(root, spaces.level_of(root, 1), [thing, child])
    assert (attached.things, attached.parted) == ([thing], [thing])
    assert child.parent == thing
    assert holder.parent is None
    # Three cubes wide, with the child's half as long again on one side.
    assert attached.size.x == pytest.approx(0.25)
    set_zoom(camera, 1.0)
    both = np.concatenate([in_frame(scene, camera, each) for each in (thing, child)])
    assert extremes(both)[:, 0] == pytest.approx([-0.125 * 1.0, 0.125 * 1.0], abs=0.02)


def test_what_deforms_a_thing_comes_along(bpy: Any, zoom: Any) -> None:
    scene, _, root = zoom
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    scene.collection.objects.link(rig)
    thing = cube_in(scene)
    thing.parent = rig
    thing.modifiers.new("Armature", "ARMATURE").object = rig
    attached = attach(root, spaces.level_of(root, 1), [thing])
    assert attached.things == [rig]
    assert thing.parent == rig


def test_keys_stay_and_move_in_the_levels_scale(zoom: Any) -> None:
    scene, camera, root = zoom
    thing = cube_in(scene)
    for frame, x in ((1, 3.0), (11, 7.0)):
        thing.location.x = x
        thing.keyframe_insert("location", index=0, frame=frame)
    scene.frame_set(1)
    attach(root, spaces.level_of(root, 2), [thing])
    set_zoom(camera, 2.0)
    ends = []
    for frame in (1, 11):
        scene.frame_set(frame)
        set_zoom(camera, 2.0)
        ends.append(extremes(in_frame(scene, camera, thing))[1][0])
    # Four units of a cube that is two wide: twice its width.
    wide = 2.0 * 0.25 * DISTANCE / (DISTANCE - 0.25)
    assert ends[1] - ends[0] == pytest.approx(wide, abs=PIXEL)
    where = thing.matrix_world.copy()
    detach(root, thing)
    show(scene)
    assert thing.parent.name == "Box Place"
    assert np.array(thing.matrix_world) == pytest.approx(np.array(where), abs=1e-5)


@pytest.mark.parametrize("travels", [0.0, 1.0])
def test_detached_things_stay_where_they_are_seen(zoom: Any, travels: float) -> None:
    scene, camera, root = zoom
    root[keys.TRAVEL] = travels
    root.update_tag()
    set_zoom(camera, 2.4)
    thing = cube_in(scene)
    attach(root, spaces.level_of(root, 3), [thing])
    show(scene)
    seen_before = in_frame(scene, camera, thing)
    for _ in range(2):
        detach(root, thing)
    assert thing.parent is None
    assert in_frame(scene, camera, thing) == pytest.approx(seen_before, abs=1e-5)
    attach(root, spaces.level_of(root, 1), [thing], Fit(place="STAY"))
    assert in_frame(scene, camera, thing) == pytest.approx(seen_before, abs=1e-5)
    attach(root, spaces.level_of(root, 4), [thing], Fit(place="STAY"))
    assert in_frame(scene, camera, thing) == pytest.approx(seen_before, abs=1e-5)


def test_parts_bearers_and_linked_zooms_are_refused(bpy: Any, zoom: Any) -> None:
    scene, camera, root = zoom
    bearer = cube_in(scene, "Bearer")
    root.parent = bearer
    level = spaces.level_of(root, 1)
    with pytest.raises(ZoomStackError, match="None of these objects"):
        attach(root, level, [camera, root, level, bearer])


def test_a_range_hides_and_fades_by_magnification(zoom: Any) -> None:
    scene, camera, root = zoom
    thing, child = cube_in(scene), cube_in(scene, "Child")
    child.parent = thing
    attach(root, spaces.level_of(root, 2), [thing])
    assert ranges.give_range(root, thing, -1.0, 1.5, 0.5) == []
    for zoom_at, opacity in ((0.9, None), (1.0, 0.0), (1.25, 0.5), (2.0, 1.0), (3.4, 0.2)):
        set_zoom(camera, zoom_at)
        graph = show(scene)
        for item in (thing, child):
            state = item.evaluated_get(graph)
            hidden = opacity is None
            assert state.hide_render == state.hide_viewport == hidden, zoom_at
            if opacity is not None:
                assert state.color[3] == pytest.approx(opacity, abs=1e-5), zoom_at
    thing[keys.VISIBLE_FROM] = -2.0
    thing.update_tag()
    set_zoom(camera, 0.9)
    assert not thing.evaluated_get(show(scene)).hide_render
    ranges.drop_range(thing)
    set_zoom(camera, 9.0)
    graph = show(scene)
    assert not child.evaluated_get(graph).hide_render
    assert child.evaluated_get(graph).color[3] == 1.0
    assert not ranges.has_range(thing)


def test_an_artists_own_visibility_stays(zoom: Any) -> None:
    scene, _, root = zoom
    thing = cube_in(scene)
    thing.keyframe_insert("hide_render", frame=1)
    attach(root, spaces.level_of(root, 2), [thing])
    assert ranges.give_range(root, thing, -1.0, 1.0, 0.0) == [thing.name]
    driven = [curve.data_path for curve in thing.animation_data.drivers]
    assert sorted(driven) == ["color", "hide_viewport"]


def test_what_the_artist_has_hidden_stays_hidden(bpy: Any, zoom: Any) -> None:
    scene, _, root = zoom
    (thing,) = adding.add_thing(root, spaces.level_of(root, 1), "CUBE").things
    cutter = bpy.data.objects.new("Cutter", None)
    cutter.parent, cutter.hide_render = thing, True
    scene.collection.objects.link(cutter)
    assert ranges.give_range(root, thing, -1.0, 100.0, 0.0) == ["Cutter"]
    graph = show(scene)
    assert cutter.evaluated_get(graph).hide_render
    assert not cutter.evaluated_get(graph).hide_viewport
    ranges.drop_range(thing)
    assert cutter.hide_render


def test_the_default_range_ends_before_the_camera_comes_into_the_thing(zoom: Any) -> None:
    _, _, root = zoom
    start, end = ranges.default_range(root, spaces.level_of(root, 2), _vector(0.25, 0.25, 0.25))
    assert start == pytest.approx(-1.0)
    assert DISTANCE * 2.0**-end > 0.25 * 1.4
    assert ranges.default_range(root, spaces.level_of(root, 0), _vector(0.5, 0.1, 0.0)) == (
        -ranges.ENDLESS,
        pytest.approx(2.0),
    )


def test_drivers_are_simple_ones(zoom: Any) -> None:
    _, _, root = zoom
    (thing,) = adding.add_thing(root, spaces.level_of(root, 2), "MONKEY").things
    ranges.give_range(root, thing, -1.0, 1.0, 0.5)
    drivers = [curve.driver for curve in thing.animation_data.drivers]
    assert len(drivers) == 3
    assert all(driver.is_simple_expression and driver.is_valid for driver in drivers)


def test_fading_is_mixed_in_once_and_only_where_asked(bpy: Any, zoom: Any) -> None:
    scene, _, root = zoom
    thing = cube_in(scene)
    own = bpy.data.materials.new("Own")
    compat.enable_nodes(own)
    thing.material_slots[0].material = own
    attach(root, spaces.level_of(root, 2), [thing])
    count = len(own.node_tree.nodes)
    assert fading.add_fade(thing) == fading.add_fade(thing) == []
    assert len(own.node_tree.nodes) == count + 3
    bare = bpy.data.objects.new("Bare", bpy.data.meshes.new("Bare"))
    scene.collection.objects.link(bare)
    assert fading.add_fade(bare) == []
    assert fading.fades(bare.active_material)
    own.node_tree.nodes.clear()
    assert fading.add_fade(thing) == ["Own"]


def test_a_loop_shows_a_thing_wherever_it_shows_its_level(bpy: Any, loop: Any) -> None:
    scene, camera, root = loop
    thing, child = cube_in(scene), cube_in(scene, "Child")
    child.parent, child.location = thing, (0.0, 0.0, 2.0)
    show(scene)
    attach(root, spaces.level_of(root, 0), [thing], Fit(share=0.4))
    ranges.give_range(root, thing, -1.0, 1.0, 0.0)
    again = spaces.twins_of(thing)
    assert len(again) == len([e for e in finding.parts(root, "level") if e.get(keys.LAP) == 1])
    assert [number for number, _ in hanging.things_of(root)] == [0]
    thing.location.x += 0.5  # a twin goes where its thing goes
    set_zoom(camera, 0.2)
    first = in_frame(scene, camera, thing)
    set_zoom(camera, finding.turn_of(root) + 0.2)
    assert in_frame(scene, camera, again[0]) == pytest.approx(first, abs=1e-5)
    graph = show(scene)
    assert thing.evaluated_get(graph).hide_render
    assert not again[0].evaluated_get(graph).hide_render
    thing[keys.VISIBLE_FROM] = 0.5  # a twin is seen in its thing's range, changed or dropped
    thing.update_tag()
    assert again[0].evaluated_get(show(scene)).hide_render
    ranges.drop_range(thing)
    assert not again[0].evaluated_get(show(scene)).hide_render
    assert len(spaces.twins_of(child)) == len(again)
    detach(root, thing)
    assert not [item for item in bpy.data.objects if keys.TWIN_OF in item]


def test_an_update_takes_things_ranges_and_all_along(bpy: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "old", 4, 2.0)
    scene, camera, root = zoom_of(folder)
    ids = name_zoom(root)
    (thing,) = adding.add_thing(root, spaces.level_of(root, 3), "CUBE").things
    ranges.give_range(root, thing, -0.5, 0.5, 0.0)
    longer = read_stack(making.plain_stack(tmp_path / "new", 4, 4.0))
    finish_update(update_steps(lambda: root, replace(longer, ids=ids)))
    assert finding.octaves_of(root)[3] == pytest.approx(6.0)
    set_zoom(camera, 6.0)
    found = extremes(in_frame(scene, camera, thing))
    assert found == pytest.approx(expected_cube(), abs=PIXEL / 10)
    assert not thing.evaluated_get(show(scene)).hide_render
    set_zoom(camera, 3.0)
    assert thing.evaluated_get(show(scene)).hide_render


def test_an_update_leaves_what_is_right_alone(bpy: Any, zoom: Any) -> None:
    _, _, root = zoom
    level = spaces.level_of(root, 3)
    (thing,) = adding.add_thing(root, level, "CUBE").things
    ranges.give_range(root, thing, -0.5, 0.5, 0.0)
    assert ranges.reads(thing, level)
    other = spaces.level_of(root, 4)
    thing.parent = other
    assert not ranges.reads(thing, other)
    hanging.follow_levels(root)
    assert ranges.reads(thing, other)


def test_what_is_refused_leaves_nothing(bpy: Any, zoom: Any) -> None:
    scene, _, root = zoom
    scene.cursor.location = (0.0, 1e3, 0.0)  # behind the picture
    kinds = ("objects", "meshes", "materials", "curves", "lights")
    before = {kind: len(getattr(bpy.data, kind)) for kind in kinds}
    for kind in ("CUBE", "TEXT", "POINT"):
        with pytest.raises(ZoomStackError, match="3D cursor"):
            adding.add_thing(root, spaces.level_of(root, 3), kind, place="CURSOR")
    assert {kind: len(getattr(bpy.data, kind)) for kind in kinds} == before


def test_a_zoom_takes_no_instance_of_itself(bpy: Any, zoom: Any) -> None:
    scene, _, root = zoom
    outer = bpy.data.collections.new("Outer")
    empty = bpy.data.objects.new("Empty", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", root.users_collection[0]
    outer.objects.link(empty)
    count = len(bpy.data.objects)
    for source in (root.users_collection[0].name, "Outer"):
        with pytest.raises(ZoomStackError, match="without end"):
            adding.add_thing(root, spaces.level_of(root, 1), "COLLECTION", source)
    scene.collection.objects.link(empty)
    with pytest.raises(ZoomStackError, match="None of these objects"):
        attach(root, spaces.level_of(root, 1), [empty])
    assert len(bpy.data.objects) == count
    other = bpy.data.collections.new("Other")
    scene.collection.children.link(other)
    scene.collection.objects.link(root)  # in the scene's own collection too
    adding.add_thing(root, spaces.level_of(root, 1), "COLLECTION", "Other")
    assert len(bpy.data.objects) == count + 1
