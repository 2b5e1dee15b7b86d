"""A day with one zoom: after each step only that has changed which the step may change.

Everything of the file is written down before and after: properties of objects, cameras, lights and
scenes, keys with their handles, materials. What a step may change is said beside it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import UseWorker, latest

from devtools import bpy_session

_OBJECT = (
    "location", "rotation_euler", "scale", "delta_location", "hide_render", "hide_select",
    "show_in_front", "display_type", "instance_type",
)  # fmt: skip
_SCENE = ("frame_start", "frame_end", "frame_current", "use_preview_range", "sync_mode")
_RENDER = ("resolution_x", "resolution_y", "resolution_percentage", "fps", "engine", "filepath")
_CAMERA = ("lens", "shift_x", "shift_y", "clip_end", "sensor_width", "dof.use_dof")


def dumped(bpy: Any) -> dict[str, object]:
    """All of it: "Camera.keys.rotation_euler[2]": value."""
    found: dict[str, object] = {}
    for item in bpy.data.objects:
        found |= of_object(item)
    for camera in bpy.data.cameras:
        found |= named(f"camera {camera.name}", camera, _CAMERA)
    for light in bpy.data.lights:
        found |= named(f"light {light.name}", light, ("energy", "color"))
    for material in bpy.data.materials:
        for node in material.node_tree.nodes if material.users and material.node_tree else ():
            place = f"material {material.name}.{node.name}"
            found[place] = (node.bl_idname, tuple(node.location), node.mute)
    for scene in bpy.data.scenes:
        found |= of_scene(scene)
    return found


def of_object(item: Any) -> dict[str, object]:
    found = named(item.name, item, _OBJECT)
    found[f"{item.name}.parent"] = item.parent.name if item.parent else ""
    for name in item.keys():  # noqa: SIM118 - no mapping
        if isinstance(item[name], int | float | str):
            found[f'{item.name}["{name}"]'] = item[name]
    for slot in item.material_slots:
        found[f"{item.name}.material"] = slot.material.name if slot.material else ""
    for curve in bpy_session.submodule("blender.compat").fcurves_of(item):
        found[f"{item.name}.keys.{curve.data_path}[{curve.array_index}]"] = [
            (*point.co, *point.handle_left, *point.handle_right, point.interpolation)
            for point in curve.keyframe_points
        ]
    return found


def of_scene(scene: Any) -> dict[str, object]:
    place, layer = f"scene {scene.name}", scene.view_layers[0]
    found = named(place, scene, _SCENE) | named(f"{place}.render", scene.render, _RENDER)
    found[f"{place}.camera"] = scene.camera.name if scene.camera else ""
    found[f"{place}.selected"] = sorted(each.name for each in layer.objects.selected)
    found[f"{place}.active"] = layer.objects.active.name if layer.objects.active else ""
    return found | {f"{place}.marker {each.name}": each.frame for each in scene.timeline_markers}


def named(place: str, owner: Any, names: tuple[str, ...]) -> dict[str, object]:
    found = {}
    for name in names:
        value = owner.path_resolve(name)
        plain = isinstance(value, str) or not hasattr(value, "__len__")
        found[f"{place}.{name}"] = value if plain else tuple(value)
    return found


def changed(before: dict[str, object], after: dict[str, object]) -> set[str]:
    return {
        key
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }  # fmt: skip


@pytest.fixture
def day(bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path) -> Callable[..., None]:
    """Do a step, and see that nothing else changed."""

    def step(act: Callable[[], object], *may_change: str) -> None:
        before = dumped(bpy)
        act()
        allowed = [re.compile(pattern) for pattern in may_change]
        left = [
            key
            for key in changed(before, dumped(bpy))
            if not any(pattern.match(key) for pattern in allowed)
        ]
        assert sorted(left) == []

    return step


# What knows how many levels there are, and where.
_STACK = (
    r'.*\["zoom_stack_(manifest|folder|level|lap|markers)"\]', r".*\.selected$",
)  # fmt: skip
# The zoom's own keys, range and markers follow its levels as long as nobody has touched them.
_TIMING = (
    r".*\.keys\.\[\"zoom\"\].*", r"scene .*\.frame_end", r"scene .*\.marker 0\d .*",
    r'.*\["zoom"\]$', r'.*\["level"\]$', r".*\.location$",
)  # fmt: skip


def test_a_day(bpy: Any, settings: Any, day: Callable[..., None], tmp_path: Path) -> None:
    finding, keys = bpy_session.submodule("scene.finding"), bpy_session.submodule("scene.keys")
    folder = tmp_path / "project"
    folder.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    bpy.ops.zoom_stack.generate()
    bpy.context.window.scene = bpy.data.scenes[latest().generation.delivery.result.scene_name]
    root = finding.active_root(bpy.context)
    scene = bpy.context.scene
    camera = scene.camera

    def level(number: int) -> Any:
        return finding.parts(root, keys.ROLE_LEVEL)[number]

    # The shot: timing, lens, roll, a lamp on level 2, a cube of one's own, markers.
    bpy.ops.zoom_stack.retime(seconds_per_octave=1.5, hold_seconds=0.5)
    camera.data.lens, camera.data.shift_x = 33.0, 0.1
    camera.keyframe_insert("rotation_euler", frame=1)
    camera.rotation_euler.z = 0.5
    camera.keyframe_insert("rotation_euler", frame=60)
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    scene.collection.objects.link(lamp)
    lamp.parent, lamp.location = level(1), (0.2, 0.1, 0.3)
    lamp.keyframe_insert("location", frame=10)
    scene.timeline_markers.new("beat", frame=33)
    scene.render.resolution_x, scene.render.filepath = 1234, "//out/"
    scene.frame_set(25)
    own = scene.zoom_stack

    day(lambda: bpy.ops.zoom_stack.generate(), *_STACK)
    own.active_level = 1
    day(lambda: bpy.ops.zoom_stack.level_again(), *_STACK)
    for each in own.levels:
        each.keep = False

    def insert() -> None:
        own.active_level = 0
        bpy.ops.zoom_stack.level_add()
        own.levels[1].prompt = "a nebula"
        bpy.ops.zoom_stack.generate()

    parts = r"(Level|Dolly|Pan|World).*"
    # The Empty that it hangs on has another number, or the wider one's.
    hangs = r"Lamp\.parent"
    levels = rf"{parts}(\.|\[|$).*"
    materials = r"material .*"
    day(insert, *_STACK, *_TIMING, levels, materials, hangs)
    assert lamp.parent == level(2)

    def remove() -> None:
        own.active_level = 2
        bpy.ops.zoom_stack.level_remove()
        bpy.ops.zoom_stack.generate()

    day(remove, *_STACK, *_TIMING, levels, materials, hangs)
    assert lamp.parent == level(1)

    def reorder() -> None:
        own.active_level = 2
        bpy.ops.zoom_stack.level_move(direction="UP")
        bpy.ops.zoom_stack.generate()

    day(reorder, *_STACK, *_TIMING, levels, materials, hangs)

    def photo() -> None:
        image = bpy.data.images.new("photo", 64, 64)
        image.filepath_raw, image.file_format = str(folder / "photo.png"), "PNG"
        image.save()
        bpy.data.images.remove(image)
        own.levels[1].pin_image = "//photo.png"
        bpy.ops.zoom_stack.generate()

    day(photo, *_STACK)

    def loop() -> None:
        own.loop = True
        bpy.ops.zoom_stack.generate()

    day(loop, *_STACK, *_TIMING, levels, materials, r'.*\["zoom_stack_turn"\]',
        r'.*\["hold_seconds"\]', r"scene .*\.frame_start")  # fmt: skip
    own.loop = False
    bpy.ops.zoom_stack.generate()

    # Files: saved, saved elsewhere, moved, opened again.
    day(lambda: bpy.ops.wm.save_mainfile())
    elsewhere = tmp_path / "deeper" / "other.blend"
    elsewhere.parent.mkdir()
    day(lambda: bpy.ops.wm.save_as_mainfile(filepath=str(elsewhere)), *_STACK, r".*\.filepath")
    before = dumped(bpy)
    bpy.ops.wm.open_mainfile(filepath=str(folder / "shot.blend"))
    shutil.move(folder, tmp_path / "archive")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "archive" / "shot.blend"))
    left = [
        key
        for key in changed(before, dumped(bpy))
        if not re.match(r'.*(\["zoom_stack_folder"\]|filepath|\.selected)$', key)
    ]
    assert left == []
    root = finding.active_root(bpy.context)
    for plane in finding.parts(root, keys.ROLE_PLANE):
        assert Path(bpy.path.abspath(finding.image_of(plane).filepath)).is_file()
    bpy.ops.zoom_stack.generate()
    assert [item for item in bpy.data.objects if finding.is_root(item)] == [root]
    scene = bpy.context.scene
    assert (scene.camera.data.lens, scene.render.resolution_x) == (33.0, 1234)
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.render.filepath = str(tmp_path / "frame.png")
    bpy.ops.render.render(write_still=True)
    assert (tmp_path / "frame.png").is_file()
