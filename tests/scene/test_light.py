"""Levels that take light and shadow, the sun that leaves them as they are, lamps at every scale."""

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
from bl_ext.user_default.zoom_stack.engine.contract.ids import new_id
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import (
    adding,
    catcher,
    finding,
    hanging,
    importing,
    keys,
    lighting,
    ranges,
    receiving,
    spaces,
    sun,
)
from bl_ext.user_default.zoom_stack.scene.attaching import Fit, attach, detach
from bl_ext.user_default.zoom_stack.scene.naming import name_zoom
from bl_ext.user_default.zoom_stack.scene.updating import finish_update, update_steps
from judging import load, set_zoom, show
from zooms import zoom_of

from devtools import rendering

SIZE = (96, 54)
SAME = 2  # of 255
SCALES = (2, 8, 16)  # levels, which are the view at as many octaves


def pictures(count: int) -> list[Any]:
    return [making.to_bytes(making.natural(64, 36, seed)) for seed in range(count)]


@pytest.fixture
def deep(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    """18 levels, factor 2, all alike and grey, in which the world grows."""
    grey = np.full((9, 16, 3), 128, np.uint8)
    return zoom_of(making.write_stack(tmp_path / "deep", [grey] * 18))


@pytest.fixture
def small(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    """Three levels with pictures, in which the camera travels."""
    return zoom_of(making.write_stack(tmp_path / "small", pictures(3)), rig="CAMERA")


def rendered(scene: Any, engine: str, folder: Path, samples: int = 1) -> Any:
    """The present frame in bytes, with shadows."""
    rendering.prepare_render(scene, engine, SIZE, samples)
    scene.eevee.use_shadows = True
    rendering.render_picture(scene, folder / "frame.png")
    return load(folder / "frame.png").astype(int)


def nodes_of(root: Any) -> list[Any]:
    """What the materials of all levels are made of."""
    return [
        (
            sorted(node.bl_idname for node in tree.nodes),
            sorted(f"{link.from_socket.name}-{link.to_node.bl_idname}" for link in tree.links),
            sorted(curve.data_path for curve in tree.animation_data.drivers)
            if tree.animation_data
            else [],
        )
        for tree in (p.active_material.node_tree for p in finding.parts(root, keys.ROLE_PLANE))
    ]


@pytest.mark.parametrize("engine", [rendering.CYCLES, rendering.EEVEE])
def test_lit_places_keep_the_picture(small: Any, engine: str, tmp_path: Path) -> None:
    scene, camera, root = small
    set_zoom(camera, 1.3)
    # Cycles chooses by chance between a lit picture and what shines through its fade.
    samples = 256 if engine == rendering.CYCLES else 1
    plain, nodes = rendered(scene, engine, tmp_path, samples), nodes_of(root)
    sun.set_up_light(root, scene, [0, 1, 2], math.radians(30.0), 1.0)
    level = spaces.level_of(root, 1)
    level[keys.RECEIVES_LIGHT] = 0.5
    assert np.abs(rendered(scene, engine, tmp_path, samples) - plain).max() <= SAME
    for number in range(3):
        receiving.set_receives_light(root, number, 0.0)
    assert nodes_of(root) == nodes
    assert np.array_equal(rendered(scene, engine, tmp_path, samples), plain)


@pytest.mark.parametrize("engine", [rendering.CYCLES, rendering.EEVEE])
def test_a_shadow_is_darker_by_half_at_every_scale(deep: Any, engine: str, tmp_path: Path) -> None:
    scene, camera, root = deep
    sun.set_up_light(root, scene, list(SCALES))  # each material that is lit takes EEVEE a while
    for number in SCALES:
        (cube,) = adding.add_thing(root, spaces.level_of(root, number), "CUBE").things
        ranges.give_range(root, cube, -1.0, 1.0, 0.0)
    for number in SCALES:
        set_zoom(camera, float(number))
        picture = rendered(scene, engine, tmp_path, samples=1)[..., 1]
        # The light comes from the upper left: the shadow lies to the lower right of the cube.
        beside, shaded = picture[27, 12], picture[36, 63]
        assert abs(beside - 128) <= SAME
        assert shaded < beside / 2


def test_the_sun_makes_up_for_its_angle_however_it_is_turned(small: Any) -> None:
    scene, _, root = small
    lamp = sun.set_up_light(root, scene, [0]).sun
    for turned in ((0.3, 0.0, 2.0), (-0.7, 0.5, 0.0), (0.0, 1.0, 5.0)):
        lamp.rotation_euler = turned
        lamp.update_tag()
        seen = lamp.evaluated_get(show(scene))
        normal = root.matrix_world.to_3x3().col[2]
        cosine = seen.matrix_world.to_3x3().col[2].normalized().dot(normal)
        assert seen.data.energy * cosine == pytest.approx(math.pi, rel=1e-5)
    lamp.rotation_euler = (math.radians(89.9), 0.0, 0.0)  # it grazes: the strength ends
    lamp.update_tag()
    strongest = math.pi / math.cos(sun.GRAZING)
    assert lamp.evaluated_get(show(scene)).data.energy == pytest.approx(strongest, rel=1e-5)


def test_light_goes_and_gives_the_world_back(bpy: Any, small: Any) -> None:
    scene, _, root = small
    scene.world = bpy.data.worlds.new("Mine")
    scene.world.color = (0.2, 0.3, 0.4)
    there = {each.name for each in (*bpy.data.objects, *bpy.data.lights, *bpy.data.worlds)}
    nodes = nodes_of(root)
    for _ in range(2):  # again to change it
        notes = sun.set_up_light(root, scene, [0, 2]).notes
    assert sun.has_black_world(scene)
    assert receiving.lit_levels(root) == [0, 2]
    assert not any("The world is black" in note for note in notes)
    sun.remove_light(root, scene)
    assert scene.world.name == "Mine"
    assert nodes_of(root) == nodes
    assert {each.name for each in (*bpy.data.objects, *bpy.data.lights, *bpy.data.worlds)} == there
    assert not {keys.SUN, keys.WORLD_BEFORE} & {*root.keys(), *scene.keys()}
    assert sun.remove_light(root, scene) == []


def test_an_animated_share_stays_until_it_is_stopped(small: Any) -> None:
    _, _, root = small
    receiving.set_receives_light(root, 1, 0.5)
    level = spaces.level_of(root, 1)
    level.keyframe_insert(keys.path_to(keys.RECEIVES_LIGHT), frame=1)
    receiving.set_receives_light(root, 1, 0.0)
    assert receiving.receives_light(root, 1) == 0.0
    assert receiving.lit_levels(root) == [1]
    receiving.stop_receiving(root, 1)
    assert receiving.lit_levels(root) == []


def test_an_own_material_is_refused(bpy: Any, small: Any) -> None:
    _, _, root = small
    plane = finding.parts(root, keys.ROLE_PLANE)[1]
    plane.active_material = bpy.data.materials.new("Mine")
    with pytest.raises(ZoomStackError, match=r"level 2 .* is one of your own"):
        receiving.set_receives_light(root, 1, 1.0)
    assert keys.RECEIVES_LIGHT not in spaces.level_of(root, 1)


def test_two_zooms_that_face_alike_share_a_sun(bpy: Any, small: Any, tmp_path: Path) -> None:
    scene, _, root = small
    folder = making.plain_stack(tmp_path / "other", 2, 2.0)
    options = importing.ImportOptions(target="THIS_SCENE")
    other = bpy.data.objects[importing.import_stack(read_stack(folder), options).root_name]
    show(scene)
    lamp = sun.set_up_light(root, scene, [0]).sun
    assert sun.set_up_light(other, scene, [0]).sun == lamp
    assert sun.remove_light(root, scene) == ["Sun and world stay for the other zooms of this scene"]
    assert sun.sun_of(other, scene) == lamp
    sun.remove_light(other, scene)
    other.rotation_euler = (1.0, 0.0, 0.0)
    show(scene)
    sun.set_up_light(root, scene, [0])
    with pytest.raises(ZoomStackError, match="faces another way"):
        sun.set_up_light(other, scene, [0])


def test_lamps_look_alike_at_every_scale(deep: Any, tmp_path: Path) -> None:
    scene, camera, root = deep
    sun.set_up_light(root, scene, list(range(18)))
    sun.sun_of(root, scene).hide_render = True
    lamps = []
    for number in SCALES:
        (lamp,) = adding.add_thing(root, spaces.level_of(root, number), "POINT").things
        lamp[keys.LAMP_SIZE] = 0.0  # without noise
        lamps.append(lamp)
    for travels in (0.0, 1.0):
        root[keys.TRAVEL] = travels
        root.update_tag()
        found = []
        for number in SCALES:
            for lamp in lamps:
                lamp.hide_render = lamp != lamps[SCALES.index(number)]
            set_zoom(camera, float(number))
            found.append(rendered(scene, rendering.CYCLES, tmp_path))
        middle = found[0][27, 48]
        assert (abs(middle - 128) < 30).all()  # a new lamp lights the picture as it is
        assert found[0][2, 2].max() < middle.max() / 2
        for picture in found[1:]:
            assert np.abs(picture - found[0]).max() <= SAME


def test_a_lamp_keeps_its_look_on_its_way_through_the_levels(bpy: Any, deep: Any) -> None:
    scene, camera, root = deep
    set_zoom(camera, 8.0)
    light = bpy.data.lights.new("Lamp", "POINT")
    light.energy, light.shadow_soft_size = 100.0, 0.5
    lamp = bpy.data.objects.new("Lamp", light)
    other = bpy.data.objects.new("Other", light)
    for item in (lamp, other):
        scene.collection.objects.link(item)
    lamp.scale = (2.0, 2.0, 2.0)
    show(scene)
    attach(root, spaces.level_of(root, 8), [lamp], Fit("STAY"))
    assert lamp.data != light  # the other one stays as it is
    seen = lamp.evaluated_get(show(scene)).data
    assert (seen.energy, seen.shadow_soft_size) == pytest.approx((100.0, 0.5), rel=1e-4)
    set_zoom(camera, 9.0)  # twice as near
    seen = lamp.evaluated_get(show(scene)).data
    assert (seen.energy, seen.shadow_soft_size) == pytest.approx((400.0, 1.0), rel=1e-4)
    power = lamp[keys.LAMP_POWER]
    attach(root, spaces.level_of(root, 9), [lamp], Fit("STAY"))
    assert lamp[keys.LAMP_POWER] == pytest.approx(4.0 * power, rel=1e-4)
    seen = lamp.evaluated_get(show(scene)).data
    assert (seen.energy, seen.shadow_soft_size) == pytest.approx((400.0, 1.0), rel=1e-4)
    detach(root, lamp)
    set_zoom(camera, 3.0)
    seen = lamp.evaluated_get(show(scene)).data
    assert (seen.energy, seen.shadow_soft_size) == pytest.approx((400.0, 1.0), rel=1e-4)
    assert not lighting.is_kept(lamp)


def test_lamps_with_one_light_each_follow_their_own_size(bpy: Any, deep: Any) -> None:
    scene, camera, root = deep
    set_zoom(camera, 8.0)
    (lamp,) = adding.add_thing(root, spaces.level_of(root, 8), "POINT").things
    again = lamp.copy()  # as Alt D does
    scene.collection.objects.link(again)
    seen = lamp.evaluated_get(show(scene)).data.energy
    attach(root, spaces.level_of(root, 9), [again], Fit("STAY"))
    energies = [each.evaluated_get(show(scene)).data.energy for each in (lamp, again)]
    assert energies == pytest.approx([seen, seen], rel=1e-4)
    third = lamp.copy()
    scene.collection.objects.link(third)
    detach(root, third)
    set_zoom(camera, 9.0)
    assert lamp.evaluated_get(show(scene)).data.energy == pytest.approx(4.0 * seen, rel=1e-4)


def test_a_lamp_comes_along_with_what_it_hangs_on(bpy: Any, deep: Any) -> None:
    scene, camera, root = deep
    set_zoom(camera, 4.0)
    cube = adding._make("CUBE", "")  # two metres wide, and fitted to a quarter of the level
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SPOT"))
    animated = bpy.data.objects.new("Animated", bpy.data.lights.new("Animated", "AREA"))
    for item in (cube, lamp, animated):
        scene.collection.objects.link(item)
    lamp.parent = animated.parent = cube
    lamp.data.energy = 64.0
    animated.data.keyframe_insert("energy", frame=1)
    show(scene)
    attached = attach(root, spaces.level_of(root, 4), [cube])
    assert lamp[keys.LAMP_POWER] == pytest.approx(1.0)
    assert attached.animated == ["Animated"]
    assert keys.LAMP_POWER not in animated


def test_what_has_no_size_is_attached_and_detached(bpy: Any, deep: Any) -> None:
    scene, _, root = deep
    flat = bpy.data.objects.new("Flat", None)
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    for item in (flat, lamp):
        scene.collection.objects.link(item)
    lamp.parent, flat.scale = flat, (0.0, 0.0, 0.0)
    lamp.data.energy = 50.0
    show(scene)
    attach(root, spaces.level_of(root, 4), [lamp], Fit("STAY"))
    assert lamp[keys.LAMP_POWER] == pytest.approx(50.0)
    lamp.matrix_parent_inverse.zero()
    detach(root, lamp)
    assert math.isfinite(lamp.data.energy)


def test_a_loop_shows_a_lamp_again_with_the_light_of_its_size(bpy: Any, tmp_path: Path) -> None:
    folder = making.write_loop(tmp_path / "loop", pictures(3), [2.0] * 3, [(0.5, 0.5)] * 3)
    scene, camera, root = zoom_of(folder)
    (lamp,) = adding.add_thing(root, spaces.level_of(root, 0), "POINT").things
    twins = spaces.twins_of(lamp)
    assert twins
    set_zoom(camera, 1.0)
    graph = show(scene)
    for twin in twins:
        times = twin.evaluated_get(graph).matrix_world.median_scale
        times /= lamp.evaluated_get(graph).matrix_world.median_scale
        assert times < 0.5
        ratio = twin.evaluated_get(graph).data.energy / lamp.evaluated_get(graph).data.energy
        assert ratio == pytest.approx(times**2, rel=1e-4)
    lights = len(bpy.data.lights)
    detach(root, lamp)
    assert len(bpy.data.lights) == lights - len(twins)
    (lamp,) = adding.add_thing(root, spaces.level_of(root, 0), "POINT").things
    lamp.data.animation_data_clear()  # an artist may drop the drivers
    twins = spaces.twins_of(lamp)
    bpy.data.batch_remove(twins)
    hanging.follow_levels(root)  # they come again
    assert len(spaces.twins_of(lamp)) == len(twins) > 0


def test_an_update_lights_new_levels_as_their_neighbours(bpy: Any, tmp_path: Path) -> None:
    scene, _, root = zoom_of(making.plain_stack(tmp_path / "old", 3, 2.0))
    ids = name_zoom(root)
    sun.set_up_light(root, scene, [1])
    receiving.set_receives_light(root, 1, 0.75)
    longer = read_stack(making.plain_stack(tmp_path / "new", 5, 2.0))
    levels = (*ids.levels[:2], new_id(), new_id(), ids.levels[2])
    finish_update(update_steps(lambda: root, replace(longer, ids=replace(ids, levels=levels))))
    assert receiving.lit_levels(root) == [1, 2, 3]
    assert [receiving.receives_light(root, n) for n in (1, 2, 3)] == [0.75] * 3


def render_settings(scene: Any) -> Any:
    render = scene.render
    return (
        [(layer.name, layer.use) for layer in scene.view_layers],
        render.film_transparent,
        render.use_single_layer,
        render.use_compositing,
        sorted(item.name for item in scene.collection.objects),
        [each.name for each in scene.collection.children_recursive],
    )


def test_the_catcher_goes_and_gives_all_back(bpy: Any, small: Any) -> None:
    scene, _, root = small
    mine = adding._make("CUBE", "")
    scene.collection.objects.link(mine)
    adding.add_thing(root, spaces.level_of(root, 1), "CUBE")
    before = render_settings(scene)
    for _ in range(2):
        catcher.set_up_catcher(root, scene, scene.view_layers[0])
    assert [layer.name for layer in scene.view_layers if layer.use] == ["Zoom", "Things"]
    assert catcher.has_catcher(scene)
    catcher.remove_catcher(scene)
    assert render_settings(scene) == before
    assert not catcher.has_catcher(scene)
    scene.render.engine = "BLENDER_WORKBENCH"
    with pytest.raises(ZoomStackError, match="Workbench"):
        catcher.set_up_catcher(root, scene, scene.view_layers[0])
    assert render_settings(scene) == before


def test_the_catcher_leaves_linked_collections_as_they_are(
    bpy: Any, small: Any, tmp_path: Path
) -> None:
    _, _, root = small
    root.users_collection[0].objects.link(adding._make("CUBE", ""))
    home, file = root.users_collection[0].name, str(tmp_path / "zoom.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(file, link=True) as (_, wanted):
        wanted.collections = [home]
    scene = bpy.context.scene
    scene.collection.children.link(wanted.collections[0])
    (root,) = finding.roots_in(scene)
    notes = catcher.set_up_catcher(root, scene, scene.view_layers[0])
    assert any(note.startswith("Stay with the pictures in their linked") for note in notes)
    assert catcher.has_catcher(scene)


def test_no_sun_and_no_shadows_are_left_behind(bpy: Any, small: Any, tmp_path: Path) -> None:
    scene, _, root = small
    scene.eevee.use_shadows = False
    folder = making.plain_stack(tmp_path / "other", 2, 2.0)
    options = importing.ImportOptions(target="THIS_SCENE")
    other = bpy.data.objects[importing.import_stack(read_stack(folder), options).root_name]
    show(scene)
    lamp = sun.set_up_light(root, scene, [0]).sun.name
    receiving.set_receives_light(other, 0, 1.0)  # by the sun that is there
    sun.remove_light(root, scene)
    assert lamp in bpy.data.objects
    sun.remove_light(other, scene)
    assert lamp not in bpy.data.objects
    assert not scene.eevee.use_shadows


def test_each_scene_of_a_zoom_has_its_world_back(bpy: Any, small: Any) -> None:
    scene, _, root = small
    scene.world = bpy.data.worlds.new("Mine")
    scene.world.color = (1.0, 1.0, 1.0)
    other = bpy.data.scenes.new("Other")
    other.world = scene.world
    other.collection.children.link(root.users_collection[0])
    for each in (scene, other):
        sun.set_up_light(root, each, [0])
    show(other)
    assert bpy.ops.zoom_stack.remove_light() == {"FINISHED"}
    show(scene)
    assert bpy.ops.zoom_stack.remove_light() == {"FINISHED"}
    assert {scene.world.name, other.world.name} == {"Mine"}


def test_the_catcher_takes_the_place_of_one_layer_alone(small: Any) -> None:
    scene, _, root = small
    tree = compat.compositor_tree(scene)
    tree.nodes.clear()
    own, second = (tree.nodes.new("CompositorNodeRLayers") for _ in range(2))
    own.scene = second.scene = scene
    over = tree.nodes.new("CompositorNodeAlphaOver")
    ends = [socket for socket in over.inputs if socket.type == "RGBA"]
    for node, end in zip((own, second), ends, strict=True):
        tree.links.new(node.outputs["Image"], end)
    tree.links.new(over.outputs[0], compat.compositor_output(tree))
    for _ in range(3):
        catcher.set_up_catcher(root, scene, scene.view_layers[0])
        assert ends[1].links[0].from_node == second
        assert ends[0].links[0].from_node != own
    catcher.remove_catcher(scene)
    assert [end.links[0].from_node for end in ends] == [own, second]


def test_what_the_catcher_moves_stays_in_other_scenes(bpy: Any, small: Any) -> None:
    scene, _, root = small
    home = root.users_collection[0]
    other = bpy.data.scenes.new("Other")
    other.collection.children.link(home)
    mine = adding._make("CUBE", "")
    home.objects.link(mine)
    catcher.set_up_catcher(root, scene, scene.view_layers[0])
    assert {each.name for each in mine.users_scene} == {scene.name, "Other"}
    catcher.remove_catcher(scene)
    assert [each.name for each in mine.users_collection] == [home.name]


def test_a_catcher_without_one_of_its_layers_can_be_taken_away(bpy: Any, small: Any) -> None:
    scene, _, root = small
    before = render_settings(scene)
    catcher.set_up_catcher(root, scene, scene.view_layers[0])
    scene.view_layers.remove(scene.view_layers["Things"])
    assert bpy.ops.zoom_stack.remove_catcher() == {"FINISHED"}
    assert render_settings(scene) == before
    assert not bpy.ops.zoom_stack.remove_catcher.poll()
