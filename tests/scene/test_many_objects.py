"""What is looked up often does not look at every object of a large file each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import making
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.scene import drivers, family, finding, importing, keys, planes
from bl_ext.user_default.zoom_stack.scene.naming import name_zoom
from bl_ext.user_default.zoom_stack.scene.updating import finish_update, update_steps


@pytest.fixture
def root(bpy: Any, tmp_path: Path) -> Any:
    """A zoom of three levels in the present scene."""
    folder = making.plain_stack(tmp_path / "stack", 3, 2.0)
    options = importing.ImportOptions(target="THIS_SCENE")
    return bpy.data.objects[importing.import_stack(read_stack(folder), options).root_name]


class Context:
    """One in which nothing of the zoom is active."""

    active_object = None

    def __init__(self, scene: Any) -> None:
        self.scene = scene
        scene.camera = None


def test_the_first_zoom_is_found_wherever_it_lies(bpy: Any, root: Any) -> None:
    context = Context(bpy.context.scene)
    assert finding.active_root(context) == root  # in its own collection
    deeper = bpy.data.collections.new("Deeper")
    bpy.data.collections["Collection"].children.link(deeper)
    for home in root.users_collection:
        home.objects.unlink(root)
    assert finding.active_root(context) is None
    deeper.objects.link(root)
    assert finding.active_root(context) == root
    assert finding.shown_roots() == [root]
    bpy.context.scene.collection.children["Collection"].children.unlink(deeper)
    assert finding.active_root(context) is None
    assert finding.shown_roots() == []


def test_a_panels_buttons_mean_its_zoom(bpy: Any, root: Any) -> None:
    assert finding.active_root(bpy.context) == root
    with bpy.context.temp_override(zoom_stack_root=bpy.data.objects["Cube"]):
        assert finding.active_root(bpy.context) == root
    copy = root.copy()
    with bpy.context.temp_override(zoom_stack_root=copy):
        assert finding.active_root(bpy.context) == copy


def test_the_camera_is_known_by_what_it_leads(bpy: Any, root: Any) -> None:
    camera = finding.camera_of(root)
    copy = camera.copy()
    bpy.context.scene.collection.objects.link(copy)
    copy.name = "A Camera"  # it comes before the other one
    assert finding.camera_of(root) == camera
    root.animation_data_clear()  # as of zooms that an older Zoom Stack has built
    assert finding.camera_of(root) == copy
    bpy.data.objects.remove(copy)
    assert finding.camera_of(root) == camera
    camera.parent = None
    assert finding.camera_of(root) is None


def test_a_driver_that_says_the_same_is_left_alone(bpy: Any, root: Any) -> None:
    camera = finding.camera_of(root)
    level = finding.parts(root, keys.ROLE_LEVEL)[1]
    zoom = {"zoom": (camera, keys.path_to(keys.ZOOM))}
    curve = drivers.keep_driver(level, "location", "zoom * 2", zoom, 1)
    curve.mute = True
    drivers.keep_driver(level, "location", "zoom * 2", zoom, 1)
    drivers.keep_driver(level, "location", "zoom * 3", zoom, 1)
    (kept,) = [each for each in level.animation_data.drivers if each.data_path == "location"]
    assert (kept.mute, kept.driver.expression, kept.array_index) == (True, "zoom * 3", 1)
    both = {**zoom, "fade": (root, keys.path_to(keys.FADE))}
    drivers.keep_driver(level, "location", "zoom * 3", both, 1)
    (anew,) = [each for each in level.animation_data.drivers if each.data_path == "location"]
    assert not anew.mute
    assert set(anew.driver.variables.keys()) == {"zoom", "fade"}
    with pytest.raises(ValueError, match="longer than Blender keeps"):
        drivers.keep_driver(level, "location", "zoom" + " + zoom" * 60, both, 1)


def test_a_table_that_is_the_same_is_left_alone(bpy: Any, root: Any) -> None:
    camera = finding.camera_of(root)
    zoom = {"zoom": (camera, keys.path_to(keys.ZOOM))}
    curve = drivers.keep_driver(root, "location", "zoom", zoom, 0)
    rows = [(0.0, 1.0), (0.1, 2.0)]
    drivers.set_table(curve, rows)
    curve.keyframe_points[0].interpolation = "CONSTANT"
    drivers.set_table(curve, rows)
    assert curve.keyframe_points[0].interpolation == "CONSTANT"
    drivers.set_table(curve, [(0.0, 1.0), (0.1, 2.5)])
    assert [tuple(point.co) for point in curve.keyframe_points][1] == pytest.approx((0.1, 2.5))
    assert curve.keyframe_points[0].interpolation == "LINEAR"


def test_a_rectangle_that_lies_there_is_left_alone(bpy: Any, root: Any) -> None:
    mesh = finding.parts(root, keys.ROLE_PLANE)[1].data
    mesh.vertices[0].co.x += 1e-8  # as far as single precision goes
    before = [tuple(vertex.co) for vertex in mesh.vertices]
    planes.move_rectangle(mesh, (0.0, 0.0), 1.0)
    assert [tuple(vertex.co) for vertex in mesh.vertices] == before
    planes.move_rectangle(mesh, (0.25, 0.0), 1.0)
    assert mesh.vertices[0].co.x == pytest.approx(-0.25)


@pytest.mark.parametrize(
    "order", [[1, 2, 3], [2, 3, 1], [2, 1, 3], [3, 2, 1], [2, 3, 4], [4, 1, 2], [4, 5, 6]]
)
def test_names_change_places_without_numbers(bpy: Any, root: Any, order: list[int]) -> None:
    levels = finding.parts(root, keys.ROLE_LEVEL)
    wanted = [f"Level {number:02d}" for number in order]
    family.rename_levels(family.Family(), list(zip(levels, wanted, strict=True)))
    assert [each.name for each in levels] == wanted
    planes_now = [family.Family().plane(each).name for each in levels]
    assert planes_now == [f"{name} Picture" for name in wanted]


def looked_up(bpy: Any, monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> int:
    """How often something asks Blender for an object's children."""
    count = 0

    def children(self: Any) -> tuple[Any, ...]:
        nonlocal count
        count += 1
        return ()

    for name in ("children", "children_recursive"):
        monkeypatch.setattr(bpy.types.Object, name, property(children))
    do()
    return count


def test_an_update_does_not_ask_for_children(
    bpy: Any, root: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blender goes through all objects of the file for each such question."""
    ids = name_zoom(root)
    stack = replace(read_stack(making.plain_stack(tmp_path / "new", 3, 3.0)), ids=ids)
    name = root.name

    def update() -> object:
        return finish_update(update_steps(lambda: bpy.data.objects.get(name), stack))

    assert looked_up(bpy, monkeypatch, update) == 0
    assert finding.stack_of(root).folder == stack.folder
