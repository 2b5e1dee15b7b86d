"""The file is saved, copied and moved: no picture is lost, and kept levels stay kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from running import UseWorker, latest

from devtools import bpy_session

pytestmark = pytest.mark.every_version


@pytest.fixture
def project(bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path) -> Path:
    """A folder with a file whose zoom lies beside it; its scene is the active one."""
    folder = tmp_path / "project"
    folder.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    bpy.ops.zoom_stack.generate()
    bpy.context.window.scene = bpy.data.scenes[latest().generation.delivery.result.scene_name]
    for level in bpy.context.scene.zoom_stack.levels[1:]:
        level.keep = True
    bpy.ops.wm.save_mainfile()
    return folder


def lost(bpy: Any) -> list[str]:
    """Everything of a zoom in the open file that cannot be found."""
    finding, keys = bpy_session.submodule("scene.finding"), bpy_session.submodule("scene.keys")
    missing = []
    for scene in bpy.data.scenes:
        for level in scene.zoom_stack.levels:
            if level.made and not Path(bpy.path.abspath(level.made)).is_file():
                missing.append(f"{scene.name}: {level.made}")
    (root,) = [item for item in bpy.data.objects if finding.is_root(item)]
    folder = finding.stack_of(root).folder
    missing += [] if (folder / "stack.json").is_file() else [str(folder)]
    for plane in finding.parts(root, keys.ROLE_PLANE):
        image = finding.image_of(plane)
        image.reload()
        if not image.has_data and image.size[0] == 0:
            missing.append(image.filepath)
    return missing


def open_file(bpy: Any, file: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(file))


def test_a_moved_project_keeps_its_zoom(bpy: Any, project: Path, tmp_path: Path) -> None:
    shutil.move(project, tmp_path / "archive" / "project")
    open_file(bpy, tmp_path / "archive" / "project" / "shot.blend")
    assert lost(bpy) == []
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    assert lost(bpy) == []
    stack = bpy_session.submodule("engine.contract.stack").read_stack(latest().generation.out)
    assert stack.folder.parent == tmp_path / "archive" / "project" / "zooms"


@pytest.mark.parametrize("copy", [False, True])
def test_saved_elsewhere(bpy: Any, project: Path, tmp_path: Path, copy: bool) -> None:
    elsewhere = tmp_path / "deeper" / "still" / "other.blend"
    elsewhere.parent.mkdir(parents=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(elsewhere), copy=copy)
    assert lost(bpy) == []
    for file in (elsewhere, project / "shot.blend"):
        open_file(bpy, file)
        assert lost(bpy) == []


def test_what_was_made_before_the_first_save(
    bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path
) -> None:
    bpy.ops.zoom_stack.generate()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "late.blend"))
    assert lost(bpy) == []
    open_file(bpy, tmp_path / "late.blend")
    assert lost(bpy) == []


@pytest.mark.parametrize("saved", [False, True])
def test_imported_before_and_after_the_first_save(
    bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path, saved: bool
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    settings.output_folder = str(project)
    bpy.ops.zoom_stack.generate()
    made = latest().generation.out
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    for save_now in (saved, not saved):
        if save_now:
            bpy.ops.wm.save_as_mainfile(filepath=str(project / "shot.blend"))
        else:
            bpy.ops.zoom_stack.import_stack(filepath=str(made / "stack.json"))
            bpy.ops.zoom_stack.edit_levels()
    bpy.ops.wm.save_mainfile()
    assert all(level.made.startswith("//") for level in levels(bpy))
    os.rename(project, tmp_path / "renamed")
    open_file(bpy, tmp_path / "renamed" / "shot.blend")
    assert lost(bpy) == []


def levels(bpy: Any) -> list[Any]:
    return [level for scene in bpy.data.scenes for level in scene.zoom_stack.levels]


def test_a_picture_pinned_before_the_first_save_moves_along(
    bpy: Any, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "photo.png").write_bytes(b"")
    settings.levels[0].pin_image = str(tmp_path / "p" / "photo.png")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "p" / "copy.blend"), copy=True)
    assert settings.levels[0].pin_image == str(tmp_path / "p" / "photo.png")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "p" / "shot.blend"))
    assert bpy.context.scene.zoom_stack.levels[0].pin_image == "//photo.png"


def test_a_pinned_picture_beside_the_file_is_found_from_elsewhere(
    bpy: Any, project: Path, tmp_path: Path
) -> None:
    (project / "photo.png").write_bytes(b"")
    level = bpy.context.scene.zoom_stack.levels[0]
    level.pin_image = "//photo.png"
    (tmp_path / "x").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "x" / "a.blend"))
    level = bpy.context.scene.zoom_stack.levels[0]
    assert Path(bpy.path.abspath(level.pin_image)).resolve() == project / "photo.png"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "b.blend"), copy=True)
    assert Path(bpy.path.abspath(level.pin_image)).resolve() == project / "photo.png"
