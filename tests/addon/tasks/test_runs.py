"""Pictures that a zoom has had, and runs on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from running import PROMPTS, UseWorker, latest

from devtools import bpy_session


@pytest.fixture
def zoom(bpy: Any, settings: Any, use_worker: UseWorker, prefs: Any, tmp_path: Path) -> Any:
    """The root of a finished zoom whose runs lie in a folder of their own."""
    prefs.stack_folder = str(tmp_path / "zooms")
    latest().clear()
    bpy_session.submodule("tasks.runs").forget_runs()
    bpy.data.objects.remove(bpy.data.objects["Cube"])  # the zoom then comes into this scene
    bpy.ops.zoom_stack.generate()
    return bpy_session.submodule("scene.finding").active_root(bpy.context)


def again(bpy: Any, level: int) -> None:
    """Make one level again; its file gets another size, as pictures do."""
    bpy.context.scene.zoom_stack.active_level = level
    bpy.ops.zoom_stack.level_again()


def found(bpy: Any) -> Any:
    return bpy_session.submodule("tasks.runs").runs_now(bpy.context)


def shown(zoom: Any) -> dict[int, Path]:
    return bpy_session.submodule("scene.showing").shown_files(zoom)  # type: ignore[no-any-return]


def other_content(file: Path) -> None:
    """What a real engine writes differs; the double's pictures are all alike."""
    content = file.read_bytes()
    end = content.index(b"IEND") - 4
    text = b"\0\0\0\x05tEXta\0b c"
    import zlib

    chunk = text + zlib.crc32(text[4:]).to_bytes(4, "big")
    file.write_bytes(content[:end] + chunk + content[end:])


def test_one_levels_earlier_picture_is_shown_again(bpy: Any, zoom: Any) -> None:
    keys = bpy_session.submodule("scene.keys")
    first = shown(zoom)
    other_content(first[1])
    again(bpy, 1)
    second = shown(zoom)
    level = bpy.context.scene.zoom_stack.levels[1]
    pictures = found(bpy).pictures(zoom[keys.ID], level.uid)
    assert [each.file for each in pictures] == [second[1], first[1]]
    camera = bpy.context.scene.camera
    camera.data.lens = 44.0
    name = f"{first[1].parent.name}/{first[1].name}"
    assert bpy.ops.zoom_stack.show_picture(level=1, picture=name) == {"FINISHED"}
    assert shown(zoom) == {**second, 1: first[1]}
    assert Path(bpy.path.abspath(level.made)) == first[1]
    assert camera.data.lens == 44.0
    assert first[1].exists()
    assert second[1].exists()


def test_equal_pictures_are_listed_once(bpy: Any, zoom: Any) -> None:
    keys = bpy_session.submodule("scene.keys")
    again(bpy, 1)  # the others are copied
    level = bpy.context.scene.zoom_stack.levels[0]
    assert len(found(bpy).pictures(zoom[keys.ID], level.uid)) == 1


def test_a_level_is_compared_with_what_it_showed_before(bpy: Any, zoom: Any) -> None:
    first = shown(zoom)
    with pytest.raises(RuntimeError, match="no other picture"):
        bpy.ops.zoom_stack.compare_picture(level=1)
    other_content(first[1])
    again(bpy, 1)
    second = shown(zoom)
    bpy.ops.zoom_stack.compare_picture(level=1)
    assert shown(zoom) == {**second, 1: first[1]}
    bpy.ops.zoom_stack.compare_picture(level=1)
    assert shown(zoom) == second
    with pytest.raises(RuntimeError, match="no other picture"):
        bpy.ops.zoom_stack.compare_picture(level=0)  # it was kept
    with pytest.raises(RuntimeError, match="the levels 0 to 2"):
        bpy.ops.zoom_stack.compare_picture(level=3)


def test_it_is_compared_also_after_saving(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    first = shown(zoom)
    other_content(first[1])
    again(bpy, 1)
    name = zoom.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.zoom_stack.compare_picture(level=1)
    assert shown(bpy.data.objects[name])[1] == first[1]


def test_a_picture_of_another_shape_is_refused(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    first = shown(zoom)
    image = bpy.data.images.new("wide", 32, 16)
    image.filepath_raw, image.file_format = str(first[1]), "PNG"
    again(bpy, 1)
    image.save()
    second = shown(zoom)
    images = len(bpy.data.images)
    name = f"{first[1].parent.name}/{first[1].name}"
    with pytest.raises(RuntimeError, match="another shape than level 2"):
        bpy.ops.zoom_stack.show_picture(level=1, picture=name)
    assert shown(zoom) == second
    assert len(bpy.data.images) == images
    with pytest.raises(RuntimeError, match="has no picture"):
        bpy.ops.zoom_stack.show_picture(level=1, picture="../../etc/passwd")


def test_a_run_is_deleted_but_nothing_else(bpy: Any, zoom: Any) -> None:
    first = shown(zoom)[0].parent
    (first / "mine.txt").write_text("kept")
    other_content(shown(zoom)[0])
    bpy.ops.zoom_stack.generate()
    with pytest.raises(RuntimeError, match=r"what level 1 of .* showed before"):
        bpy.ops.zoom_stack.delete_run(folder=str(first))
    for item in zoom.children_recursive:
        item.pop("zoom_stack_other", None)
    with pytest.raises(RuntimeError, match="uses pictures of this run"):
        bpy.ops.zoom_stack.delete_run(folder=str(shown(zoom)[0].parent))
    assert bpy.ops.zoom_stack.delete_run(folder=str(first)) == {"FINISHED"}
    assert [each.name for each in first.iterdir()] == ["mine.txt"]
    assert all(file.exists() for file in shown(zoom).values())
    with pytest.raises(RuntimeError, match="no run"):
        bpy.ops.zoom_stack.delete_run(folder=str(first))


def images_in(bpy: Any, folder: Path) -> list[Any]:
    return [i for i in bpy.data.images if i.filepath and folder in Path(i.filepath).parents]


def test_pictures_that_were_swapped_out_do_not_stay(bpy: Any, zoom: Any) -> None:
    """Nor do they keep their run from being deleted, whichever update swapped them out."""
    first = shown(zoom)[0].parent
    count = len(bpy.data.images)
    for _ in range(3):
        bpy.ops.zoom_stack.generate()
    assert len(bpy.data.images) == count
    assert images_in(bpy, first) == []
    assert bpy.ops.zoom_stack.delete_run(folder=str(first)) == {"FINISHED"}


def test_undoing_an_update_brings_the_old_pictures_back(bpy: Any, zoom: Any) -> None:
    name, first = zoom.name, shown(zoom)
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.zoom_stack.generate()
    bpy.ops.ed.undo_push(message="Generate Zoom")
    assert shown(zoom) != first
    bpy.ops.ed.undo()
    zoom = bpy.data.objects[name]
    assert shown(zoom) == first
    for image in bpy_session.submodule("scene.whereabouts").pictures_of(zoom).values():
        assert image.size[0] > 0
        assert len(image.pixels) > 0
    bpy.ops.ed.redo()
    assert shown(bpy.data.objects[name]) != first


def test_a_picture_that_only_lies_about_keeps_no_run(bpy: Any, zoom: Any) -> None:
    first = shown(zoom)[1]
    bpy.ops.zoom_stack.generate()
    image = bpy.data.images.load(str(first))
    runs = bpy_session.submodule("tasks.runs")
    run = found(bpy).at(first.parent)
    assert runs.why_in_use(run) == ""
    image.use_fake_user = True
    assert runs.why_in_use(run) == f"This file uses pictures of this run: image {image.name}"
    runs.forget_uses()
    assert runs.known_use(run) == runs.why_in_use(run)
    image.use_fake_user = False
    spaces = (s for screen in bpy.data.screens for a in screen.areas for s in a.spaces)
    editor = next(space for space in spaces if space.type == "IMAGE_EDITOR")
    editor.image = image
    assert runs.why_in_use(run) != ""


def test_the_tooltip_of_a_bin_says_why_it_is_grey(bpy: Any, zoom: Any) -> None:
    first = shown(zoom)[1].parent
    operators = bpy_session.submodule("operators.runs")
    bin_of = operators.ZOOMSTACK_OT_delete_run.description
    properties = type("Properties", (), {"folder": str(first)})
    found(bpy)
    bpy_session.submodule("tasks.runs").forget_uses()
    assert "level 1 of" in bin_of(bpy.context, properties)
    bpy.ops.zoom_stack.generate()
    found(bpy)
    bpy_session.submodule("tasks.runs").forget_uses()
    assert str(first) in bin_of(bpy.context, properties)
    assert bin_of(bpy.context, properties).startswith("Delete the pictures")


def test_the_version_that_is_compared_is_marked(bpy: Any, zoom: Any) -> None:
    showing = bpy_session.submodule("scene.showing")
    keys, panel = bpy_session.submodule("scene.keys"), bpy_session.submodule("panels.runs")

    def current() -> Any:
        versions = found(bpy).of_zoom(zoom[keys.ID])
        return panel._current(versions, shown(zoom), showing.other_pictures(zoom))

    other_content(shown(zoom)[1])
    first = current().folder
    again(bpy, 1)
    second = current().folder
    assert second != first
    bpy.ops.zoom_stack.compare_picture(level=1)
    assert current().folder == second
    bpy.ops.zoom_stack.show_version(folder=str(first))
    assert current().folder == first


def test_what_another_program_made_or_linked_is_not_deleted(
    bpy: Any, zoom: Any, tmp_path: Path
) -> None:
    own = tmp_path / "zooms" / "own"
    shutil.copytree(shown(zoom)[0].parent, own)
    text = (own / "stack.json").read_text().replace('"engine"', '"program"')
    (own / "stack.json").write_text(text)
    linked = tmp_path / "zooms" / "linked"
    shutil.copytree(shown(zoom)[0].parent, linked)
    outside = tmp_path / "outside.png"
    (linked / "level_00.png").rename(outside)
    (linked / "level_00.png").symlink_to(outside)
    bpy_session.submodule("tasks.runs").forget_runs()
    with pytest.raises(RuntimeError, match="did not make"):
        bpy.ops.zoom_stack.delete_run(folder=str(own))
    files = set(linked.iterdir())
    with pytest.raises(RuntimeError, match="There is no run"):  # a stack has no links to elsewhere
        bpy.ops.zoom_stack.delete_run(folder=str(linked))
    assert outside.exists()
    assert set(linked.iterdir()) == files


def unfinished(use_worker: UseWorker, bpy: Any) -> Path:
    """A run that was cancelled, with what it has saved."""
    use_worker("saves")
    generation = bpy_session.submodule("tasks.start").new_generation(bpy.context)
    latest().generation = generation
    ticks = 0
    while generation.tick() is not None:
        ticks += 1
        if generation.fraction > 0.3:
            generation.cancel()
    use_worker("ok")
    assert generation.resumable
    return generation.out  # type: ignore[no-any-return]


def test_a_run_is_gone_on_with_after_a_restart(bpy: Any, zoom: Any, use_worker: UseWorker) -> None:
    bpy.context.scene.zoom_stack.steps = 40
    folder = unfinished(use_worker, bpy)
    latest().clear()  # as after a restart
    start, runs = bpy_session.submodule("tasks.start"), bpy_session.submodule("tasks.runs")
    runs.forget_runs()
    assert start.unfinished_run(bpy.context, runs.runs_now(bpy.context)) == folder
    bpy.ops.zoom_stack.generate(resume=True)
    assert {file.parent for file in shown(zoom).values()} == {folder}
    assert runs.runs_now(bpy.context).unfinished() == []


def test_a_run_is_gone_on_with_in_another_file(bpy: Any, zoom: Any, use_worker: UseWorker) -> None:
    bpy.context.scene.zoom_stack.steps = 40
    folder = unfinished(use_worker, bpy)
    latest().clear()
    bpy_session.load_factory_startup()
    settings = bpy.context.scene.zoom_stack
    assert not settings.levels
    bpy.ops.zoom_stack.generate(resume=True, run=str(folder))
    assert tuple(level.prompt for level in settings.levels) == PROMPTS
    assert all(level.made for level in settings.levels)


def test_a_new_run_leaves_an_unfinished_one_on_the_disk(
    bpy: Any, zoom: Any, use_worker: UseWorker
) -> None:
    bpy.context.scene.zoom_stack.steps = 40
    folder = unfinished(use_worker, bpy)
    bpy.context.scene.zoom_stack.steps = 3
    bpy.ops.zoom_stack.generate()
    start, runs = bpy_session.submodule("tasks.start"), bpy_session.submodule("tasks.runs")
    assert start.unfinished_run(bpy.context, runs.runs_now(bpy.context)) == folder
    bpy.ops.zoom_stack.dismiss(run=str(folder))
    assert start.unfinished_run(bpy.context, runs.runs_now(bpy.context)) is None
    bpy.ops.zoom_stack.delete_run(folder=str(folder))
    assert not folder.exists()


def test_what_is_shown_is_gathered_into_one_stack(bpy: Any, zoom: Any, tmp_path: Path) -> None:
    """Make Sharper wants one folder, whichever versions the levels show."""
    unpacking = bpy_session.submodule("scene.unpacking")
    first = shown(zoom)
    other_content(first[1])
    again(bpy, 1)
    bpy.ops.zoom_stack.compare_picture(level=1)
    mixed = [file.read_bytes() for file in shown(zoom).values()]
    stack = unpacking.stack_on_disk(zoom, lambda _: tmp_path / "gathered", as_shown=True)
    assert stack.folder == tmp_path / "gathered"
    assert [stack.picture(number).read_bytes() for number in range(3)] == mixed
    assert {file.parent for file in shown(zoom).values()} == {stack.folder}
    again_asked = unpacking.stack_on_disk(zoom, lambda _: tmp_path / "no", as_shown=True)
    assert again_asked.folder == stack.folder


def made(bpy: Any) -> list[Path]:
    levels = bpy.context.scene.zoom_stack.levels
    return [Path(bpy.path.abspath(level.made)) for level in levels]


def test_the_list_has_the_zooms_levels_whichever_pictures_they_show(bpy: Any, zoom: Any) -> None:
    """An earlier picture of the widest level is no reason to take its run for the zoom's."""
    settings = bpy.context.scene.zoom_stack
    first = shown(zoom)
    settings.active_level = 2
    bpy.ops.zoom_stack.level_add()
    settings.levels[3].prompt = "a continent"
    settings.levels[0].prompt = "a nebula"
    other_content(first[0])
    bpy.ops.zoom_stack.generate()
    second = shown(zoom)
    bpy.ops.zoom_stack.show_picture(level=0, picture=str(first[0]))
    settings.levels.clear()
    bpy.ops.zoom_stack.edit_levels()
    assert [level.prompt for level in settings.levels] == [
        "a nebula", "a star field", "a planet", "a continent",
    ]  # fmt: skip
    assert made(bpy) == [first[0], second[1], second[2], second[3]]


def test_importing_anew_tells_the_list(bpy: Any, zoom: Any) -> None:
    first = shown(zoom)
    bpy.ops.zoom_stack.generate()
    bpy.ops.zoom_stack.import_stack(filepath=str(first[0].parent / "stack.json"))
    assert shown(zoom) == first
    assert made(bpy) == list(first.values())


def test_the_list_follows_what_is_gathered_to_be_sharpened(bpy: Any, zoom: Any) -> None:
    start = bpy_session.submodule("tasks.start")
    first = shown(zoom)
    other_content(first[1])
    again(bpy, 1)
    bpy.ops.zoom_stack.compare_picture(level=1)
    run = start.new_sharpening(bpy.context, zoom, 2, "lanczos")
    run.abandon()
    assert len({file.parent for file in made(bpy)}) == 1
    assert made(bpy) == list(shown(zoom).values())
    assert made(bpy)[1].read_bytes() == first[1].read_bytes()


def test_a_run_that_waits_to_be_imported_is_not_deleted(bpy: Any, zoom: Any) -> None:
    generation = bpy_session.submodule("tasks.start").new_generation(bpy.context, as_new=True)
    latest().generation = generation
    while generation.phase.name != "WAITING":
        generation.tick()
    generation.cancel()
    assert generation.phase.name == "OFFERED"
    with pytest.raises(RuntimeError, match="waits to be imported"):
        bpy.ops.zoom_stack.delete_run(folder=str(generation.out))
    latest().clear()
    assert bpy.ops.zoom_stack.delete_run(folder=str(generation.out)) == {"FINISHED"}
