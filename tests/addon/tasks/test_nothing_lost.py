"""Nothing that an artist made is lost: not by deleting, finding, copying, or gathering."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from projects import files, generate, open_file, part, save_as
from projects import root as zoom
from running import UseWorker, latest
from test_runs import other_content, unfinished


@pytest.fixture
def first(
    bpy: Any, settings: Any, use_worker: UseWorker, prefs: Any, tmp_path: Path
) -> Iterator[Path]:
    """The folder of a zoom's first run, which nothing shows any more."""
    prefs.stack_folder = str(tmp_path / "zooms")
    latest().clear()
    part("tasks.runs").forget_runs()
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    generate()
    folder = files()[0].parent
    settings.seed += 1
    generate()
    forget_others(bpy)
    yield folder
    part("tasks.runs").forget_runs()


def forget_others(bpy: Any) -> None:
    """Keep no pictures to compare with."""
    for item in zoom().children_recursive:
        item.pop("zoom_stack_other", None)
    for image in [each for each in bpy.data.images if not each.users]:
        bpy.data.images.remove(image)


def found(bpy: Any, anew: bool = True) -> Any:
    runs = part("tasks.runs")
    if anew:
        runs.forget_runs()
    return runs.runs_now(bpy.context)


def again(bpy: Any, level: int) -> None:
    bpy.context.scene.zoom_stack.active_level = level
    bpy.ops.zoom_stack.level_again()


def own_stack(folder: Path, pictures: list[Path], **more: Any) -> Path:
    """A stack.json that an artist wrote."""
    folder.mkdir(parents=True, exist_ok=True)
    levels = [{"image": file.name} for file in pictures]
    for file in set(pictures):
        if file.parent != folder:
            shutil.copy(file, folder)
    text = json.dumps({"version": 1, "levels": levels, **more})
    (folder / "stack.json").write_text(text)
    return folder / "stack.json"


def test_files_that_took_a_runs_place_are_not_deleted(
    bpy: Any, first: Path, tmp_path: Path
) -> None:
    found(bpy)
    pictures = sorted(first.glob("*.png"))
    shutil.move(first, tmp_path / "backup")
    own_stack(first, [tmp_path / "backup" / file.name for file in pictures])
    with pytest.raises(RuntimeError, match="holds other files than"):
        bpy.ops.zoom_stack.delete_run(folder=str(first))
    assert len(list(first.iterdir())) == 4


def test_a_picture_that_was_painted_over_meanwhile_is_not_deleted(bpy: Any, first: Path) -> None:
    found(bpy)
    content = (first / "level_01.png").read_bytes()
    (first / "level_01.png").write_bytes(content)  # of the same size
    os.utime(first / "level_01.png", (1e9, 1e9))
    with pytest.raises(RuntimeError, match="nothing was deleted"):
        bpy.ops.zoom_stack.delete_run(folder=str(first))
    assert (first / "level_01.png").exists()
    assert bpy.ops.zoom_stack.delete_run(folder=str(first)) == {"FINISHED"}  # the list is new
    assert not first.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="this test locks as Unix does")
def test_a_run_at_work_elsewhere_is_left_alone(
    bpy: Any, first: Path, use_worker: UseWorker
) -> None:
    import fcntl

    bpy.context.scene.zoom_stack.steps = 40
    folder = unfinished(use_worker, bpy)
    latest().clear()
    assert [run.folder for run in found(bpy).unfinished()] == [folder]
    with (folder / ".zoom_stack" / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The list does not know it yet.
        with pytest.raises(RuntimeError, match="at work, in another Blender"):
            bpy.ops.zoom_stack.generate(resume=True, run=str(folder))
        latest().forget_problem()
        with pytest.raises(RuntimeError, match="at work, in another Blender"):
            bpy.ops.zoom_stack.delete_run(folder=str(folder))
        runs = found(bpy)
        assert runs.unfinished() == []
        assert [run.folder for run in runs.at_work()] == [folder]
        assert part("tasks.start").unfinished_run(bpy.context, runs) is None
    assert folder.exists()
    assert [run.folder for run in found(bpy).unfinished()] == [folder]
    assert bpy.ops.zoom_stack.delete_run(folder=str(folder)) == {"FINISHED"}


def test_what_else_of_the_file_uses_a_run_is_named(bpy: Any, first: Path) -> None:
    editor = bpy.context.scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strips.new_image("strip", str(first / "level_01.png"), 1, 1)
    bpy.data.movieclips.load(str(first / "level_02.png"))
    with pytest.raises(RuntimeError, match=r"its file level_01.png, its file level_02.png"):
        bpy.ops.zoom_stack.delete_run(folder=str(first))
    assert len(list(first.glob("*.png"))) == 3


def test_what_is_shown_compared_and_pinned_is_named(bpy: Any, first: Path) -> None:
    reason = part("tasks.runs").why_in_use
    (second,) = {file.parent for file in files()}
    assert f"level 1 of {zoom().name}" in reason(found(bpy).at(second))
    other_content(files()[1])
    again(bpy, 1)
    said = reason(found(bpy).at(second))
    assert f"what level 2 of {zoom().name} showed before" in said
    bpy.context.scene.zoom_stack.levels[0].pin_image = str(first / "level_02.png")
    assert "a pin in the list of Scene" in reason(found(bpy).at(first))


def test_pins_of_a_linked_scene_count(bpy: Any, first: Path, tmp_path: Path) -> None:
    bpy.context.scene.name = "Shot"
    save_as(tmp_path / "a" / "library.blend")
    shutil.copytree(first, tmp_path / "a" / "pinned")
    bpy.context.scene.zoom_stack.levels[0].pin_image = "//pinned/level_00.png"
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    with bpy.data.libraries.load(str(tmp_path / "a" / "library.blend"), link=True) as (_, to):
        to.scenes = ["Shot"]
    run = part("scene.runs").read_run(tmp_path / "a" / "pinned")
    assert "a pin in the list of Shot" in part("tasks.runs").why_in_use(run)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_nothing_is_deleted_through_a_link(bpy: Any, first: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other_project" / "run"
    shutil.copytree(first, elsewhere)
    (tmp_path / "zooms" / "linked").symlink_to(elsewhere)
    found(bpy)
    with pytest.raises(RuntimeError, match="a link to another place"):
        bpy.ops.zoom_stack.delete_run(folder=str(tmp_path / "zooms" / "linked"))
    assert len(list(elsewhere.glob("*.png"))) == 3


def test_another_versions_pictures_are_not_found_in_the_usual_places(
    bpy: Any, first: Path, prefs: Any, tmp_path: Path
) -> None:
    home = tmp_path / "project"
    save_as(home / "shot.blend")
    second = files()[0].parent
    shutil.rmtree(second)
    shutil.move(first, home / second.name)  # of the same zoom, under the same name
    with pytest.raises(RuntimeError, match="3 pictures still missing"):
        bpy.ops.zoom_stack.find_pictures()
    assert all(file.parent == second for file in files())
    # Who chooses it means it: zoom and prompts are the same.
    assert bpy.ops.zoom_stack.find_pictures(directory=str(home)) == {"FINISHED"}


@pytest.mark.parametrize("other", ["zoom", "prompt"])
def test_another_zooms_pictures_are_not_found_below_a_chosen_folder(
    bpy: Any, first: Path, tmp_path: Path, other: str
) -> None:
    shown = files()[0].parent
    stranger = tmp_path / "chosen" / "another"
    shutil.copytree(shown, stranger)
    stack = json.loads((stranger / "stack.json").read_text())
    if other == "zoom":
        stack["ids"]["zoom"] = "stranger"
    else:
        stack["levels"][0]["prompt"] = "a cat"
    (stranger / "stack.json").write_text(json.dumps(stack))
    shutil.move(shown, tmp_path / "gone")
    with pytest.raises(RuntimeError, match="3 pictures still missing"):
        bpy.ops.zoom_stack.find_pictures(directory=str(tmp_path / "chosen"))
    assert all(file.parent == shown for file in files())


def test_one_levels_picture_in_blenders_folder_is_told_and_copied(
    bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path
) -> None:
    generate()
    other_content(files()[1])
    old, home = files()[1], tmp_path / "project"
    save_as(home / "shot.blend")
    again(bpy, 1)
    assert all(file.is_relative_to(home) for file in files())
    assert not bpy.ops.zoom_stack.copy_beside.poll()
    bpy.ops.zoom_stack.compare_picture(level=1)
    assert files()[1] == old
    assert bpy.ops.zoom_stack.copy_beside.poll()
    others = files()[0].parent
    assert bpy.ops.zoom_stack.copy_beside() == {"FINISHED"}
    assert [file.parent for file in files()][::2] == [others, others]  # no copy of what is there
    assert files()[1].is_relative_to(home)
    assert files()[1].read_bytes() == old.read_bytes()
    assert Path(bpy.path.abspath(bpy.context.scene.zoom_stack.levels[1].made)) == files()[1]
    assert not bpy.ops.zoom_stack.copy_beside.poll()


def test_copies_are_as_old_as_what_they_are_copies_of(
    bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path
) -> None:
    generate()
    for number, file in enumerate((*files(), files()[0].parent / "stack.json")):
        os.utime(file, (1.5e9 + number, 1.5e9 + number))
    save_as(tmp_path / "project" / "shot.blend")
    bpy.ops.zoom_stack.copy_beside()
    copies = (*files(), files()[0].parent / "stack.json")
    assert copies[0].is_relative_to(tmp_path)
    assert [file.stat().st_mtime for file in copies] == [1.5e9 + n for n in range(4)]


def test_what_a_killed_blender_left_is_removed(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying, read_stack = part("scene.copying"), part("engine.contract.stack").read_stack
    target = tmp_path / "target"
    names = (".0123456789ab.tmp", ".mine.tmp", "0123456789ab.tmp")
    for name in names:
        (target / name).mkdir(parents=True)
        (target / name / "level_00.png").write_bytes(b"half")
    copying.copy_stacks([read_stack(first)], target, lambda _: None)
    assert all((target / name).exists() for name in names)  # another Blender may be at it
    now = time.time()
    monkeypatch.setattr(copying.time, "time", lambda: now + 4000.0)
    copying.copy_stacks([read_stack(first)], target, lambda _: None)
    assert [(target / name).exists() for name in names] == [False, True, True]


def test_levels_that_name_one_file_are_gathered_apart(
    bpy: Any, first: Path, tmp_path: Path
) -> None:
    one, other = files()[0], files()[1]
    other_content(other)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    own = own_stack(tmp_path / "own", [one, one])
    bpy.ops.zoom_stack.import_stack(filepath=str(own), target="THIS_SCENE")
    part("scene.showing").show_file(zoom(), 1, other)
    stack = part("scene.unpacking").stack_on_disk(
        zoom(), lambda _: tmp_path / "gathered", as_shown=True
    )
    assert [level.image for level in stack.levels] == ["level_00.png", "level_00_2.png"]
    assert [file.read_bytes() for file in files()] == [one.read_bytes(), other.read_bytes()]
    assert part("scene.finding").stack_of(zoom()) == stack


@pytest.mark.parametrize("how", ["gone", "spoiled"])
def test_a_picture_that_cannot_be_shown_changes_nothing(
    bpy: Any, first: Path, tmp_path: Path, how: str
) -> None:
    old = files()[1]
    other_content(old)
    again(bpy, 1)
    shown = files()
    save_as(tmp_path / "a.blend")
    open_file(tmp_path / "a.blend")
    found(bpy)
    if how == "gone":
        old.unlink()
        words = r"level 2 of .* is gone\. Put its file level_01.png back"
        with pytest.raises(RuntimeError, match=words):
            bpy.ops.zoom_stack.show_picture(level=1, picture=str(old))
    else:
        old.write_bytes(b"no picture")
        words = "cannot be read"
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.zoom_stack.compare_picture(level=1)
    assert files() == shown


def test_a_border_never_divides_by_nothing(bpy: Any, first: Path) -> None:
    finding, material = part("scene.finding"), part("scene.material")
    plane = finding.parts(zoom(), "plane")[1]
    (border,) = [
        node
        for node in plane.active_material.node_tree.nodes
        if node.bl_idname == "ShaderNodeGroup"
    ]
    before = border.inputs["Width"].default_value
    material.fit_border(plane.active_material, 0, 0)
    assert border.inputs["Width"].default_value == before
    material.fit_border(plane.active_material, 64, 32)
    assert border.inputs["Width"].default_value == 2.0


def test_half_a_character_in_a_prompt(bpy: Any, first: Path, tmp_path: Path) -> None:
    own = own_stack(tmp_path / "own", [files()[0]])
    text = json.loads(own.read_text())
    text["levels"][0]["prompt"] = "\ud800 leaf\0"
    text["other program"] = "\ud800"
    own.write_text(json.dumps(text))
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    assert bpy.ops.zoom_stack.import_stack(filepath=str(own)) == {"FINISHED"}
    assert part("scene.finding").level_titles(zoom()) == ["\ufffd leaf\ufffd"]
    assert bpy.ops.zoom_stack.edit_levels() == {"FINISHED"}
    assert part("scene.finding").stack_of(zoom()).others == {"other program": "\ud800"}


def test_half_a_character_in_an_unfinished_run(
    bpy: Any, first: Path, use_worker: UseWorker
) -> None:
    bpy.context.scene.zoom_stack.steps = 40
    folder = unfinished(use_worker, bpy)
    latest().clear()
    job = json.loads((folder / ".zoom_stack" / "job.json").read_text())
    job["levels"][0]["prompt"] = "\ud800 leaf"
    (folder / ".zoom_stack" / "job.json").write_text(json.dumps(job))
    assert found(bpy).unfinished() == []  # the engine would refuse it
    with pytest.raises(RuntimeError, match="no unfinished run"):
        bpy.ops.zoom_stack.generate(resume=True, run=str(folder))


@pytest.mark.parametrize("octaves", [None, [0.0, 1.0]])
def test_a_damaged_root_says_so(bpy: Any, first: Path, octaves: list[float] | None) -> None:
    zoom().pop("zoom_stack_octaves")
    if octaves:
        zoom()["zoom_stack_octaves"] = octaves
    settings = bpy.context.scene.zoom_stack
    before = [(level.uid, level.prompt, level.made) for level in settings.levels]
    with pytest.raises(RuntimeError, match="no longer knows its stack"):
        bpy.ops.zoom_stack.edit_levels()
    assert [(level.uid, level.prompt, level.made) for level in settings.levels] == before


def test_the_question_says_that_undoing_does_not_help(bpy: Any, first: Path) -> None:
    question = part("operators.runs").question_about(found(bpy).at(first))
    assert f"in {first}: 7 files, " in question
    assert "Undoing cannot bring them back" in question


def test_a_relative_output_folder_is_beside_the_file(
    bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings.output_folder = "renders"
    with pytest.raises(RuntimeError, match="relative to a file that is not saved yet"):
        bpy.ops.zoom_stack.generate()
    latest().forget_problem()
    save_as(tmp_path / "project" / "shot.blend")
    generate()
    assert all(file.parent.parent == tmp_path / "project" / "renders" for file in files())
    assert not (tmp_path / "renders").exists()
