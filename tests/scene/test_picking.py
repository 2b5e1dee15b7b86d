"""Which picture of a zoom a pixel of a 3D view shows, and where in it."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import making
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.geometry import Place
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import finding, importing, keys, picking
from bl_ext.user_default.zoom_stack.scene.camera import zoom_curve
from mathutils import Matrix, Vector

WIDTH, HEIGHT = 800, 600
REGION = SimpleNamespace(width=WIDTH, height=HEIGHT)
CLOSE = 1e-3
FOCUS = (0.6, 0.4)
SIZE = (12, 8)


def imported(bpy: Any, folder: Path, rig: str = "CAMERA") -> Any:
    options = importing.ImportOptions(rig=rig, target="THIS_SCENE")
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = WIDTH, HEIGHT
    return bpy.data.objects[importing.import_stack(read_stack(folder), options).root_name]


@pytest.fixture(params=["CAMERA", "WORLD"])
def root(bpy: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """Four levels off the middle, each 3 times closer."""
    folder = making.plain_stack(tmp_path / "s", 4, 3.0, FOCUS, [SIZE] * 4)
    return imported(bpy, folder, request.param)


def go_to(bpy: Any, root: Any, zoom: float) -> None:
    camera = finding.camera_of(root)
    curve = zoom_curve(camera)
    if curve is not None:
        curve.mute = True
    camera[keys.ZOOM] = zoom
    camera.update_tag()
    bpy.context.view_layer.update()


def through_camera(bpy: Any, root: Any) -> Any:
    """What a 3D view has that shows the camera's frame alone."""
    camera = finding.camera_of(root)
    window = camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=WIDTH, y=HEIGHT)
    view = camera.matrix_world.normalized().inverted()
    return SimpleNamespace(perspective_matrix=window @ view)


def orthographic(bpy: Any, root: Any, turned: float) -> Any:
    """From the front or turned to the side, 3 wide, at the zoom's limit point."""
    place = root.matrix_world @ Matrix.Rotation(turned, 4, "Y") @ Matrix.Translation((0, 0, 5))
    scale = Matrix.Diagonal((2 / 3, 2 / 3 * WIDTH / HEIGHT, -0.01, 1.0))
    return SimpleNamespace(perspective_matrix=scale @ place.inverted())


def pixel_of(view: Any, plane: Any, place: tuple[float, float]) -> tuple[float, float]:
    """The pixel that shows a place in a picture, by the mesh's own texture coordinates."""
    mesh, u, v = plane.data, place[0], 1.0 - place[1]
    layer, where = mesh.uv_layers[0].data, Vector((0.0, 0.0, 0.0))
    for loop in mesh.loops:
        uv = layer[loop.index].uv
        weight = (u if uv.x > 0.5 else 1.0 - u) * (v if uv.y > 0.5 else 1.0 - v)
        where += mesh.vertices[loop.vertex_index].co * weight
    seen = view.perspective_matrix @ (plane.matrix_world @ where).to_4d()
    return (seen.x / seen.w + 1) * WIDTH / 2, (seen.y / seen.w + 1) * HEIGHT / 2


def planes(root: Any) -> dict[int, Any]:
    return {int(each[keys.INDEX]): each for each in finding.parts(root, keys.ROLE_PLANE)}


@pytest.mark.parametrize("zoom", [0.0, 1.0, math.log2(3.0), 2.9, 3 * math.log2(3.0)])
def test_the_middle_of_the_frame_is_where_the_camera_looks(
    bpy: Any, root: Any, zoom: float
) -> None:
    go_to(bpy, root, zoom)
    view = through_camera(bpy, root)
    for level, octaves in enumerate(finding.octaves_of(root)):
        projection = picking.project(planes(root)[level], REGION, view)
        if zoom == pytest.approx(octaves):  # the level fills the frame
            assert projection.to_picture((WIDTH / 2, HEIGHT / 2)) == pytest.approx(
                (0.5, 0.5), abs=CLOSE
            )
            # The frame is 4:3 in a picture of 3:2: whole in height.
            assert projection.to_picture((WIDTH / 2, HEIGHT))[1] == pytest.approx(0.0, abs=CLOSE)
            assert projection.to_picture((0, HEIGHT / 2))[0] == pytest.approx(
                0.5 - 0.5 * (4 / 3) / (3 / 2), abs=CLOSE
            )


@pytest.mark.parametrize("zoom", [0.0, 0.8, 1.6, 3.1, 4.7])
@pytest.mark.parametrize("kind", ["camera", "front", "aside"])
def test_a_pixel_and_a_place_lead_to_each_other(
    bpy: Any, root: Any, zoom: float, kind: str
) -> None:
    go_to(bpy, root, zoom)
    if kind == "camera":
        view = through_camera(bpy, root)
    else:
        view = orthographic(bpy, root, 0.0 if kind == "front" else 0.7)
    checked = 0
    for level, plane in planes(root).items():
        if not plane.visible_get():  # Blender does not place what nobody sees
            continue
        projection = picking.project(plane, REGION, view)
        for place in ((0.1, 0.2), (0.5, 0.5), (0.93, 0.61)):
            pixel = projection.to_region(place)
            if pixel is None:
                continue
            # What is far outside of the view has few digits in it.
            scale = max(1.0, *map(abs, pixel)) / WIDTH
            assert pixel == pytest.approx(pixel_of(view, plane, place), abs=0.05 * scale), level
            if scale <= 1.0:
                assert projection.to_picture(pixel) == pytest.approx(place, abs=CLOSE), level
                checked += 1
    assert checked or kind != "camera"


def test_the_back_of_a_picture_shows_nothing(bpy: Any, root: Any) -> None:
    go_to(bpy, root, 0.0)
    for turned, front in ((1.5, True), (1.65, False), (math.pi, False)):
        projection = picking.project(planes(root)[0], REGION, orthographic(bpy, root, turned))
        middle = projection.to_region((0.5, 0.5))
        assert (projection.to_picture(middle) is not None) == front


def test_what_lies_behind_the_viewer_is_not_seen(bpy: Any, root: Any) -> None:
    view = through_camera(bpy, root)
    turned = Matrix.Rotation(math.pi, 4, "X")
    camera = finding.camera_of(root)
    away = (camera.matrix_world.normalized() @ turned).inverted()
    window = view.perspective_matrix @ camera.matrix_world.normalized()
    projection = picking.project(
        planes(root)[0], REGION, SimpleNamespace(perspective_matrix=window @ away)
    )
    assert projection.to_region((0.5, 0.5)) is None
    assert projection.to_picture((WIDTH / 2, HEIGHT / 2)) is None


def test_the_deepest_level_that_shows_is_picked(bpy: Any, root: Any) -> None:
    """They fade in over three quarters of their octaves: half of that is 0.375."""
    step = math.log2(3.0)
    root[keys.FADE] = 0.75
    for zoom, deepest in ((0.0, 0), (0.3, 0), (0.45, 1), (1.0, 1), (1.3, 1), (1.45, 2), (3.0, 3)):
        go_to(bpy, root, zoom * step)
        numbers = [each.number for each in picking.shown_levels(root)]
        assert numbers == list(range(deepest, -1, -1)), zoom
        shown, place = picking.pick(
            picking.shown_levels(root), REGION, through_camera(bpy, root), (WIDTH / 2, HEIGHT / 2)
        )
        assert shown.number == deepest
        assert all(0 < value < 1 for value in place)
    go_to(bpy, root, step)
    planes(root)[1].hide_set(True)
    assert [each.number for each in picking.shown_levels(root)] == [0]


def test_beside_a_small_level_the_wider_one_is_picked(bpy: Any, root: Any) -> None:
    root[keys.FADE] = 0.0
    go_to(bpy, root, 0.0)
    view, levels = through_camera(bpy, root), picking.shown_levels(root)
    wide = picking.project(planes(root)[0], REGION, view)

    def picked(place: tuple[float, float]) -> Any:
        return picking.pick(levels, REGION, view, wide.to_region(place))

    # Level 1 covers a third, around the focus.
    shown, place = picked((0.3, 0.3))
    assert shown.number == 0
    assert place == pytest.approx((0.3, 0.3), abs=CLOSE)
    shown, place = picked((FOCUS[0] - 0.1, FOCUS[1] + 0.1))
    assert shown.number == 1
    assert place == pytest.approx((0.5 - 0.3, 0.5 + 0.3), abs=CLOSE)
    assert picked((-0.01, 0.5)) is None


def test_a_loop_shows_its_first_level_in_its_last(bpy: Any, tmp_path: Path) -> None:
    factors, focuses = [3.0, 2.0, 4.0], [(0.6, 0.4), (0.4, 0.55), (0.3, 0.7)]
    pictures = [making.to_bytes(making.natural(8, 8, seed)) for seed in range(3)]
    folder = making.write_loop(tmp_path / "loop", pictures, factors, focuses)
    root = imported(bpy, folder)
    last = finding.octaves_of(root)[-1]
    for share, number in ((0.2, 2), (0.6, 0), (1.0, 0)):
        go_to(bpy, root, last + share * math.log2(3.0))
        levels = picking.shown_levels(root)
        assert levels[0].number == number
    shown, place = picking.pick(levels, REGION, through_camera(bpy, root), (WIDTH / 2, HEIGHT / 2))
    assert (shown.number, int(bpy.data.objects[shown.plane][keys.INDEX])) == (0, 3)
    assert place == pytest.approx((0.5, 0.5), abs=CLOSE)
    in_parent = picking.project(planes(root)[2], REGION, through_camera(bpy, root))
    assert in_parent.to_picture((WIDTH / 2, HEIGHT / 2)) == pytest.approx((0.6, 0.4), abs=CLOSE)


def test_a_mesh_of_the_artists_own_is_left_alone(bpy: Any, root: Any) -> None:
    plane = planes(root)[0]
    plane.data = bpy.data.objects["Cube"].data
    assert picking.project(plane, REGION, through_camera(bpy, root)) is None


def close(place: Place, x: float, y: float, size: float) -> bool:
    return tuple(place) == pytest.approx((x, y, size), abs=2e-5)


def test_a_rectangle_keeps_the_pictures_shape_and_stays_in_it() -> None:
    assert close(picking.rectangle((0.2, 0.3), (0.6, 0.4)), 0.4, 0.5, 0.4)
    assert close(picking.rectangle((0.6, 0.7), (0.5, 0.3)), 0.4, 0.5, 0.4)
    assert close(picking.rectangle((0.7, 0.5), (3.0, 0.6)), 0.85, 0.65, 0.3)  # to the border
    assert close(picking.rectangle((0.0, 0.0), (2.0, 2.0)), 0.5 / 1.1, 0.5 / 1.1, 1 / 1.1)
    assert close(picking.rectangle((1.0, 1.0), (1.2, 1.2)), 127 / 128, 127 / 128, 1 / 64)
    assert close(picking.inside(Place(0.9, 0.1, 0.5)), 0.75, 0.25, 0.5)
