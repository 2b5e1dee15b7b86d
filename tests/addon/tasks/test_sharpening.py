"""Make Sharper with the real engine: larger pictures, and all else of the zoom as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running import latest

from devtools import bpy_session

SIDE = 24


@pytest.fixture
def zoom(bpy: Any, prefs: Any, engine_python: Path, tmp_path: Path) -> Any:
    """The root of a zoom of three small pictures, with the settings that it was made from."""
    prefs.python_path = str(engine_python)
    prefs.stack_folder = str(tmp_path / "stacks")
    folder = tmp_path / "small"
    folder.mkdir()
    for number in range(3):
        image = bpy.data.images.new(f"picture {number}", SIDE, SIDE)
        image.pixels[:] = [
            value
            for y in range(SIDE)
            for x in range(SIDE)
            for value in (x / SIDE, (y + 8 * number) % SIDE / SIDE, 0.4, 1.0)
        ]
        image.filepath_raw, image.file_format = str(folder / f"{number}.png"), "PNG"
        image.save()
        bpy.data.images.remove(image)
    levels = [{"image": f"{number}.png", "prompt": f"level {number}"} for number in range(3)]
    (folder / "stack.json").write_text(json.dumps({"version": 1, "levels": levels}))
    settings = bpy.context.scene.zoom_stack
    for number in range(3):
        level = settings.levels.add()
        level.made, level.keep = str(folder / f"{number}.png"), True
    settings.use_size, settings.width, settings.height = True, SIDE, SIDE
    bpy.ops.zoom_stack.import_stack(filepath=str(folder / "stack.json"), target="THIS_SCENE")
    finding = bpy_session.submodule("scene.finding")
    return finding.active_root(bpy.context)


def sizes(root: Any) -> list[tuple[int, int]]:
    finding, keys = bpy_session.submodule("scene.finding"), bpy_session.submodule("scene.keys")
    images = [finding.image_of(plane) for plane in finding.parts(root, keys.ROLE_PLANE)]
    return [tuple(image.size) for image in images]


def test_pictures_get_larger_and_all_else_stays(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    finding = bpy_session.submodule("scene.finding")
    camera = finding.present_camera(zoom)
    camera.data.lens = 77.0
    before = {item.name: item.session_uid for item in bpy.data.objects}
    frames = (bpy.context.scene.frame_start, bpy.context.scene.frame_end)
    small = {file: file.read_bytes() for file in (tmp_path / "small").iterdir()}
    assert bpy.ops.zoom_stack.sharpen(times="4", upscaler="real_esrgan_quick") == {"FINISHED"}
    assert sizes(zoom) == [(4 * SIDE, 4 * SIDE)] * 3
    assert {item.name: item.session_uid for item in bpy.data.objects} == before
    assert (bpy.context.scene.frame_start, bpy.context.scene.frame_end) == frames
    assert camera.data.lens == 77.0
    assert {file: file.read_bytes() for file in (tmp_path / "small").iterdir()} == small
    stack = finding.stack_of(zoom)
    assert stack.folder == tmp_path / "stacks" / "small_sharper"
    assert [level.prompt for level in stack.levels] == ["level 0", "level 1", "level 2"]
    assert stack.made_with["sharpened"]["upscaler"]["name"] == "real_esrgan_quick"


def test_levels_that_are_kept_have_the_larger_pictures(bpy: Any, zoom: Any) -> None:
    bpy.ops.zoom_stack.sharpen(times="2", upscaler="lanczos")
    settings = bpy.context.scene.zoom_stack
    stack = bpy_session.submodule("scene.finding").stack_of(zoom)
    assert [level.made for level in settings.levels] == [str(stack.picture(n)) for n in range(3)]
    assert all(level.keep for level in settings.levels)
    assert (settings.width, settings.height) == (2 * SIDE, 2 * SIDE)


def test_a_size_of_new_pictures_stays_where_none_is_kept(bpy: Any, zoom: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    for level in settings.levels:
        level.keep = False
    bpy.ops.zoom_stack.sharpen(times="2", upscaler="lanczos")
    assert (settings.width, settings.height) == (SIDE, SIDE)


def test_undo_in_the_midst_of_it_does_no_harm(bpy: Any, zoom: Any) -> None:
    start, runner = (bpy_session.submodule(f"tasks.{name}") for name in ("start", "runner"))
    run = start.new_sharpening(bpy.context, zoom, 2, "lanczos")
    while run.phase.name != "IMPORTING":
        run.tick()
    run.tick()
    taken = next(image for image in bpy.data.images if tuple(image.size) == (2 * SIDE, 2 * SIDE))
    bpy.data.images.remove(taken)
    runner.run_to_end(run)
    assert run.phase.name == "FINISHED"
    assert sizes(zoom) == [(2 * SIDE, 2 * SIDE)] * 3


def test_it_can_be_done_twice(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    for _ in range(2):
        bpy.ops.zoom_stack.sharpen(times="2", upscaler="lanczos")
    assert sizes(zoom) == [(4 * SIDE, 4 * SIDE)] * 3
    assert {path.name for path in (tmp_path / "stacks").iterdir()} == {
        "small_sharper",
        "small_sharper_2",
    }


def test_what_cannot_be_done_is_a_sentence_and_changes_nothing(
    bpy: Any, zoom: Any, tmp_path: Path
) -> None:
    (tmp_path / "small" / "1.png").unlink()
    with pytest.raises(RuntimeError, match=r"The picture of level 2, 1\.png, is not in"):
        bpy.ops.zoom_stack.sharpen()
    assert latest().problem().code == "missing_picture"
    assert sizes(zoom) == [(SIDE, SIDE)] * 3
    assert not (tmp_path / "stacks").exists()


def test_a_zoom_that_is_gone_leaves_the_larger_stack_on_offer(bpy: Any, zoom: Any) -> None:
    start = bpy_session.submodule("tasks.start")
    runner = bpy_session.submodule("tasks.runner")
    run = start.new_sharpening(bpy.context, zoom, 2, "lanczos")
    bpy.data.objects.remove(zoom)
    runner.run_to_end(run)
    assert run.phase.name == "OFFERED"
    assert (run.out / "stack.json").exists()


def test_kept_levels_are_found_by_relative_paths(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    (tmp_path / "blend").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "blend" / "a.blend"))
    settings = bpy.context.scene.zoom_stack
    for number, level in enumerate(settings.levels):
        level.made = f"//../small/{number}.png"
    bpy.ops.zoom_stack.sharpen(times="2", upscaler="lanczos")
    assert [Path(level.made).parent.name for level in settings.levels] == ["small_sharper"] * 3
