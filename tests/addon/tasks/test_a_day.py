"""A day with one zoom: after each step only that has changed which the step may change.

Everything of the file is written down before and after: properties of objects, cameras, lights and
scenes, keys with their handles, materials, pictures, the list. What a step may change is said
beside it. Afterwards all steps are undone, one by one, and done again.
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
from tests.dumping import changed
from tests.dumping import dumped as dumped_with

pytestmark = pytest.mark.every_version


def dumped(bpy: Any) -> dict[str, Any]:
    return dumped_with(bpy, bpy_session.submodule("blender.compat").fcurves_of)


class Day:
    """Does steps, and sees that nothing else changes than what a step may."""

    def __init__(self, bpy: Any) -> None:
        self._bpy = bpy
        self._bpy.ops.ed.undo_push(message="Begin")
        self._states = [dumped(bpy)]

    def step(self, act: Callable[[], object], *may_change: str) -> None:
        before = dumped(self._bpy)
        act()
        after = dumped(self._bpy)
        allowed = [re.compile(pattern) for pattern in may_change]
        left = [
            key
            for key in changed(before, after)
            if not any(pattern.match(key) for pattern in allowed)
        ]
        assert sorted(left) == []
        self.note()

    def note(self) -> None:
        """What there is now is one step to undo, as a run pushes it in a window."""
        self._bpy.ops.ed.undo_push(message="Step")
        self._states.append(dumped(self._bpy))

    def undo_and_redo_all(self) -> None:
        """Every state comes back as it was, with its pictures."""
        for state in reversed(self._states[:-1]):
            self._bpy.ops.ed.undo()
            assert sorted(changed(state, dumped(self._bpy))) == []
        for state in self._states[1:]:
            self._bpy.ops.ed.redo()
            assert sorted(changed(state, dumped(self._bpy))) == []


# What knows how many levels there are, and where.
_STACK = (
    r'.*\["zoom_stack_(manifest|folder|level|lap|markers)"\]', r".*\.selected$", r".*\.picture$",
    r"scene .*\.levels$",
)  # fmt: skip
# The zoom's own keys, range and markers follow its levels as long as nobody has touched them.
_TIMING = (
    r".*\.keys\.\[\"zoom\"\].*", r"scene .*\.frame_end", r"scene .*\.marker 0\d .*",
    r'.*\["zoom"\]$', r'.*\["level"\]$', r".*\.location$",
)  # fmt: skip


def test_a_day(bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path) -> None:
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
    everything = Day(bpy)
    day = everything.step

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

    def end() -> None:
        own.loop = False
        bpy.ops.zoom_stack.generate()

    day(end, *_STACK, *_TIMING, levels, materials, r'.*\["zoom_stack_turn"\]',
        r'.*\["hold_seconds"\]', r"scene .*\.frame_start")  # fmt: skip
    day(lambda: bpy.ops.zoom_stack.compare_picture(level=2), *_STACK)
    runs = bpy_session.submodule("tasks.runs").runs_now(bpy.context)
    whole = next(run for run in runs.of_zoom(root[keys.ID])[1:] if not run.stack.loop)
    day(
        lambda: bpy.ops.zoom_stack.show_version(folder=whole.folder.name),
        *_STACK, *_TIMING, levels, materials,
    )  # fmt: skip

    def deeper() -> None:
        last = len(own.levels) - 1
        bpy.ops.zoom_stack.zoom_here(
            level=last, focus=(0.4, 0.6), zoom_factor=3.0, prompt="a city", generate_now=True
        )

    day(deeper, *_STACK, *_TIMING, levels, materials)
    assert len(finding.octaves_of(root)) == 4
    everything.undo_and_redo_all()
    in_the_evening(bpy, day, folder)


def in_the_evening(bpy: Any, day: Callable[..., None], folder: Path) -> None:
    """Saved, saved elsewhere, moved, opened again; and rendered."""
    finding, keys = bpy_session.submodule("scene.finding"), bpy_session.submodule("scene.keys")
    tmp_path = folder.parent
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
        if not re.match(r'.*(\["zoom_stack_folder"\]|filepath|\.selected|\.levels)$', key)
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
