"""How deep a travelling camera sees, and that nothing leads it beyond."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import finding, importing, keys, reach
from judging import in_frame, load, set_zoom, show

from devtools import rendering

SIZE = (16, 16)


def imported(bpy: Any, folder: Path, levels: int, rig: str) -> tuple[Any, Any, Any]:
    stack = read_stack(making.plain_stack(folder, levels, 8.0))
    result = importing.import_stack(stack, importing.ImportOptions(rig=rig))
    names = bpy.data.objects
    scene = bpy.data.scenes[result.scene_name]
    return scene, names[result.root_name], names[result.camera_name]


def rendered(scene: Any, target: Path) -> np.ndarray:
    rendering.prepare_render(scene, rendering.CYCLES, SIZE, 1)
    rendering.render_picture(scene, target)
    return load(target)


def test_a_travelling_camera_sees_as_far_as_is_said_and_nothing_soon_after(
    bpy: Any, tmp_path: Path
) -> None:
    scene, root, camera = imported(bpy, tmp_path / "stack", 9, "CAMERA")
    limit = reach.travel_octaves(root, camera)
    assert limit == pytest.approx(math.log2(50.0 / 36.0 / 1e-6), abs=1e-4)
    set_zoom(camera, limit - 0.05)
    assert rendered(scene, tmp_path / "inside.png").max() > 40
    set_zoom(camera, limit + 2.0)
    assert rendered(scene, tmp_path / "beyond.png").max() == 0


def test_a_zoom_deeper_than_a_travelling_camera_sees_keeps_growing(
    bpy: Any, tmp_path: Path
) -> None:
    scene, root, camera = imported(bpy, tmp_path / "stack", 8, "WORLD")
    show(scene)
    assert not bpy.ops.zoom_stack.switch_rig.poll()
    assert "21.0 octaves deep" in reach.why_not_travel(root, camera)
    root.scale = (2.0, 2.0, 2.0)  # twice as far away
    bpy.context.view_layer.update()
    assert bpy.ops.zoom_stack.switch_rig() == {"FINISHED"}
    assert finding.active_root(bpy.context)[keys.TRAVEL] == 1.0


def test_a_camera_that_travels_too_far_can_be_brought_back(bpy: Any, tmp_path: Path) -> None:
    scene, root, _ = imported(bpy, tmp_path / "stack", 9, "CAMERA")
    show(scene)
    assert bpy.ops.zoom_stack.switch_rig() == {"FINISHED"}
    assert root[keys.TRAVEL] == 0.0
    assert not bpy.ops.zoom_stack.switch_rig.poll()


def test_away_from_the_origin_a_camera_travels_as_far_as_single_precision_is_exact(
    bpy: Any, tmp_path: Path
) -> None:
    stack = read_stack(making.plain_stack(tmp_path / "stack", 15, 2.0, (0.3, 0.65)))
    options = importing.ImportOptions(rig="CAMERA", target="NEW_SCENE")
    result = importing.import_stack(stack, options)
    scene, root = bpy.data.scenes[result.scene_name], bpy.data.objects[result.root_name]
    camera = bpy.data.objects[result.camera_name]
    show(scene)
    assert reach.why_not_travel(root, camera) == ""
    root.location = (7.1, -6.3, 3.3)
    show(scene)
    limit = reach.coarse_octaves(root.location.length)
    assert limit == pytest.approx(8.7, abs=0.1)
    assert "is exact for 8.7" in reach.why_not_travel(root, camera)
    square = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    planes = finding.parts(root, keys.ROLE_PLANE)

    def error(level: int) -> float:
        set_zoom(camera, float(level))
        return float(np.abs(in_frame(scene, camera, planes[level]) - square).max())

    assert max(error(level) for level in range(9)) < 1e-3
    assert max(error(level) for level in (12, 13, 14)) > 1e-3
    root[keys.TRAVEL] = 0.0
    root.update_tag()
    assert not bpy.ops.zoom_stack.switch_rig.poll()
