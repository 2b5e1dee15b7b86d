"""The rig shows what geometry says, at any depth, in both modes and with any lens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract import geometry
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import finding, importing, keys, path
from judging import expected_in_frame, in_frame, level_frames, set_zoom, show, view_centre

# A hundredth of a pixel in a frame of 1000.
CLOSE = 1e-5
# Planes lie 1e-4 apart in perspective: at 2.5 octaves, seen from 1.39, 2^2.5 / 1.39 of that.
SPACED = 0.5e-4 * 2**2.5 / 1.39 + CLOSE


def load(bpy: Any, folder: Path, rig: str) -> tuple[Any, Any, Any, list[geometry.Placement]]:
    stack = read_stack(folder)
    result = importing.import_stack(stack, importing.ImportOptions(rig=rig))
    root = bpy.data.objects[result.root_name]
    planes = finding.parts(root, keys.ROLE_PLANE)
    sizes = [tuple(finding.image_of(plane).size) for plane in planes]
    scene, camera = bpy.data.scenes[result.scene_name], bpy.data.objects[result.camera_name]
    return scene, camera, root, stack.placements(sizes)


def largest_error(bpy: Any, folder: Path, rig: str, zooms: list[float]) -> float:
    """How far off the visible levels' corners are, in frame widths."""
    scene, camera, root, placements = load(bpy, folder, rig)
    frames = level_frames(placements)
    planes = finding.parts(root, keys.ROLE_PLANE)
    aspect = scene.render.resolution_x / scene.render.resolution_y
    worst = 0.0
    for zoom in zooms:
        set_zoom(camera, zoom)
        for number, plane in enumerate(planes):
            # Of wider ones the frame sees one smooth patch, deeper ones are hidden.
            seen_from = frames[number - 1].octaves if number else -1.0
            if seen_from < zoom < frames[number].octaves + 2.5:
                wanted = expected_in_frame(frames, number, zoom, aspect)
                error = np.abs(in_frame(scene, camera, plane) - wanted).max(1)
                # Corners far outside miss in proportion: count it where the frame ends.
                error *= np.minimum(1.0, 0.5 / np.abs(wanted).max(1))
                worst = max(worst, error.max())
    return worst


@pytest.mark.parametrize("rig", ["CAMERA", "WORLD"])
def test_levels_lie_where_geometry_has_them(bpy: Any, tmp_path: Path, rig: str) -> None:
    folder = making.plain_stack(tmp_path / "stack", 6, 2.0, focus=(0.3, 0.65))
    zooms = [0.0, 0.45, 1.0, 2.46, 3.99, 5.0, 5.7]
    assert largest_error(bpy, folder, rig, zooms) < SPACED


@pytest.mark.parametrize("rig", ["CAMERA", "WORLD"])
def test_a_level_that_fills_the_view_is_exact(bpy: Any, tmp_path: Path, rig: str) -> None:
    folder = making.plain_stack(tmp_path / "stack", 6, 4.0, focus=(0.2, 0.8))
    scene, camera, root, _ = load(bpy, folder, rig)
    for number, plane in enumerate(finding.parts(root, keys.ROLE_PLANE)):
        set_zoom(camera, 2.0 * number)
        corners = in_frame(scene, camera, plane)
        assert corners == pytest.approx(
            np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]), abs=CLOSE
        )


@pytest.mark.parametrize(("count", "factor"), [(30, 2.0), (20, 4.0), (40, 4.0), (60, 8.0)])
def test_no_depth_is_too_deep_when_the_world_grows(
    bpy: Any, tmp_path: Path, count: int, factor: float
) -> None:
    folder = making.plain_stack(tmp_path / "stack", count, factor, focus=(0.4, 0.65))
    scene, camera, root, placements = load(bpy, folder, "AUTO")
    assert root[keys.TRAVEL] == 0.0
    planes = finding.parts(root, keys.ROLE_PLANE)
    octaves = geometry.cumulative_octaves(placements)
    offsets = geometry.level_offsets(placements)
    for number in (0, 1, count // 2, count - 2, count - 1):
        set_zoom(camera, octaves[number])
        corners = in_frame(scene, camera, planes[number])
        square = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
        assert corners == pytest.approx(square, abs=CLOSE)
        if number + 1 < count:
            zoom = octaves[number] + 0.5
            set_zoom(camera, zoom)
            child = in_frame(scene, camera, planes[number + 1])
            width = 2.0 ** (zoom - octaves[number + 1])
            middle = np.array(offsets[number + 1]) * width
            middle -= geometry.view_offset(placements, zoom)
            assert child.mean(0) == pytest.approx(middle, abs=1e-4)


def test_the_view_never_leaves_the_level_that_it_is_in(bpy: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "stack", 22, 2.0, focus=(0.25, 0.75))
    scene, camera, root, placements = load(bpy, folder, "WORLD")
    planes = finding.parts(root, keys.ROLE_PLANE)
    octaves = geometry.cumulative_octaves(placements)
    show(scene)
    for frame in range(scene.frame_start, scene.frame_end + 1, 3):
        scene.frame_set(frame)
        zoom = camera["zoom"]
        here = max(i for i, value in enumerate(octaves) if value <= zoom + 1e-6)
        corners = in_frame(scene, camera, planes[here])
        assert corners.min(0).max() <= -0.5 + 2e-4
        assert corners.max(0).min() >= 0.5 - 2e-4


def test_mixed_shapes_keep_their_places(bpy: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(
        tmp_path / "stack", 3, 4.0, focus=(0.6, 0.4), sizes=[(16, 9), (8, 8), (6, 8)]
    )
    assert largest_error(bpy, folder, "CAMERA", [0.0, 1.3, 2.0, 3.1, 4.0]) < SPACED


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (600, 600)])
def test_lens_and_render_size_keep_the_framing(
    bpy: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    folder = making.plain_stack(tmp_path / "stack", 3, 2.0, sizes=[(16, 10)] * 3)
    scene, camera, root, placements = load(bpy, folder, "CAMERA")
    frames = level_frames(placements)
    scene.render.resolution_x, scene.render.resolution_y = size
    plane = finding.parts(root, keys.ROLE_PLANE)[0]
    for lens in (18.0, 50.0, 135.0):
        camera.data.lens = lens
        set_zoom(camera, 0.0)
        wanted = expected_in_frame(frames, 0, 0.0, size[0] / size[1])
        assert in_frame(scene, camera, plane) == pytest.approx(wanted, abs=CLOSE)


def test_the_modes_show_one_picture(bpy: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "stack", 5, 3.0, focus=(0.7, 0.6))
    scene, camera, root, _ = load(bpy, folder, "CAMERA")
    show(scene)
    plane = finding.parts(root, keys.ROLE_PLANE)[3]
    set_zoom(camera, 4.2)
    travelling = in_frame(scene, camera, plane)
    bpy.context.view_layer.objects.active = camera
    assert bpy.ops.zoom_stack.switch_rig() == {"FINISHED"}
    assert root[keys.TRAVEL] == 0.0
    assert in_frame(scene, camera, plane) == pytest.approx(travelling, abs=CLOSE)
    dolly = finding.part(root, keys.ROLE_DOLLY)
    assert tuple(dolly.evaluated_get(show(scene)).scale) == pytest.approx((1.0, 1.0, 1.0))


@pytest.mark.parametrize("fade", [0.0, 0.4, 1.0])
def test_levels_fade_in_and_hide_as_geometry_says(bpy: Any, tmp_path: Path, fade: float) -> None:
    folder = making.plain_stack(tmp_path / "stack", 4, 4.0)
    scene, camera, root, _ = load(bpy, folder, "CAMERA")
    root[keys.FADE] = fade
    root.update_tag()
    planes = finding.parts(root, keys.ROLE_PLANE)
    for zoom in (0.0, 0.3, 0.8, 1.9, 2.0, 3.5, 6.0, 8.0):
        set_zoom(camera, zoom)
        graph = show(scene)
        for number in (1, 2, 3):
            wanted = geometry.opacity(zoom, 2.0 * number - 2, 2.0 * number, fade)
            seen = planes[number].evaluated_get(graph)
            assert seen.color[3] == pytest.approx(wanted, abs=1e-6)
            assert seen.hide_render == seen.hide_viewport == (wanted == 0.0)


def test_the_level_read_out_follows_the_zoom(bpy: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "stack", 4, 8.0)
    scene, camera, _, _ = load(bpy, folder, "CAMERA")
    for zoom, level in ((-1.0, 0.0), (0.0, 0.0), (1.5, 0.5), (6.0, 2.0), (8.1, 2.7), (99.0, 3.0)):
        set_zoom(camera, zoom)
        show(scene)
        assert camera["level"] == pytest.approx(level, abs=1e-5)


def test_the_contracts_path_is_a_straight_dive() -> None:
    placements = [
        geometry.Placement(aspect=1.5),
        geometry.Placement(2.0, (0.3, 0.6), 1.5),
        geometry.Placement(5.0, (0.8, 0.2), 1.0),
        geometry.Placement(1.5, (0.4, 0.5), 1.0),
    ]
    frames = level_frames(placements)
    for zoom in np.linspace(0.0, 4.5, 60):
        wanted = (view_centre(frames, zoom) - frames[-1].centre) * 2.0**zoom
        assert geometry.view_offset(placements, zoom) == pytest.approx(tuple(wanted), abs=1e-9)


def test_the_table_follows_the_path_to_a_fortieth_of_a_pixel() -> None:
    placements = [geometry.Placement(), *[geometry.Placement(4.0, (0.2, 0.7))] * 6]
    rows = np.array(path.offset_table(placements))
    for zoom in np.linspace(-3.0, 14.0, 500):
        found = [np.interp(zoom, rows[:, 0], rows[:, axis]) for axis in (1, 2)]
        assert found == pytest.approx(geometry.view_offset(placements, zoom), abs=1 / 40 / 500)


def test_centred_stacks_need_no_path() -> None:
    assert path.offset_table([geometry.Placement()] * 5) == []
