"""Several zooms in one scene: out of one another's view, each found and timed by itself."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import (
    camera,
    choosing,
    colour,
    finding,
    frame_range,
    importing,
    keys,
    markers,
    placing,
)
from judging import load, set_zoom, show

from devtools import rendering


def here(bpy: Any, folder: Path, rig: str = "AUTO") -> Any:
    """The root of a folder's stack, in the present scene."""
    options = importing.ImportOptions(target="THIS_SCENE", rig=rig)
    return bpy.data.objects[importing.import_stack(read_stack(folder), options).root_name]


@pytest.fixture
def empty(bpy: Any) -> Any:
    """The present scene, with nothing in it."""
    for item in list(bpy.data.objects):
        bpy.data.objects.remove(item)
    return bpy.context.scene


@pytest.fixture
def two(bpy: Any, empty: Any, tmp_path: Path) -> tuple[Any, Any]:
    """Two zooms of three and of five levels in one scene."""
    return (
        here(bpy, making.plain_stack(tmp_path / "first", 3, 2.0)),
        here(bpy, making.plain_stack(tmp_path / "second", 5, 2.0)),
    )


def coloured(folder: Path, light: tuple[int, int, int], count: int, factor: float) -> Path:
    """Pictures of one colour, off centre."""
    pictures = [np.full((8, 8, 3), light, np.uint8)] * count
    steps = count - 1
    return making.write_stack(folder, pictures, [factor] * steps, [(0.4, 0.55)] * steps)


@pytest.mark.parametrize("cursor", [(0.0, 0.0, 0.0), (0.7, 0.2, 0.1), (0.0, 5.0, 0.0)])
@pytest.mark.parametrize("travels", [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_no_camera_sees_the_other_zoom_at_any_zoom(
    bpy: Any, empty: Any, tmp_path: Path, cursor: tuple[float, ...], travels: tuple[float, ...]
) -> None:
    red = here(bpy, coloured(tmp_path / "red", (200, 0, 0), 7, 8.0))
    empty.cursor.location = cursor
    blue = here(bpy, coloured(tmp_path / "blue", (0, 0, 200), 7, 8.0))
    rendering.prepare_render(empty, rendering.CYCLES, (8, 6), 1, 0.01)
    colour.use_standard_view(empty)
    show(empty)
    for root, travel in zip((red, blue), travels, strict=True):
        root[keys.TRAVEL] = travel
    cameras = [finding.present_camera(root) for root in (red, blue)]
    for zooms in ((0.0, 0.0), (17.0, 1.0), (1.0, 17.0)):
        for own, octaves in zip(cameras, zooms, strict=True):
            set_zoom(own, octaves)
        for own, wanted in zip(cameras, ((200, 0, 0), (0, 0, 200)), strict=True):
            empty.camera = own
            rendering.render_picture(empty, tmp_path / "seen.png")
            seen = load(tmp_path / "seen.png").reshape(-1, 3).astype(int)
            assert np.abs(seen - wanted).max() <= 1, (zooms, own.name)
    assert not placing.disturbed(red, [blue], both_rigs=True)


def test_where_there_is_room_the_cursor_is_kept(bpy: Any, empty: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "stack", 3, 2.0)
    here(bpy, folder)
    empty.cursor.location = (1.5, 0.0, 0.0)
    beside = here(bpy, folder, "CAMERA")
    assert tuple(beside.location) == (1.5, 0.0, 0.0)
    # Level 0 grows to 4 widths there, over the first one's view.
    empty.cursor.location = (-2.0, 0.0, 0.0)
    grown = here(bpy, folder, "WORLD")
    assert grown.location.x > -2.0
    assert grown.location.y < -4.0
    empty.cursor.location = (20.0, 0.0, 0.0)
    assert here(bpy, folder, "WORLD").location.x == 20.0


@pytest.mark.parametrize("angle", [0.0, math.pi / 2, 0.7])
def test_turned_and_enlarged_zooms_are_out_of_view_too(
    bpy: Any, two: tuple[Any, Any], tmp_path: Path, angle: float
) -> None:
    first, second = two
    first.rotation_euler.z, first.scale = angle, (3.0, 3.0, 3.0)
    second.location = (0.5, 0.0, 0.0)
    assert placing.disturbed(second, [first]) == [first]
    assert placing.move_apart(second, [first, second])
    assert not placing.disturbed(second, [first], both_rigs=True)
    assert not placing.disturbed(first, [second], both_rigs=True)


def test_ten_zooms_find_room(bpy: Any, empty: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "stack", 2, 4.0)
    roots = [here(bpy, folder) for _ in range(10)]
    assert finding.roots_in(empty) == sorted(roots, key=lambda root: root.name)
    assert not any(placing.disturbed(root, roots, both_rigs=True) for root in roots)


def test_selection_then_camera_then_the_last_is_meant(bpy: Any, two: tuple[Any, Any]) -> None:
    first, second = two
    scene, layer = bpy.context.scene, bpy.context.view_layer
    assert scene.camera == finding.camera_of(first)  # it was in use already
    assert finding.active_root(bpy.context) == second  # whose camera is selected
    layer.objects.active = None
    assert finding.active_root(bpy.context) == first
    scene.camera = None
    assert finding.active_root(bpy.context) == second
    layer.objects.active = finding.parts(first, keys.ROLE_LEVEL)[1]
    assert finding.active_root(bpy.context) == first


def test_the_chosen_zoom_has_camera_selection_and_range(bpy: Any, two: tuple[Any, Any]) -> None:
    first, second = two
    scene, layer = bpy.context.scene, bpy.context.view_layer
    choosing.choose(scene, layer, first)
    scene.frame_start, scene.frame_end = 1, 250
    choosing.choose(scene, layer, second)
    assert scene.frame_end == 250  # the artist's own
    assert scene.camera == finding.camera_of(second) == layer.objects.active
    assert [item for item in layer.objects if item.select_get()] == [scene.camera]
    assert bpy.ops.zoom_stack.set_up_render() == {"FINISHED"}
    assert frame_range.range_follows(scene, second)
    scene.frame_set(3)
    assert bpy.ops.zoom_stack.choose_zoom(root=first.name) == {"FINISHED"}
    assert frame_range.range_follows(scene, first)
    assert not frame_range.range_follows(scene, second)
    assert scene.frame_current == 3
    assert finding.active_root(bpy.context) == first
    with pytest.raises(RuntimeError, match="is no zoom in this scene"):
        bpy.ops.zoom_stack.choose_zoom(root="Nothing")
    bpy.data.objects.remove(finding.camera_of(second))
    with pytest.raises(RuntimeError, match="was deleted"):
        bpy.ops.zoom_stack.choose_zoom(root=second.name)


def test_each_zoom_keeps_its_markers_and_keys(bpy: Any, two: tuple[Any, Any]) -> None:
    first, second = two
    scene = bpy.context.scene
    own = scene.timeline_markers.new("02 01", frame=7)  # as a level is called
    assert markers.refresh_markers(scene, first) == 3
    assert markers.refresh_markers(scene, second) == 5

    def marked() -> dict[str, int]:
        return {marker.name: marker.frame for marker in scene.timeline_markers}

    def keyed(root: Any) -> list[float]:
        return [key.co[0] for key in camera.zoom_curve(finding.camera_of(root)).keyframe_points]

    before, keys_before = marked(), keyed(first)
    assert len(before) == len(scene.timeline_markers) == 9
    bpy.ops.zoom_stack.choose_zoom(root=second.name)
    assert bpy.ops.zoom_stack.retime(seconds_per_octave=2.0) == {"FINISHED"}
    assert keyed(first) == keys_before
    assert len(keyed(second)) == 5
    after = marked()
    assert own.frame == 7
    assert after.keys() == before.keys()
    moved = {name for name in after if after[name] != before[name]}
    assert len(moved) == 4  # those of the second but for its first
    assert moved.isdisjoint(str(first[keys.MARKERS]).split("\n"))
    for _ in range(2):
        markers.refresh_markers(scene, first)
        markers.refresh_markers(scene, second)
    assert marked() == after


def test_a_zoom_that_comes_into_view_is_moved_apart(bpy: Any, two: tuple[Any, Any]) -> None:
    first, second = two
    assert not bpy.ops.zoom_stack.move_apart.poll()
    second.location = first.location
    assert bpy.ops.zoom_stack.move_apart.poll()
    assert bpy.ops.zoom_stack.move_apart() == {"FINISHED"}
    assert not placing.disturbed(second, [first], both_rigs=True)
    second.location = first.location
    second.keyframe_insert("location")
    with pytest.raises(RuntimeError, match="Keys, drivers or constraints"):
        bpy.ops.zoom_stack.move_apart()


def test_another_frame_rate_keeps_the_seconds_of_both(bpy: Any, two: tuple[Any, Any]) -> None:
    lengths = [root.zoom_way_length for root in two]
    assert bpy.ops.zoom_stack.set_up_render(rate="60") == {"FINISHED"}
    assert [root[keys.FPS] for root in two] == [60.0, 60.0]
    assert [root.zoom_way_length for root in two] == pytest.approx(lengths)
