"""Generating again: the zoom in the scene takes the pictures, and the shot around it stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import UseWorker, latest

from devtools import bpy_session

pytestmark = pytest.mark.every_version


def zooms(bpy: Any) -> list[Any]:
    finding = bpy_session.submodule("scene.finding")
    return [item for item in bpy.data.objects if finding.is_root(item) and item.users_scene]


def folder_shown(root: Any) -> Path:
    return bpy_session.submodule("scene.finding").stack_of(root).folder


@pytest.fixture
def zoom(bpy: Any, settings: Any, use_worker: UseWorker) -> Any:
    """The root of a zoom that was generated; its scene is the active one."""
    bpy.ops.zoom_stack.generate()
    bpy.context.window.scene = bpy.data.scenes[latest().generation.delivery.result.scene_name]
    (root,) = zooms(bpy)
    return root


def test_ids_go_from_the_settings_through_the_stack_to_the_zoom(bpy: Any, zoom: Any) -> None:
    keys, finding = bpy_session.submodule("scene.keys"), bpy_session.submodule("scene.finding")
    stack = bpy_session.submodule("engine.contract.stack").read_stack(folder_shown(zoom))
    settings = bpy.context.scene.zoom_stack
    assert stack.ids.zoom == settings.uid == zoom[keys.ID]
    names = [level.uid for level in settings.levels]
    assert list(stack.ids.levels) == names
    assert [each[keys.ID] for each in finding.parts(zoom, keys.ROLE_LEVEL)] == names


def test_generating_again_updates_the_zoom_that_is_there(bpy: Any, zoom: Any) -> None:
    scene, camera = bpy.context.scene, bpy.context.scene.camera
    camera.data.lens = 31.0
    camera.rotation_euler.z = 0.4
    camera.keyframe_insert("rotation_euler", frame=12)
    scene.frame_set(17)
    scene.render.resolution_x = 777
    before = folder_shown(zoom)
    names = {item.name for item in bpy.data.objects}
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    assert zooms(bpy) == [zoom]
    assert folder_shown(zoom) != before
    assert before.is_dir()
    assert {item.name for item in bpy.data.objects} == names
    assert (camera.data.lens, scene.frame_current, scene.render.resolution_x) == (31.0, 17, 777)
    assert bpy.context.scene == scene


def test_an_inserted_level_comes_into_the_zoom(bpy: Any, zoom: Any) -> None:
    finding = bpy_session.submodule("scene.finding")
    settings = bpy.context.scene.zoom_stack
    settings.active_level = 0
    bpy.ops.zoom_stack.level_add()
    settings.levels[1].prompt = "a nebula"
    count = len(settings.levels)
    bpy.ops.zoom_stack.generate()
    assert zooms(bpy) == [zoom]
    assert len(finding.octaves_of(zoom)) == count


def test_a_new_zoom_is_made_where_that_is_asked_for(bpy: Any, zoom: Any) -> None:
    before = folder_shown(zoom)
    bpy.ops.zoom_stack.generate(as_new=True)
    assert len(zooms(bpy)) == 2
    assert folder_shown(zoom) == before
    new = next(item for item in zooms(bpy) if item != zoom)
    other, shown = latest().generation.delivery.result.scene_name, folder_shown(new)
    bpy.ops.zoom_stack.generate()  # each scene goes on with its own
    assert folder_shown(zoom) == latest().generation.out != before
    assert folder_shown(new) == shown
    bpy.context.window.scene = bpy.data.scenes[other]
    bpy.ops.zoom_stack.generate()
    assert folder_shown(new) == latest().generation.out != shown
    assert len(zooms(bpy)) == 2


def test_a_zoom_that_was_deleted_is_made_anew(bpy: Any, zoom: Any) -> None:
    for item in [zoom, *zoom.children_recursive]:
        bpy.data.objects.remove(item)
    bpy.ops.zoom_stack.generate()
    assert len(zooms(bpy)) == 1


def test_of_two_copies_neither_is_taken_for_the_other(bpy: Any, zoom: Any) -> None:
    keys = bpy_session.submodule("scene.keys")
    bpy.ops.scene.new(type="FULL_COPY")
    assert len({item[keys.ID] for item in zooms(bpy)}) == 1
    before = {folder_shown(item) for item in zooms(bpy)}
    bpy.ops.zoom_stack.generate()
    pictures = bpy_session.submodule("tasks.picture_run")
    assert latest().generation.phase is pictures.Phase.OFFERED
    assert {folder_shown(item) for item in zooms(bpy)} == before


def test_another_file_knows_nothing_of_what_went_wrong(
    bpy: Any, settings: Any, use_worker: UseWorker
) -> None:
    use_worker("crash")
    with pytest.raises(RuntimeError):
        bpy.ops.zoom_stack.generate()
    assert latest().problem() is not None
    bpy_session.load_factory_startup()
    assert latest().problem() is None


def test_importing_the_stack_again_updates_its_zoom(bpy: Any, zoom: Any) -> None:
    folder = folder_shown(zoom)
    assert bpy.ops.zoom_stack.import_stack(filepath=str(folder / "stack.json")) == {"FINISHED"}
    assert zooms(bpy) == [zoom]
    bpy.ops.zoom_stack.import_stack(filepath=str(folder / "stack.json"), target="NEW_SCENE")
    keys = bpy_session.submodule("scene.keys")
    assert len({item[keys.ID] for item in zooms(bpy)}) == 2


def test_a_zoom_without_its_camera_gets_nothing_and_nothing_is_lost(bpy: Any, zoom: Any) -> None:
    before = folder_shown(zoom)
    bpy.data.objects.remove(bpy.context.scene.camera)
    bpy.ops.zoom_stack.generate()
    pictures = bpy_session.submodule("tasks.picture_run")
    assert latest().generation.phase is pictures.Phase.OFFERED
    assert "lacks its camera" in latest().generation.delivery.why_lost()
    assert folder_shown(zoom) == before


def test_a_zoom_of_ones_own_pictures_is_updated_once_its_levels_are_edited(
    bpy: Any, zoom: Any, settings: Any
) -> None:
    """It was built without ids; they are given when its levels come into the list."""
    keys, finding = bpy_session.submodule("scene.keys"), bpy_session.submodule("scene.finding")
    for item in [zoom, *zoom.children_recursive]:
        for key in (keys.ID, keys.LAP):
            if key in item:
                del item[key]
    bpy.ops.zoom_stack.edit_levels()
    settings = bpy.context.scene.zoom_stack
    settings.levels[1].keep = False
    bpy.ops.zoom_stack.generate()
    assert zooms(bpy) == [zoom]
    assert folder_shown(zoom) == latest().generation.out
    assert zoom[keys.ID] == settings.uid
    assert len(finding.parts(zoom, keys.ROLE_PLANE)) == len(settings.levels)


def test_a_material_of_the_artists_own_stays_and_is_named(bpy: Any, zoom: Any) -> None:
    finding, keys = bpy_session.submodule("scene.finding"), bpy_session.submodule("scene.keys")
    plane = finding.parts(zoom, keys.ROLE_PLANE)[1]
    own = bpy.data.materials.new("Own")
    plane.data.materials[0] = own
    bpy.ops.zoom_stack.generate()
    assert plane.active_material == own
    assert any("show no picture stay: 2" in each for each in latest().generation.warnings)


def test_an_earlier_version_is_shown_again(bpy: Any, zoom: Any) -> None:
    runs, keys = bpy_session.submodule("tasks.runs"), bpy_session.submodule("scene.keys")
    first = folder_shown(zoom)
    bpy.ops.zoom_stack.generate()
    second = folder_shown(zoom)
    found = runs.runs_now(bpy.context).of_zoom(zoom[keys.ID])
    assert [each.folder for each in found] == [second, first]
    camera = bpy.context.scene.camera
    camera.data.lens = 41.0
    assert bpy.ops.zoom_stack.show_version(folder=first.name) == {"FINISHED"}
    assert folder_shown(zoom) == first
    assert camera.data.lens == 41.0
    made = [Path(level.made).parent for level in bpy.context.scene.zoom_stack.levels]
    assert set(made) == {first}
    with pytest.raises(RuntimeError, match="no version"):
        bpy.ops.zoom_stack.show_version(folder="../..")


def test_a_cancelled_new_zoom_leaves_the_settings_with_the_one_that_is_there(
    bpy: Any, zoom: Any, use_worker: UseWorker
) -> None:
    use_worker("crash")
    with pytest.raises(RuntimeError):
        bpy.ops.zoom_stack.generate(as_new=True)
    use_worker("ok")
    bpy.ops.zoom_stack.generate()
    assert zooms(bpy) == [zoom]


def test_another_preset_is_another_zoom(bpy: Any, zoom: Any) -> None:
    before = folder_shown(zoom)
    bpy.ops.zoom_stack.load_preset(preset="forest_to_cell")
    bpy.ops.zoom_stack.generate()
    assert len(zooms(bpy)) == 2
    assert folder_shown(zoom) == before
