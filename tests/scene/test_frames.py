"""Rendered frames agree with the definition of the zoom."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import Stack, read_stack
from bl_ext.user_default.zoom_stack.scene import importing, keys
from judging import load, psnr, reference, seam, set_zoom

from devtools import rendering

SIDE = 192


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three levels, off centre, with an aspect of 4:3."""
    corner = (72, 84)
    place = tmp_path_factory.mktemp("frames") / "stack"
    return making.consistent_stack(place, 3, 4, (SIDE, SIDE * 3 // 4), corner)


def imported(bpy: Any, stack: Stack, rig: str = "AUTO") -> tuple[Any, Any, Any]:
    result = importing.import_stack(stack, importing.ImportOptions(rig=rig))
    return (
        bpy.data.scenes[result.scene_name],
        bpy.data.objects[result.camera_name],
        bpy.data.objects[result.root_name],
    )


def frame(
    scene: Any,
    camera: Any,
    octaves: float,
    size: tuple[int, int],
    target: Path,
    engine: str = "CYCLES",
    samples: int = 64,
    pixel_filter: float = 1.5,
) -> np.ndarray:
    set_zoom(camera, octaves)
    rendering.prepare_render(scene, engine, size, samples, pixel_filter)
    rendering.render_picture(scene, target)
    return load(target)


@pytest.mark.parametrize("rig", ["CAMERA", "WORLD"])
def test_cycles_agrees_with_the_definition(
    bpy: Any, folder: Path, tmp_path: Path, rig: str
) -> None:
    stack = read_stack(folder)
    scene, camera, _ = imported(bpy, stack, rig)
    size = (SIDE // 2, SIDE * 3 // 8)
    for magnification in (1.0, 1.37, 2.0, 5.5, 16.0):
        octaves = math.log2(magnification)
        seen = frame(scene, camera, octaves, size, tmp_path / "frame.png")
        assert psnr(seen, reference(stack, octaves, size)) > 38.0, magnification


def test_eevee_agrees_with_the_definition(bpy: Any, folder: Path, tmp_path: Path) -> None:
    stack = read_stack(folder)
    scene, camera, _ = imported(bpy, stack)
    size = (SIDE // 2, SIDE * 3 // 8)
    octaves = math.log2(5.5)
    seen = frame(scene, camera, octaves, size, tmp_path / "frame.png", rendering.EEVEE, 16)
    assert psnr(seen, reference(stack, octaves, size)) > 38.0


def test_a_frame_of_another_shape_is_cut_from_the_middle(
    bpy: Any, folder: Path, tmp_path: Path
) -> None:
    stack = read_stack(folder)
    scene, camera, _ = imported(bpy, stack)
    for size in ((96, 54), (54, 96)):
        seen = frame(scene, camera, 0.7, size, tmp_path / "frame.png", samples=32)
        assert psnr(seen, reference(stack, 0.7, size)) > 36.0


@pytest.mark.parametrize("rig", ["CAMERA", "WORLD"])
@pytest.mark.parametrize("level", [0, 2])
def test_one_to_one_is_exact_to_the_bit(
    bpy: Any, folder: Path, tmp_path: Path, rig: str, level: int
) -> None:
    stack = read_stack(folder)
    scene, camera, root = imported(bpy, stack, rig)
    root[keys.FEATHER] = 0.0
    root.update_tag()
    size = (SIDE, SIDE * 3 // 4)
    seen = frame(scene, camera, 2.0 * level, size, tmp_path / "frame.png", "CYCLES", 1, 0.01)
    wanted = load(stack.picture(level))
    # The frame's last pixels may look past the border by a rounding error.
    assert np.array_equal(seen[1:-1, 1:-1], wanted[1:-1, 1:-1])


def test_feather_and_fade_change_the_picture_as_defined(bpy: Any, tmp_path: Path) -> None:
    stack = making.write_stack(
        tmp_path / "stack",
        [making.to_bytes(making.natural(96, 96, seed)) for seed in (1, 2)],
        [3.0],
        feather=0.3,
        fade=0.4,
    )
    stack = read_stack(stack)
    scene, camera, _ = imported(bpy, stack)
    for octaves in (0.3, 1.2):
        seen = frame(scene, camera, octaves, (64, 64), tmp_path / "frame.png")
        assert psnr(seen, reference(stack, octaves, (64, 64))) > 38.0


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_no_seam_shows_at_a_nesting_border(bpy: Any, tmp_path: Path, share: float) -> None:
    side = 384
    stack = read_stack(making.zoom_of_one_picture(tmp_path / "stack", 4, side))
    scene, camera, _ = imported(bpy, stack)
    seen = frame(
        scene, camera, 2.0 + math.log2(share), (side // 2,) * 2, tmp_path / "f.png", samples=32
    )
    assert seam(seen, share) < 1.12


def test_a_video_is_written(bpy: Any, tmp_path: Path) -> None:
    stack = read_stack(making.plain_stack(tmp_path / "stack", 2, 2.0))
    result = importing.import_stack(
        stack, importing.ImportOptions(seconds_per_octave=0.2, hold_seconds=0.05)
    )
    scene = bpy.data.scenes[result.scene_name]
    target = tmp_path / "zoom.mp4"
    rendering.render_video(scene, target, size=(32, 32), samples=1)
    data = target.read_bytes()
    assert data[4:8] == b"ftyp"
    assert b"avc1" in data
