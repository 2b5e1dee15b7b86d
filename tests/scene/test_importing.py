"""A stack on disk becomes a zoom: complete, in one place, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.errors import ZoomStackError
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.operators.import_stack import SAMPLE_FOLDER
from bl_ext.user_default.zoom_stack.scene import finding, importing, keys
from judging import show

DATABLOCKS = (
    "actions", "cameras", "collections", "images", "materials", "meshes", "node_groups",
    "objects", "scenes", "worlds",
)  # fmt: skip


def contents(bpy: Any) -> dict[str, list[str]]:
    return {kind: sorted(item.name for item in getattr(bpy.data, kind)) for kind in DATABLOCKS}


def import_folder(folder: Path, **options: Any) -> importing.ImportResult:
    return importing.import_stack(read_stack(folder), importing.ImportOptions(**options))


def fcurve(camera: Any) -> Any:
    from bl_ext.user_default.zoom_stack.scene.camera import zoom_curve

    return zoom_curve(camera)


def test_the_sample_comes_in_as_nested_planes_under_one_root(bpy: Any) -> None:
    result = import_folder(SAMPLE_FOLDER)
    root = bpy.data.objects[result.root_name]
    scene = bpy.data.scenes[result.scene_name]
    levels = finding.parts(root, keys.ROLE_LEVEL)
    planes = finding.parts(root, keys.ROLE_PLANE)
    assert len(levels) == len(planes) == 8
    assert [plane.parent for plane in planes] == levels
    (collection,) = scene.collection.children
    assert set(collection.all_objects) == {root, *root.children_recursive}
    assert finding.camera_of(root).name == result.camera_name


def test_the_camera_has_one_linear_key_a_level_and_rests_at_both_ends(bpy: Any) -> None:
    result = import_folder(SAMPLE_FOLDER)
    scene, camera = bpy.data.scenes[result.scene_name], bpy.data.objects[result.camera_name]
    points = fcurve(camera).keyframe_points
    assert [point.interpolation for point in points] == ["LINEAR"] * 8
    assert [point.co[1] for point in points] == pytest.approx([2.0 * i for i in range(8)])
    seconds = [(point.co[0] - scene.frame_start) / 24 for point in points]
    assert seconds == pytest.approx([1.3 + 2 * 0.83 * i for i in range(8)], abs=1e-4)
    assert (scene.frame_end - points[-1].co[0]) / 24 == pytest.approx(1.3, abs=1 / 24)
    assert fcurve(camera).extrapolation == "CONSTANT"


def test_the_keys_keep_their_seconds_at_another_frame_rate(bpy: Any) -> None:
    bpy.context.scene.render.fps = 60
    result = import_folder(SAMPLE_FOLDER, seconds_per_octave=0.5, hold_seconds=2.0)
    scene, camera = bpy.data.scenes[result.scene_name], bpy.data.objects[result.camera_name]
    assert scene.render.fps == 60
    first, second = fcurve(camera).keyframe_points[:2]
    assert first.co[0] - scene.frame_start == pytest.approx(120)
    assert second.co[0] - first.co[0] == pytest.approx(60, abs=1e-3)


def test_with_the_cube_there_the_zoom_gets_its_own_scene(bpy: Any) -> None:
    before = bpy.context.scene
    camera = before.camera
    result = import_folder(SAMPLE_FOLDER)
    scene = bpy.data.scenes[result.scene_name]
    assert scene != before
    assert result.new_scene
    assert scene.camera.name == result.camera_name
    assert before.camera == camera
    assert scene.view_settings.view_transform == "Standard"
    assert len(scene.timeline_markers) == 8


def test_this_scene_means_at_the_cursor_and_the_world_grows_there(bpy: Any) -> None:
    scene = bpy.context.scene
    scene.cursor.location = (3.0, -2.0, 1.0)
    result = import_folder(SAMPLE_FOLDER, target="THIS_SCENE")
    root = bpy.data.objects[result.root_name]
    assert tuple(root.location) == pytest.approx((3.0, -2.0, 1.0))
    assert scene.name == result.scene_name
    assert len(bpy.data.scenes) == 1
    # 16,384 times deep, 3.7 widths from the origin: floats there are too coarse to travel.
    assert root[keys.TRAVEL] == 0.0


@pytest.mark.parametrize(("count", "travels"), [(17, 1.0), (18, 0.0)])
def test_the_camera_travels_up_to_a_hundred_thousand(
    bpy: Any, tmp_path: Path, count: int, travels: float
) -> None:
    folder = making.plain_stack(tmp_path / "stack", count, 2.0)
    root = bpy.data.objects[import_folder(folder).root_name]
    assert root[keys.TRAVEL] == travels


def test_every_driver_runs_without_python(bpy: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "stack", 4, 3.0, focus=(0.4, 0.6))
    import_folder(folder)
    owners = [*bpy.data.objects, *bpy.data.cameras, *bpy.data.node_groups, *bpy.data.materials]
    drivers = [c for o in owners if o.animation_data for c in o.animation_data.drivers]
    assert len(drivers) > 20
    assert all(c.driver.is_simple_expression and c.driver.is_valid for c in drivers)


def test_pictures_of_any_kind_and_size_make_a_zoom(bpy: Any, tmp_path: Path) -> None:
    folder = tmp_path / "by hand"
    folder.mkdir()
    making.write_png(folder / "wide.png", making.to_bytes(making.natural(120, 80, 1)))
    with_alpha = np.full((50, 50, 4), 128, np.uint8)
    making.write_png(folder / "square.png", with_alpha)
    image = bpy.data.images.new("photo", 64, 48)
    image.filepath_raw, image.file_format = str(folder / "photo.jpg"), "JPEG"
    image.save()
    bpy.data.images.remove(image)
    levels = [
        {"image": "wide.png"},
        {"image": "square.png", "zoom_factor": 2.5, "focus": [0.3, 0.6]},
        {"image": "photo.jpg", "zoom_factor": 4, "focus": [0.8, 0.2]},
    ]
    (folder / "stack.json").write_text(json.dumps({"version": 1, "levels": levels}))
    root = bpy.data.objects[import_folder(folder).root_name]
    planes = finding.parts(root, keys.ROLE_PLANE)
    assert [tuple(finding.image_of(plane).size) for plane in planes] == [
        (120, 80), (50, 50), (64, 48)
    ]  # fmt: skip
    assert [finding.image_of(plane).alpha_mode for plane in planes] == ["NONE"] * 3
    assert finding.level_titles(root) == ["wide", "square", "photo"]
    # The widest level is enlarged 2.5 times before the next one fills the view.
    assert finding.sharp_width(root) == 12
    assert finding.stack_of(root).levels[2].zoom_factor == 4.0


def test_one_piece_at_a_time_and_nothing_shows_before_the_last(bpy: Any) -> None:
    steps = importing.import_steps(read_stack(SAMPLE_FOLDER), importing.ImportOptions())
    shown = []
    texts = []
    for text in steps:
        texts.append(text)
        shown.append(sum(len(scene.objects) for scene in bpy.data.scenes))
    assert texts[0] == "Loading picture 1 of 8"
    assert len(texts) == 8 + 1 + 8 + 1
    assert set(shown) == {3}


@pytest.mark.parametrize("after", [1, 5, 9, 12, 17])
def test_a_cancelled_import_leaves_nothing(bpy: Any, after: int) -> None:
    before = contents(bpy)
    steps = importing.import_steps(read_stack(SAMPLE_FOLDER), importing.ImportOptions())
    for _ in range(after):
        next(steps)
    steps.close()
    assert contents(bpy) == before


@pytest.mark.parametrize(
    ("kind", "name"),
    [("images", "level_07.jpg"), ("objects", "Dolly"), ("objects", "Level 01 Picture")],
)
def test_a_part_removed_meanwhile_is_said_and_leaves_nothing(
    bpy: Any, kind: str, name: str
) -> None:
    before = contents(bpy)
    steps = importing.import_steps(read_stack(SAMPLE_FOLDER), importing.ImportOptions())
    for _ in range(12):
        next(steps)
    items = getattr(bpy.data, kind)
    items.remove(items[name])
    with pytest.raises(ZoomStackError, match="removed meanwhile") as caught:
        list(steps)
    assert caught.value.code == "import_interrupted"
    for kind in ("objects", "collections", "images", "scenes", "cameras", "actions"):
        assert contents(bpy)[kind] == before[kind]


def test_a_file_opened_meanwhile_ends_the_import_with_a_sentence(bpy: Any) -> None:
    steps = importing.import_steps(read_stack(SAMPLE_FOLDER), importing.ImportOptions())
    for _ in range(12):
        next(steps)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    before = contents(bpy)
    with pytest.raises(ZoomStackError, match="removed meanwhile"):
        list(steps)
    assert contents(bpy) == before


def broken_stack(folder: Path, what: str) -> Path:
    making.plain_stack(folder, 3, 2.0)
    if what == "json":
        (folder / "stack.json").write_text('{"version": 1, "levels": [')
    elif what == "missing":
        (folder / "01.png").unlink()
    elif what == "text":
        (folder / "01.png").write_text("no picture")
    elif what == "cut":
        making.write_png(folder / "02.png", making.to_bytes(making.natural(64, 64, 0)))
        (folder / "02.png").write_bytes((folder / "02.png").read_bytes()[:40])
    elif what == "outside":
        data = json.loads((folder / "stack.json").read_text())
        data["levels"][1]["focus"] = [0.9, 0.5]
        (folder / "stack.json").write_text(json.dumps(data))
    return folder


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("json", "The zoom in .* is damaged or incomplete"),
        ("missing", r"is incomplete: the picture of level 2, 01\.png, is missing"),
        ("text", r"The picture of level 2, 01\.png, cannot be read"),
        ("cut", r"The picture of level 3, 02\.png, cannot be read"),
        ("outside", "level 2: focus x = 0.9 puts it partly outside"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_left(
    bpy: Any, tmp_path: Path, what: str, sentence: str
) -> None:
    folder = broken_stack(tmp_path / "stack", what)
    before = contents(bpy)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.zoom_stack.import_stack(filepath=str(folder / "stack.json"))
    assert contents(bpy) == before


def test_the_operators_import_a_folder_a_file_and_the_sample(bpy: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "stack", 2, 2.0)
    assert bpy.ops.zoom_stack.import_stack(filepath=str(folder)) == {"FINISHED"}
    assert bpy.ops.zoom_stack.import_stack(filepath=str(folder / "00.png")) == {"FINISHED"}
    assert bpy.ops.zoom_stack.import_sample() == {"FINISHED"}
    assert len(bpy.data.scenes) == 4


def test_undo_takes_the_whole_zoom_away_and_redo_brings_it_back(bpy: Any) -> None:
    bpy.ops.ed.undo_push(message="before")
    before = contents(bpy)
    result = import_folder(SAMPLE_FOLDER)
    bpy.ops.ed.undo_push(message="Import Zoom Stack")
    after = contents(bpy)
    bpy.ops.ed.undo()
    assert contents(bpy) == before
    bpy.ops.ed.redo()
    assert contents(bpy) == after
    root = bpy.data.objects[result.root_name]
    assert len(finding.parts(root, keys.ROLE_PLANE)) == 8
    assert fcurve(finding.camera_of(root)) is not None


def test_a_saved_zoom_opens_again_with_the_extension_off(bpy: Any, tmp_path: Path) -> None:
    result = import_folder(SAMPLE_FOLDER)
    path = str(tmp_path / "zoom.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    camera = bpy.data.objects[result.camera_name]
    scene = bpy.data.scenes[result.scene_name]
    show(scene)
    scene.frame_set(scene.frame_end)
    assert camera["zoom"] == pytest.approx(14.0)
    assert camera["level"] == pytest.approx(7.0)
