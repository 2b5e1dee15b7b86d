"""A zoom from another file: appended it is one's own, linked it says what cannot be done."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from projects import files, generate, images, lost, open_file, part, roots, save_as, shown_folder
from projects import root as zoom
from running import UseWorker, latest

from devtools import bpy_session

pytestmark = pytest.mark.every_version

# Blender's bpy.ops hands a poll's reason on as the error's text.
CHANGING = ("switch_rig", "lock_levels", "retime", "refresh_markers", "sharpen", "show_version")


@pytest.fixture
def library(bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path) -> Path:
    """A file with a zoom, in a folder of its own; another file in another folder is open."""
    file = tmp_path / "library" / "zoom.blend"
    save_as(file)
    generate()
    zoom().users_collection[0].name = "The Zoom"
    bpy.ops.wm.save_mainfile()
    bpy_session.load_factory_startup()
    save_as(tmp_path / "film" / "shots" / "shot.blend")
    return file


def bring(bpy: Any, library: Path, how: str) -> None:
    scene = bpy.context.scene
    with bpy.data.libraries.load(str(library), link=how != "append") as (_, wanted):
        wanted.collections = ["The Zoom"]
    (collection,) = wanted.collections
    if how == "override":
        collection.override_hierarchy_create(scene, bpy.context.view_layer)
    elif how == "instance":
        instance = bpy.data.objects.new("Zoom Instance", None)
        instance.instance_type, instance.instance_collection = "COLLECTION", collection
        scene.collection.objects.link(instance)
    else:
        scene.collection.children.link(collection)


@pytest.mark.parametrize("how", ["append", "link", "override"])
def test_no_picture_is_lost(bpy: Any, library: Path, tmp_path: Path, how: str) -> None:
    bring(bpy, library, how)
    for _ in range(2):
        assert shown_folder().parent == library.parent / "zooms"
        assert all(len(image.pixels) > 0 for image in images())
        bpy.ops.wm.save_mainfile()
        open_file(tmp_path / "film" / "shots" / "shot.blend")


@pytest.mark.parametrize("how", ["append", "link", "override"])
def test_its_levels_are_edited(bpy: Any, library: Path, how: str) -> None:
    bring(bpy, library, how)
    name = zoom().name
    assert bpy.ops.zoom_stack.edit_levels() == {"FINISHED"}
    levels = bpy.context.scene.zoom_stack.levels
    assert [level.prompt for level in levels] == ["a spiral galaxy", "a star field", "a planet"]
    levels[0].keep = False
    bpy.context.scene.zoom_stack.use_steps = True
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    # What is linked cannot take the pictures: a zoom of its own has them.
    assert len(roots()) == (1 if how == "append" else 2)
    assert bpy.data.objects[name].users_scene


@pytest.mark.parametrize("how", ["link", "override"])
def test_what_cannot_be_done_says_why(bpy: Any, library: Path, how: str) -> None:
    bring(bpy, library, how)
    for name in CHANGING:
        with pytest.raises(RuntimeError, match="linked from another file and cannot be changed"):
            getattr(bpy.ops.zoom_stack, name)()
    assert bpy.ops.zoom_stack.set_up_render() == {"FINISHED"}
    assert bpy.ops.zoom_stack.go_to_level(level=1) == {"FINISHED"}


def test_an_appended_one_is_sharpened_and_copied_beside_the_file(
    bpy: Any, library: Path, tmp_path: Path
) -> None:
    bring(bpy, library, "append")
    run = part("tasks.start").new_sharpening(bpy.context, zoom(), 2, "LANCZOS")
    run.abandon()
    assert bpy.ops.zoom_stack.copy_beside(save=True) == {"FINISHED"}
    assert shown_folder().parent == tmp_path / "film" / "shots" / "zooms"
    shutil.rmtree(library.parent)
    open_file(tmp_path / "film" / "shots" / "shot.blend")
    assert lost() == []


def test_linked_packed_pictures_serve(bpy: Any, library: Path, tmp_path: Path) -> None:
    open_file(library)
    for image in images():
        image.pack()
    bpy.ops.wm.save_mainfile()
    pictures = [file.read_bytes() for file in files()]
    shutil.rmtree(shown_folder())
    open_file(tmp_path / "film" / "shots" / "shot.blend")
    bring(bpy, library, "link")
    assert bpy.ops.zoom_stack.edit_levels() == {"FINISHED"}
    made = [Path(bpy.path.abspath(level.made)) for level in bpy.context.scene.zoom_stack.levels]
    assert [file.read_bytes() for file in made] == pictures
    assert made[0].is_relative_to(tmp_path / "film" / "shots" / "zooms")
    assert latest().copying is None


def test_an_instance_is_seen(bpy: Any, library: Path) -> None:
    bring(bpy, library, "instance")
    finding = part("scene.finding")
    assert finding.active_root(bpy.context) is None
    assert finding.instance_of_zoom(bpy.context.scene).name == "Zoom Instance"
