"""The read-out tells the zoom in words, stays in its corner, and needs no extension."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import importing, keys, readout
from bl_ext.user_default.zoom_stack.scene.readout_nodes import Builder, set_titles
from judging import load, set_zoom, show

from devtools import rendering

Pieces = list[tuple[str, bool]]


@pytest.fixture
def zoom(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    """Twenty levels."""
    stack = read_stack(making.plain_stack(tmp_path / "stack", 20, 2.0, sizes=[(16, 9)] * 20))
    result = importing.import_stack(stack, importing.ImportOptions(rig="CAMERA"))
    scene = bpy.data.scenes[result.scene_name]
    show(scene)
    return scene, bpy.data.objects[result.camera_name], bpy.data.objects[result.root_name]


def points(scene: Any, item: Any) -> np.ndarray:
    """What a read-out's nodes make, (n, 3)."""
    mesh = item.evaluated_get(show(scene)).data
    values = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", values)
    return values.reshape(-1, 3)


def row_of(bpy: Any, scene: Any, pieces: Pieces, size: float = 1.0) -> np.ndarray:
    """The same for a text that stays."""
    tree = bpy.data.node_groups.new("Text", "GeometryNodeTree")
    tree.is_modifier = True
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    build = Builder(tree)
    shape = build.row([(build.words(text), raised) for text, raised in pieces], size)
    tree.links.new(shape, build.add("NodeGroupOutput").inputs[0])
    item = bpy.data.objects.new("Text", bpy.data.meshes.new("Text"))
    scene.collection.objects.link(item)
    item.modifiers.new("Text", "NODES").node_group = tree
    found = points(scene, item)
    bpy.data.objects.remove(item)
    return found


def tells(bpy: Any, scene: Any, item: Any, pieces: Pieces, size: float = 1.0) -> bool:
    """Whether a read-out of one row without a plate shows a text."""
    wanted, found = row_of(bpy, scene, pieces, size), points(scene, item)
    if wanted.shape != found.shape:
        return False
    middle = (wanted.min(0) + wanted.max(0)) / 2 - (found.min(0) + found.max(0)) / 2
    return bool(np.abs(found + middle - wanted).max() < 1e-4)


def test_the_magnification_is_told_as_panels_tell_it(bpy: Any, zoom: Any) -> None:
    scene, camera, root = zoom
    item = readout.add_read_out(root, readout.ReadOut(prompt=False, plate=False))
    for factor, pieces in (
        (1.0, [("1.0×", False)]),
        (2.54, [("2.5×", False)]),
        (9.96, [("10×", False)]),
        (9999.0, [("9999×", False)]),
        (12_000.0, [("1.2·10", False), ("4", True), ("×", False)]),
        (99_700.0, [("1.0·10", False), ("5", True), ("×", False)]),
        (2.0**200, [("1.6·10", False), ("60", True), ("×", False)]),
    ):
        set_zoom(camera, math.log2(factor))
        whole: Pieces = [("".join(text for text, _ in pieces), False)] if len(pieces) == 1 else []
        if whole:  # the last sign is a piece of its own
            text = whole[0][0]
            pieces = [(text[:-1], False), ("", True), (text[-1], False)]
        assert tells(bpy, scene, item, pieces), factor


def test_the_width_is_the_nearest_power_of_ten(bpy: Any, zoom: Any) -> None:
    scene, camera, root = zoom
    options = readout.ReadOut(prompt=False, magnification=False, metres=1e7, plate=False)
    item = readout.add_read_out(root, options)
    for octaves, power in ((0.0, "7"), (10.0, "4"), (30.0, "-2")):
        set_zoom(camera, octaves)
        assert tells(bpy, scene, item, [("10", False), (power, True), (" m", False)]), octaves


def test_the_title_is_the_nearest_levels(bpy: Any, zoom: Any) -> None:
    scene, camera, root = zoom
    options = readout.ReadOut(magnification=False, plate=False)
    item = readout.add_read_out(root, options)
    for octaves, title in ((0.0, "00"), (0.4, "00"), (0.6, "01"), (19.0, "19")):
        set_zoom(camera, octaves)
        assert tells(bpy, scene, item, [(title, False)], 0.8), octaves
    assert readout._shortened("a " * 40) == "a " * 20 + "a…"


@pytest.mark.parametrize("travels", [0.0, 1.0])
@pytest.mark.parametrize("corner", list(readout.CORNERS))
def test_it_stays_in_its_corner(zoom: Any, corner: str, travels: float) -> None:
    scene, camera, root = zoom
    root[keys.TRAVEL] = travels
    item = readout.add_read_out(root, readout.ReadOut(metres=1.0, corner=corner))
    right, top = readout.CORNERS[corner]
    data = camera.data
    for zoom_at, lens, size, shift in (
        (0.3, 50.0, (160, 90), (0.0, 0.0)),
        (19.0, 50.0, (160, 90), (0.0, 0.0)),
        (5.0, 24.0, (90, 160), (0.1, -0.2)),
    ):
        scene.render.resolution_x, scene.render.resolution_y = size
        data.lens, (data.shift_x, data.shift_y) = lens, shift
        root.update_tag()
        set_zoom(camera, zoom_at)
        graph = show(scene)
        into = np.array(camera.matrix_world.inverted() @ item.evaluated_get(graph).matrix_world)
        local = points(scene, item)
        at = local @ into[:3, :3].T + into[:3, 3]
        near = -at[:, 2] * 2.0 ** (-zoom_at * travels)
        assert near.min() > max(data.clip_start, 1e-6)
        frame = at[:, :2] / -at[:, 2:] * lens / data.sensor_width - np.array(shift)
        low, high = frame.min(0), frame.max(0)
        tall = size[1] / size[0]
        # The plate lies a little behind the letters, and so reaches a little less far.
        outer = (high if right else -low)[0], (high if top else -low)[1]
        assert outer == pytest.approx((0.48, 0.5 * tall - 0.02), abs=2e-3)


def test_it_is_drawn_and_follows_keys_without_scripts(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    scene, _, root = zoom
    item = readout.add_read_out(root, readout.ReadOut(size=0.1))
    names = scene.name, item.name
    drivers = [*item.animation_data.drivers]
    tree = item.modifiers[0].node_group
    drivers += tree.animation_data.drivers
    assert len(drivers) == 8
    for curve in drivers:
        assert curve.driver.is_simple_expression, curve.data_path
        assert curve.driver.is_valid, curve.data_path
        assert len(curve.driver.expression) < 256
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "zoom.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "zoom.blend"), use_scripts=False)
    scene, item = bpy.data.scenes[names[0]], bpy.data.objects[names[1]]
    show(scene)
    scene.frame_set(scene.frame_start)
    first = len(points(scene, item))
    scene.frame_set(scene.frame_end)
    assert len(points(scene, item)) != first
    rendering.prepare_render(scene, rendering.CYCLES, (96, 54), 4)
    rendering.render_picture(scene, tmp_path / "frame.png")
    frame = load(tmp_path / "frame.png")
    assert frame.max() > 240  # the letters; the pictures are darker
    assert frame[30:50, 4:40].min() < 0.8 * frame[4:10, 80:90].min()  # the plate


def test_again_it_changes_and_once_removed_it_is_gone(bpy: Any, zoom: Any) -> None:
    _, _, root = zoom
    first = readout.add_read_out(root, readout.ReadOut(metres=5.0, corner="TOP_LEFT"))
    material = bpy.data.materials["Read-Out"]
    assert readout.options_of(first).metres == 5.0
    assert readout.add_read_out(root, readout.ReadOut(size=0.1)) == first
    assert [m.name for m in bpy.data.materials if m.name.startswith("Read-Out")] == [
        "Read-Out",
        "Read-Out Plate",
    ]
    assert material == bpy.data.materials["Read-Out"]
    readout.refresh_read_out(root)
    assert readout.options_of(first).size == pytest.approx(0.1)
    readout.remove_read_out(root)
    assert readout.read_out_of(root) is None
    readout.remove_read_out(root)


def test_new_titles_come_into_the_nodes_that_are_there(bpy: Any, zoom: Any) -> None:
    scene, camera, root = zoom
    item = readout.add_read_out(root, readout.ReadOut(magnification=False, plate=False))
    tree = item.modifiers[0].node_group
    nodes = [node.name for node in tree.nodes]
    for titles in (["a", "b", "c"], ["only"]):
        set_titles(tree, titles)
        assert [node.name for node in tree.nodes] == nodes
        for level in range(4):
            set_zoom(camera, float(level))
            title = titles[level % len(titles)]
            assert tells(bpy, scene, item, [(title, False)], 0.8), level
    item.modifiers.clear()  # an artist may take it away, and press the button again
    assert readout.add_read_out(root, readout.ReadOut()) == item
    assert item.modifiers[0].node_group is not None
