"""Copy beside the File: what was made before the first save moves with the file afterwards."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from projects import files, generate, keep_all_but_first, lost, open_file, part, save_as
from projects import root as zoom
from running import UseWorker, latest


@pytest.fixture
def late(bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path) -> Path:
    """The folder of a file that was saved after its zoom was made."""
    generate()
    keep_all_but_first()
    save_as(tmp_path / "late" / "shot.blend")
    return tmp_path / "late"


def test_the_folder_holds_everything_then(bpy: Any, late: Path, tmp_path: Path) -> None:
    before = files()
    bytes_before = [file.read_bytes() for file in before]
    datafiles = part("blender.folders").unsaved_zooms_folder()
    assert all(file.is_relative_to(datafiles) for file in before)
    assert bpy.ops.zoom_stack.copy_beside(save=True) == {"FINISHED"}
    assert [file.read_bytes() for file in before] == bytes_before  # the source stays
    assert all(file.parent.parent == late / "zooms" for file in files())
    assert [file.read_bytes() for file in files()] == bytes_before
    assert zoom()["zoom_stack_folder"].startswith("//")
    settings = bpy.context.scene.zoom_stack
    assert all(level.made.startswith("//zooms") for level in settings.levels)
    assert settings.run == str(files()[0].parent)
    os.rename(late, tmp_path / "moved")
    shutil.rmtree(before[0].parent)
    open_file(tmp_path / "moved" / "shot.blend")
    assert lost() == []
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    assert lost() == []


def test_only_the_stack_is_copied(bpy: Any, late: Path) -> None:
    (files()[0].parent / "notes.txt").write_text("mine")
    bpy.ops.zoom_stack.copy_beside()
    names = sorted(file.name for file in files()[0].parent.iterdir())
    assert names == ["level_00.png", "level_01.png", "level_02.png", "stack.json"]
    assert [each.name for each in (late / "zooms").iterdir()] == [files()[0].parent.name]


def test_earlier_versions_come_along(bpy: Any, late: Path) -> None:
    open_file(late / "shot.blend")
    runs, keys = part("tasks.runs"), part("scene.keys")

    def count() -> int:
        runs.forget_runs()
        return len(runs.runs_now(bpy.context).of_zoom(zoom()[keys.ID]))

    (late / "zooms").mkdir()
    first = files()[0].parent
    bpy.context.scene.zoom_stack.output_folder = str(first.parent)
    generate()
    assert files()[0].parent.parent == first.parent
    before = count()
    assert before >= 2
    copying = part("tasks.copying")
    (used, size), (every, more) = copying._find_amounts(copying._wanted())
    assert used == 1
    assert every == before
    assert 0 < size < more
    bpy.ops.zoom_stack.copy_beside(which="ALL")
    bpy.context.scene.zoom_stack.output_folder = ""
    assert count() == before


def test_nothing_that_is_saved_leads_back(bpy: Any, late: Path) -> None:
    """What Compare remembers and what a brush shows are copied; an earlier run is not."""
    file = files()[0]
    datafiles = file.parent.parent
    image = bpy.data.images.load(str(files()[0]))
    image.use_fake_user = True
    bpy.context.scene.zoom_stack.output_folder = str(datafiles)
    generate()
    assert bpy.ops.zoom_stack.copy_beside() == {"FINISHED"}
    used = [each for each in bpy.data.images if each.source == "FILE"]
    assert image in used
    assert all(each.filepath.startswith("//zooms") for each in used)


def test_a_copy_that_is_there_is_used_and_another_folder_is_not_touched(
    bpy: Any, late: Path
) -> None:
    before = files()
    bpy.ops.zoom_stack.copy_beside()
    copy = files()[0].parent
    for image, file in zip([i for i in bpy.data.images if i.source == "FILE"], before, strict=True):
        image.filepath_raw = str(file)
    bpy.ops.zoom_stack.copy_beside()
    assert files()[0].parent == copy
    (copy / "level_00.png").write_bytes(b"painted over")
    for image, file in zip([i for i in bpy.data.images if i.source == "FILE"], before, strict=True):
        image.filepath_raw = str(file)
    bpy.ops.zoom_stack.copy_beside()
    assert files()[0].parent.name == f"{copy.name}_2"
    assert (copy / "level_00.png").read_bytes() == b"painted over"


def test_a_failed_copy_leaves_everything_as_it_was(bpy: Any, late: Path) -> None:
    (late / "zooms").write_text("a file, where a folder should be")
    before, made = files(), [level.made for level in bpy.context.scene.zoom_stack.levels]
    with pytest.raises(RuntimeError, match="cannot be copied to"):
        bpy.ops.zoom_stack.copy_beside()
    assert files() == before
    assert [level.made for level in bpy.context.scene.zoom_stack.levels] == made
    assert sorted(each.name for each in late.iterdir()) == ["shot.blend", "zooms"]


def test_what_fails_in_the_middle_leaves_nothing(
    bpy: Any, late: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying = part("scene.copying")
    full = OSError(28, "No space left on device")

    def fail(*_arguments: object) -> None:
        raise full

    monkeypatch.setattr(copying.shutil, "copyfile", fail)
    with pytest.raises(RuntimeError, match="No space left on device"):
        bpy.ops.zoom_stack.copy_beside()
    assert [each.name for each in late.iterdir()] == ["shot.blend"]


def test_cancelled(bpy: Any, late: Path) -> None:
    before = files()
    task = part("tasks.copying").Copying()
    task.cancel()
    part("tasks.runner").run_to_end(task)
    assert files() == before
    assert task.ended
    assert task.error is None


def test_a_zoom_that_was_changed_meanwhile_is_left_alone(bpy: Any, late: Path) -> None:
    task = part("tasks.copying").Copying()
    generate()  # into //zooms
    after = files(), zoom()["zoom_stack_folder"]
    part("tasks.runner").run_to_end(task)
    assert task.error is None
    assert (files(), zoom()["zoom_stack_folder"]) == after


def test_a_picture_of_the_artists_own_stays_where_it_is(
    bpy: Any, late: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    shutil.copy(files()[1], photo)
    finding = part("scene.finding")
    plane = finding.parts(zoom(), "plane")[1]
    (node,) = [n for n in plane.active_material.node_tree.nodes if n.type == "TEX_IMAGE"]
    node.image = bpy.data.images.load(str(photo))
    bpy.ops.zoom_stack.copy_beside()
    assert files()[1] == photo
    assert files()[0].parent.parent == files()[2].parent.parent == late / "zooms"
    assert not bpy.ops.zoom_stack.copy_beside.poll()


def test_packed_in_part(bpy: Any, late: Path) -> None:
    shown = [image for image in bpy.data.images if image.source == "FILE"]
    shown[0].pack()
    bpy.ops.zoom_stack.copy_beside()
    assert part("scene.finding").stack_of(zoom()).folder.parent == late / "zooms"
    assert all(file.parent.parent == late / "zooms" for file in files())
    assert shown[0].packed_file is not None


def test_when_there_is_something_to_copy(
    bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path
) -> None:
    generate()
    assert not bpy.ops.zoom_stack.copy_beside.poll()  # nothing is saved yet
    save_as(tmp_path / "a" / "shot.blend")
    assert bpy.ops.zoom_stack.copy_beside.poll()
    for image in bpy.data.images:
        if image.source == "FILE":
            image.pack()
    assert not bpy.ops.zoom_stack.copy_beside.poll()  # they are in the file
    assert latest().copying is None
