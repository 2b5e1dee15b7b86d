"""Depth of field, motion blur, holdouts and second cameras look alike at every scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.blender.compat import fcurves_of
from bl_ext.user_default.zoom_stack.engine.contract.geometry import opacity
from bl_ext.user_default.zoom_stack.scene import (
    attaching,
    cameras,
    finding,
    focus,
    keys,
    motion,
    ranges,
    readout,
    spaces,
)
from bl_ext.user_default.zoom_stack.scene.camera import zoom_curve
from judging import load, set_zoom, show
from zooms import zoom_of

from devtools import rendering

LEVELS = 17
# Camera travels or not, zoom in octaves: each shows its level alone.
PLACES = [(1.0, 2), (1.0, 16), (0.0, 2), (0.0, 16)]


@pytest.fixture
def stripes(bpy: Any, tmp_path: Path) -> tuple[Any, Any, Any]:
    """Levels of factor 2, all with one picture of stripes."""
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:, ::4] = picture[:, 1::4] = 200
    folder = making.write_stack(tmp_path / "stack", [picture] * LEVELS)
    return zoom_of(folder, rig="CAMERA")


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
    # Its place and its lens are its own, keys and all.
    added.location.x = 0.1
    for key in fcurves_of(added.data)[0].keyframe_points:
        key.co.y = 20.0
    scene.frame_set(3)
    assert (own.data.lens, added.data.lens) == (40.0, 20.0)
    assert own.location.x == 0.0
    root[keys.TRAVEL] = 1.0
    root.update_tag()
    set_zoom(own, 8.0)
    graph = show(scene)
    clip = added.evaluated_get(graph).data.clip_start
    assert clip == pytest.approx(0.02 * 2.0**-8)
    away = [each.evaluated_get(graph).matrix_world.translation for each in (own, added)]
    assert (away[1] - away[0]).length == pytest.approx(0.1 * 2.0**-8, rel=1e-4)


def test_the_read_out_stays_sharp(stripes: tuple[Any, Any, Any], tmp_path: Path) -> None:
    _, camera, root = stripes
    plain = looks(stripes, tmp_path, 16)
    readout.add_read_out(root, readout.ReadOut(size=0.15))
    sharp = looks(stripes, tmp_path, 16)
    focus.focus_on_picture(root, camera, 1.0)
    for look, was, bare in zip(looks(stripes, tmp_path, 16), sharp, plain, strict=True):
        assert np.abs(look - was).mean() <= 0.2
        assert np.abs(was - bare).mean() > 5


def test_motion_is_blurred_alike_at_every_scale(
    bpy: Any, stripes: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    scene, camera, root = stripes
    for number in (2, 16):
        lit_cube(bpy, root, number)
    rendering.prepare_render(scene, rendering.CYCLES, (48, 48), 64, 0.01)
    found = []
    for travels, octaves in PLACES:
        root[keys.TRAVEL] = travels
        root.update_tag()
        for frame in (0, 4):
            camera[keys.ZOOM] = octaves + (frame - 2) / 4
            camera.keyframe_insert(keys.path_to(keys.ZOOM), frame=frame)
        for key in zoom_curve(camera).keyframe_points:
            key.interpolation = "LINEAR"
        scene.frame_set(2)
        for blurs in (False, True):
            scene.render.use_motion_blur = blurs
            rendering.render_picture(scene, tmp_path / "look.png")
            found.append(load(tmp_path / "look.png").astype(int))
    still, blurred = found[::2], found[1::2]
    assert np.abs(blurred[0] - still[0]).max() > 60
    for look in blurred[1:]:
        assert np.abs(look - blurred[0]).max() <= 4
        assert np.abs(look - blurred[0]).mean() <= 0.2


def test_eevee_keeps_deep_pictures_sharp_and_blurs_their_motion(
    stripes: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    scene, camera, root = stripes
    rendering.prepare_render(scene, rendering.EEVEE, (32, 32), 16, 0.01)

    def look() -> np.ndarray:
        rendering.render_picture(scene, tmp_path / "look.png")
        return load(tmp_path / "look.png").astype(int)

    for frame in (0, 4):
        camera[keys.ZOOM] = 16 + (frame - 2) / 4
        camera.keyframe_insert(keys.path_to(keys.ZOOM), frame=frame)
    scene.frame_set(2)
    still = look()
    motion.blur_motion(scene)
    assert np.abs(look() - still).max() > 60
    scene.render.use_motion_blur = False
    focus.focus_on_picture(root, camera, 0.3)
    focus.sharpen_in_eevee(scene)
    assert np.abs(look() - still).max() <= 2


def test_a_holdout_cuts_the_zoom_and_soft_borders_are_in_the_alpha(
    bpy: Any, tmp_path: Path
) -> None:
    picture = np.full((32, 32, 3), 200, np.uint8)
    folder = making.write_stack(tmp_path / "stack", [picture] * 2, [2.0], feather=0.25)
    scene, camera, root = zoom_of(folder, rig="CAMERA")
    wide, deep = finding.parts(root, keys.ROLE_PLANE)
    rendering.prepare_render(scene, rendering.CYCLES, (64, 64), 16, 0.01)
    scene.render.film_transparent = True
    set_zoom(camera, 0.5)

    def alpha() -> np.ndarray:
        scene.render.image_settings.color_mode = "RGBA"
        scene.render.filepath = str(tmp_path / "alpha.png")
        bpy.ops.render.render(write_still=True, scene=scene.name)
        image = bpy.data.images.load(scene.render.filepath)
        values = np.array(image.pixels[:]).reshape(64, 64, 4)[..., 3]
        bpy.data.images.remove(image)
        return values

    assert alpha().min() == 1.0
    # What is held out before the pictures leaves a hole with hard edges.
    thing = lit_cube(bpy, root, 0, 0.25)
    ranges.drop_range(thing)
    thing.is_holdout = True
    cut = alpha()
    near = 0.25 * 50 / 36 / (50 / 36 / 2**0.5 - 0.25)  # the cube's face, in widths of the frame
    assert (cut < 0.5).mean() == pytest.approx(near**2, abs=0.015)
    assert (cut[24:40, 24:40].max(), cut[:8].min()) == (0.0, 1.0)
    # A level alone: its fade times its soft border, as defined.
    thing.hide_render, wide.visible_camera = True, False
    soft = alpha()
    across = ((np.arange(64) + 0.5) / 64 - 0.5) / 2**-0.5 + 0.5
    ramp = np.clip((0.5 - np.abs(across - 0.5)) / 0.25, 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    wanted = opacity(0.5, 0.0, 1.0, root[keys.FADE]) * ramp[:, None] * ramp
    assert np.abs(soft - wanted).max() < 0.02
    # A level that is held out is a hole of the same shape.
    wide.visible_camera, deep.is_holdout = True, True
    assert np.abs(alpha() - (1.0 - wanted)).max() < 0.02


def test_the_artists_focus_comes_back(bpy: Any, stripes: tuple[Any, Any, Any]) -> None:
    scene, camera, root = stripes
    target, dof = bpy.data.objects.new("Target", None), camera.data.dof
    scene.collection.objects.link(target)
    dof.focus_object, dof.aperture_fstop = target, 0.7
    before = set(camera.data.keys())
    for f_stop in (1.0, 2.0):
        focus.focus_on_picture(root, camera, f_stop)
    assert dof.focus_object == root
    focus.drop_focus(camera)
    assert (dof.focus_object, dof.aperture_fstop) == (target, pytest.approx(0.7))
    assert set(camera.data.keys()) == before
