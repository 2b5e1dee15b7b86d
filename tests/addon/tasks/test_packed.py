"""Packed pictures serve where their files are gone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from projects import files, generate, keep_all_but_first, open_file, part, save_as, shown_folder
from projects import images as shown_images
from projects import root as zoom
from running import UseWorker, latest

pytestmark = pytest.mark.every_version


@pytest.fixture
def packed(bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path) -> list[bytes]:
    """The bytes of the pictures in a file that was packed and taken to another machine."""
    save_as(tmp_path / "here" / "shot.blend")
    generate()
    keep_all_but_first()
    pictures = [file.read_bytes() for file in files()]
    bpy.ops.file.pack_all()
    bpy.ops.wm.save_mainfile()
    (tmp_path / "there").mkdir()
    shutil.move(tmp_path / "here" / "shot.blend", tmp_path / "there" / "shot.blend")
    shutil.rmtree(tmp_path / "here")
    open_file(tmp_path / "there" / "shot.blend")
    return pictures


def read(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.glob("level_*.png"))]


def kept(job: Any) -> list[bool]:
    return [level.keep is not None and Path(level.keep.image).is_file() for level in job.levels]


def test_exactly_as_they_were(bpy: Any, packed: list[bytes], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    manifest = part("scene.finding").stack_of(zoom()).to_dict()

    def new_folder(title: str) -> Path:
        folder.mkdir()
        return folder

    stack = part("scene.unpacking").stack_on_disk(zoom(), new_folder)
    assert read(folder) == packed
    read_again = part("engine.contract.stack").read_stack(folder)
    assert read_again.to_dict() == manifest == stack.to_dict()
    assert all(image.packed_file is not None for image in shown_images())
    # It is used again, and not written twice.
    again = part("scene.unpacking").stack_on_disk(zoom(), new_folder)
    assert again.folder == folder


def test_generate_with_kept_levels(bpy: Any, packed: list[bytes], tmp_path: Path) -> None:
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    assert kept(latest().generation.job) == [False, True, True]
    (pictures,) = {Path(level.keep.image).parent for level in latest().generation.job.levels[1:]}
    assert read(pictures) == packed
    assert pictures.parent == tmp_path / "there" / "zooms"


def test_make_again(bpy: Any, packed: list[bytes]) -> None:
    bpy.context.scene.zoom_stack.active_level = 1
    assert bpy.ops.zoom_stack.level_again() == {"FINISHED"}
    assert kept(latest().generation.job) == [True, False, True]


def test_edit_levels(bpy: Any, packed: list[bytes]) -> None:
    bpy.context.scene.zoom_stack.levels.clear()
    assert bpy.ops.zoom_stack.edit_levels() == {"FINISHED"}
    levels = bpy.context.scene.zoom_stack.levels
    assert [Path(bpy.path.abspath(level.made)).read_bytes() for level in levels] == packed
    levels[0].keep = False
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}


def test_make_sharper(bpy: Any, packed: list[bytes]) -> None:
    start = part("tasks.start")
    run = start.new_sharpening(bpy.context, zoom(), 2, "LANCZOS")
    try:
        assert read(shown_folder()) == packed
        assert shown_folder() != run.out
    finally:
        run.abandon()


def test_what_is_neither_packed_nor_there_is_said(bpy: Any, packed: list[bytes]) -> None:
    shown_images()[1].unpack(method="REMOVE")
    with pytest.raises(RuntimeError, match="level 2 is neither packed nor on the disk"):
        bpy.ops.zoom_stack.edit_levels()


def test_an_output_folder_that_cannot_be_written_to_is_said(
    bpy: Any, packed: list[bytes], tmp_path: Path
) -> None:
    (tmp_path / "there" / "zooms").write_text("a file")
    with pytest.raises(RuntimeError, match="zooms cannot be written to"):
        bpy.ops.zoom_stack.edit_levels()


def test_one_picture_at_a_time(bpy: Any, packed: list[bytes], tmp_path: Path) -> None:
    """As it is done while Blender is used."""
    folder, pressed = tmp_path / "out", []

    def new_folder(title: str) -> Path:
        folder.mkdir()
        return folder

    unpacking = part("tasks.unpacking")
    (root,) = part("tasks.following").to_unpack(bpy.context.scene.zoom_stack)
    task = unpacking.Unpacking([root], new_folder, lambda: pressed.append(True))
    for count in range(1, 4):
        task.tick()
        assert read(folder) == packed[:count]
    assert not pressed
    assert task.tick() is None
    assert pressed
    assert part("tasks.following").to_unpack(bpy.context.scene.zoom_stack) == []


def test_what_ends_too_early_leaves_nothing(bpy: Any, packed: list[bytes], tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def new_folder(title: str) -> Path:
        folder.mkdir()
        return folder

    task = part("tasks.unpacking").Unpacking([zoom()], new_folder, lambda: None)
    task.tick()
    bpy.data.objects.remove(zoom())
    with pytest.raises(Exception, match="is gone"):
        task.tick()
    assert not folder.exists()
