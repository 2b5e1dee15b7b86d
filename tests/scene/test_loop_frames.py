"""Rendered frames of a loop: nobody sees where it begins."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import importing
from judging import load, psnr, reference, set_zoom

from devtools import rendering

SIZE = (72, 54)
FACTORS = [3.0, 2.0, 4.0]
FOCUSES = [(0.6, 0.4), (0.4, 0.55), (0.3, 0.7)]
TURN = math.log2(3 * 2 * 4)


def imported(bpy: Any, folder: Path, rig: str = "AUTO") -> tuple[Any, Any]:
    result = importing.import_stack(read_stack(folder), importing.ImportOptions(rig=rig))
    return bpy.data.scenes[result.scene_name], bpy.data.objects[result.camera_name]


def natural_loop(folder: Path, turns: int = 0) -> Path:
    """Three levels off centre, whose pictures have nothing to do with one another."""
    pictures = [making.to_bytes(making.natural(96, 72, seed)) for seed in (1, 2, 3)]
    return making.write_loop(folder, pictures, FACTORS, FOCUSES, turns)


def rendered(scene: Any, target: Path) -> np.ndarray:
    """The present frame."""
    rendering.prepare_render(scene, rendering.CYCLES, SIZE, 48)
    rendering.render_picture(scene, target)
    return load(target)


def repeated(folder: Path, octaves: float) -> np.ndarray:
    """The frame by definition: out of the middle of an ordinary stack with three turns."""
    return reference(read_stack(natural_loop(folder, turns=3)), octaves + TURN, SIZE)


@pytest.mark.parametrize("rig", ["CAMERA", "WORLD"])
def test_the_turn_ends_with_the_frame_that_it_begins_with(
    bpy: Any, tmp_path: Path, rig: str
) -> None:
    scene, camera = imported(bpy, natural_loop(tmp_path / "loop"), rig=rig)
    frames = {}
    for octaves in (0.0, TURN):
        set_zoom(camera, octaves)
        frames[octaves] = rendered(scene, tmp_path / "frame.png")
    assert psnr(frames[0.0], frames[TURN]) > 50.0
    assert psnr(frames[0.0], repeated(tmp_path / "repeated", 0.0)) > 38.0


def test_frames_around_the_turn_are_those_of_a_stack_that_repeats(bpy: Any, tmp_path: Path) -> None:
    scene, camera = imported(bpy, natural_loop(tmp_path / "loop"))
    for octaves in (-0.5, 0.5):
        set_zoom(camera, octaves % TURN)
        seen = rendered(scene, tmp_path / "frame.png")
        assert psnr(seen, repeated(tmp_path / "repeated", octaves)) > 38.0, octaves


def test_the_frame_after_the_scenes_last_is_its_first(bpy: Any, tmp_path: Path) -> None:
    scene, _ = imported(bpy, natural_loop(tmp_path / "loop"))
    frames = []
    for number in (scene.frame_start, scene.frame_end + 1, scene.frame_end):
        scene.frame_set(number)
        frames.append(rendered(scene, tmp_path / "frame.png"))
    assert psnr(frames[0], frames[1]) > 50.0
    # It comes once: the last frame is one step before it.
    assert psnr(frames[0], frames[2]) < 45.0
