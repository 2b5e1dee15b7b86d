"""Pictures that are gone from where the zoom expects them are found again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from projects import (
    files,
    generate,
    keep_all_but_first,
    lost,
    open_file,
    part,
    save_as,
    shown_folder,
)
from projects import images as shown_images
from projects import root as zoom
from running import UseWorker


@pytest.fixture
def project(bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    save_as(folder / "shot.blend")
    generate()
    keep_all_but_first()
    bpy.ops.wm.save_mainfile()
    return folder


def find(bpy: Any, **options: Any) -> set[str]:
    result: set[str] = bpy.ops.zoom_stack.find_pictures(**options)
    return result


def test_a_file_that_was_moved_alone_finds_them_in_a_folder_beside_it(
    bpy: Any, project: Path, tmp_path: Path
) -> None:
    name = shown_folder().name
    (tmp_path / "a").mkdir()
    os.rename(project / "shot.blend", tmp_path / "a" / "shot.blend")
    os.rename(project / "zooms" / name, tmp_path / "a" / name)
    open_file(tmp_path / "a" / "shot.blend")
    assert lost() != []
    assert find(bpy) == {"FINISHED"}
    assert lost() == []
    assert shown_folder() == tmp_path / "a" / name
    assert all(level.made.startswith(f"//{name}") for level in bpy.context.scene.zoom_stack.levels)


@pytest.mark.parametrize("place", ["preferences", "scene", "datafiles", "above"])
def test_the_usual_places(bpy: Any, prefs: Any, project: Path, tmp_path: Path, place: str) -> None:
    folder = shown_folder()
    places = {
        "preferences": tmp_path / "library",
        "scene": tmp_path / "renders",
        "datafiles": part("blender.folders").unsaved_zooms_folder(),
        "above": tmp_path / "zooms",
    }
    places[place].mkdir(parents=True, exist_ok=True)
    target = places[place] / folder.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(folder, target)
    if place == "preferences":
        prefs.stack_folder = str(places[place])
    if place == "scene":
        bpy.context.scene.zoom_stack.output_folder = str(places[place])
    assert find(bpy) == {"FINISHED"}
    assert lost() == []
    assert shown_folder() == target
    shutil.rmtree(target)


def test_a_renamed_folder_is_known_by_the_zooms_id(bpy: Any, project: Path) -> None:
    os.rename(shown_folder(), project / "zooms" / "final")
    assert find(bpy) == {"FINISHED"}
    assert shown_folder() == project / "zooms" / "final"
    assert lost() == []


def test_another_zooms_pictures_of_the_same_names_are_not_taken(
    bpy: Any, project: Path, tmp_path: Path
) -> None:
    other = project / "zooms" / "another"
    shutil.copytree(shown_folder(), other)
    text = (other / "stack.json").read_text(encoding="utf-8")
    (other / "stack.json").write_text(text.replace(zoom()["zoom_stack_id"], "stranger"))
    before = files()
    shutil.rmtree(shown_folder())
    with pytest.raises(RuntimeError, match="3 pictures still missing"):
        find(bpy)
    assert files() == before
    # A person may choose them.
    assert find(bpy, directory=str(other)) == {"FINISHED"}
    assert shown_folder() == other


def test_a_chosen_folder_is_looked_through(bpy: Any, project: Path, tmp_path: Path) -> None:
    deep = tmp_path / "disk" / "1" / "2" / "3" / "4" / "pictures"
    deep.parent.mkdir(parents=True)
    shutil.move(shown_folder(), deep)
    (deep / "stack.json").unlink()
    with pytest.raises(RuntimeError, match="3 pictures still missing"):
        find(bpy)
    assert find(bpy, directory=str(tmp_path / "disk")) == {"FINISHED"}
    assert all(file.parent == deep for file in files())
    assert all(len(image.pixels) > 0 for image in shown_images())


def test_one_that_is_missing(bpy: Any, project: Path) -> None:
    folder = shown_folder()
    shutil.copytree(folder, project / folder.name)
    (folder / "level_01.png").unlink()
    assert find(bpy) == {"FINISHED"}
    assert [file.parent for file in files()] == [folder, project / folder.name, folder]
    assert all(len(image.pixels) > 0 for image in shown_images())


def test_packed_pictures_are_never_missing(bpy: Any, project: Path) -> None:
    for image in shown_images():
        image.pack()
    shutil.rmtree(shown_folder())
    assert part("scene.whereabouts").files_of(zoom()) == {}
    assert find(bpy) == {"FINISHED"}


def test_what_blender_finds_itself_the_levels_know_too(
    bpy: Any, project: Path, tmp_path: Path
) -> None:
    folder = shown_folder()
    shutil.move(folder, tmp_path / "elsewhere" / folder.name)
    bpy.ops.file.find_missing_files(directory=str(tmp_path / "elsewhere"))
    bpy.ops.wm.save_mainfile()
    assert lost() == []
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}


def test_saved_elsewhere_with_paths_as_they_are(bpy: Any, project: Path, tmp_path: Path) -> None:
    """The file browser's Remap Relative is off: a copy of the folder is what is meant."""
    shutil.copytree(project, tmp_path / "x" / "copy")
    file = tmp_path / "x" / "copy" / "other.blend"
    bpy.context.scene.zoom_stack.levels[0].pin_image = "//photo.png"
    save_as(file, relative_remap=False)
    assert bpy.context.scene.zoom_stack.levels[0].pin_image == "//photo.png"
    for _ in range(2):
        for level in bpy.context.scene.zoom_stack.levels:
            assert level.made.startswith("//zooms")
            assert Path(bpy.path.abspath(level.made)).is_relative_to(file.parent)
        assert lost() == []
        open_file(file)


def differ(file: Path) -> None:
    """What a real engine writes differs; the double's pictures are all alike."""
    image = bpy_module().data.images.load(str(file))
    image.pixels[0] = 0.25
    image.save()
    bpy_module().data.images.remove(image)


def bpy_module() -> Any:
    import bpy

    return bpy


def test_what_a_level_showed_before_is_found_as_well(
    bpy: Any, project: Path, tmp_path: Path
) -> None:
    old = files()[0]
    differ(old)
    generate()  # the first level alone
    assert files()[0] != old
    (other,) = part("scene.showing").other_pictures(zoom()).values()
    bpy.ops.wm.save_mainfile()
    (tmp_path / "a").mkdir()
    os.rename(project / "shot.blend", tmp_path / "a" / "shot.blend")
    os.rename(project / "zooms", tmp_path / "a" / "pictures")
    open_file(tmp_path / "a" / "shot.blend")
    assert find(bpy) == {"FINISHED"}
    assert lost() == []
    (other,) = part("scene.showing").other_pictures(zoom()).values()
    place = part("scene.whereabouts").file_of(other)
    assert place == tmp_path / "a" / "pictures" / old.parent.name / old.name
    assert place.is_file()
    assert bpy.ops.zoom_stack.compare_picture(level=0) == {"FINISHED"}


def test_one_to_compare_with_that_stays_missing_is_no_fault(bpy: Any, project: Path) -> None:
    old = files()[0]
    differ(old)
    generate()
    old.unlink()
    assert find(bpy) == {"FINISHED"}
