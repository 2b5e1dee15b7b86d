"""Depth of field, motion blur, holdouts and second cameras look alike at every scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import (
    attaching,
    cameras,
    finding,
    focus,
    importing,
    keys,
    ranges,
    readout,
    spaces,
)
from judging import load, set_zoom, show

from devtools import rendering

LEVELS = 17
# Camera travels or not, zoom in octaves: each shows its level alone.
PLACES = [(1.0, 2), (1.0, 16), (0.0, 2), (0.0, 16)]


def zoom_of(bpy: Any, folder: Path) -> tuple[Any, Any, Any]:
    """Scene, camera and root of a folder's stack, in the window."""
    options = importing.ImportOptions(rig="CAMERA", target="NEW_SCENE")
    result = importing.import_stack(read_stack(folder), options)
    scene = bpy.data.scenes[result.scene_name]
    show(scene)
    return scene, bpy.data.objects[result.camera_name], bpy.data.objects[result.root_name]


@pytest.fixture
def stripes(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    """Levels of factor 2, all with one picture of stripes."""
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:, ::4] = picture[:, 1::4] = 200
    folder = making.write_stack(tmp_path / "stack", [picture] * LEVELS)
    return zoom_of(bpy, folder)


def lit_cube(bpy: Any, root: Any, number: int, share: float = 0.25) -> Any:
    """A cube of plain light before a level, seen with it alone."""
    mesh = bpy.data.meshes.new("Box")
    mesh.from_pydata(
        [(x, y, z) for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)],
        [],
        [(0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5)],
    )
    mesh.materials.append(readout._light("Plain", 0.5, 1.0))
    thing = bpy.data.objects.new("Box", mesh)
    root.users_collection[0].objects.link(thing)
    level = spaces.level_of(root, number)
    attaching.attach(root, level, [thing], attaching.Fit(share=share))
    ranges.give_range(root, thing, -0.5, 0.5, 0.0)
    return thing


def looks(zoom: tuple[Any, Any, Any], folder: Path, samples: int) -> list[np.ndarray]:
    """The frame at each of ``PLACES``."""
    scene, camera, root = zoom
    rendering.prepare_render(scene, rendering.CYCLES, (48, 48), samples, 0.01)
    found = []
    for travels, octaves in PLACES:
        root[keys.TRAVEL] = travels
        root.update_tag()
        set_zoom(camera, float(octaves))
        rendering.render_picture(scene, folder / "look.png")
        found.append(load(folder / "look.png").astype(int))
    return found


def test_the_opening_is_one_share_of_the_way_at_every_scale(
    stripes: tuple[Any, Any, Any],
) -> None:
    scene, camera, root = stripes
    focus.focus_on_picture(root, camera, 2.0)
    for travels, octaves, size in (
        (1.0, 0.0, 1.0),
        (1.0, 16.0, 1.0),
        (0.0, 16.0, 1.0),
        (1.0, 5.0, 3.0),
    ):
        root[keys.TRAVEL], root.scale = travels, (size,) * 3
        root.update_tag()
        set_zoom(camera, octaves)
        graph = show(scene)
        seen = camera.evaluated_get(graph)
        way = (seen.matrix_world.translation - root.matrix_world.translation).length
        opening = seen.data.lens * 1e-3 / (2.0 * seen.data.dof.aperture_fstop)
        assert opening / way == pytest.approx(0.0125 / (50.0 / 36.0), rel=1e-3)
    assert camera.data.dof.focus_object == root
    for curve in camera.data.animation_data.drivers:
        assert curve.driver.is_simple_expression


def test_depth_of_field_is_sharp_on_the_picture_and_alike_at_every_scale(
    bpy: Any, stripes: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    _, camera, root = stripes
    for number in (2, 16):
        lit_cube(bpy, root, number)
    sharp = looks(stripes, tmp_path, 32)
    focus.focus_on_picture(root, camera, 0.3)
    blurred = looks(stripes, tmp_path, 32)
    for look in blurred[1:]:
        assert np.abs(look - blurred[0]).max() <= 3
    corner = np.s_[:8, :8]  # the picture alone
    assert np.abs(blurred[0] - sharp[0])[corner].max() <= 2
    assert np.abs(blurred[0] - sharp[0]).max() > 40  # the cube's outline
    focus.drop_focus(camera)
    assert not camera.data.dof.use_dof
    assert not focus.is_focused(camera)
    assert np.array_equal(looks(stripes, tmp_path, 32)[0], sharp[0])


def test_another_camera_shows_what_the_zooms_own_shows(
    stripes: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    scene, own, root = stripes
    own.rotation_euler[2], own.data.shift_x, own.data.lens = 0.3, 0.1, 40.0
    own.data.keyframe_insert("lens", frame=1)
    before = looks(stripes, tmp_path, 1)
    added = cameras.add_camera(root)
    scene.camera = added
    for look, was in zip(looks(stripes, tmp_path, 1), before, strict=True):
        assert np.abs(look - was).max() <= 1
    assert finding.camera_of(root) == own
    assert finding.camera_in_use(root, scene) == added
    # Its place and its lens are its own.
    added.location.x, added.data.lens = 0.1, 20.0
    assert (own.location.x, own.data.lens) == (0.0, 40.0)
    root[keys.TRAVEL] = 1.0
    root.update_tag()
    set_zoom(own, 8.0)
    graph = show(scene)
    clip = added.evaluated_get(graph).data.clip_start
    assert clip == pytest.approx(0.02 * 2.0**-8)
    away = [each.evaluated_get(graph).matrix_world.translation for each in (own, added)]
    assert (away[1] - away[0]).length == pytest.approx(0.1 * 2.0**-8, rel=1e-4)
