"""The folder that a job writes to: nothing that is there gets lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.stack import Stack, StackLevel, write_stack
from engine.contract.work_folder import discard
from engine.run.output_folder import OutputFolder, is_made_by

JOB = Job(levels=(LevelSpec("a"),), seed=1)
DONE = Job(
    levels=(LevelSpec("a"),), seed=1, size=(64, 64), sampler=SamplerSettings(guidance_scale=3)
)


def prepare(path: Path, job: Job = JOB, *, resume: bool = False, overwrite: bool = False) -> object:
    return OutputFolder(path).prepare(job, resume=resume, overwrite=overwrite)


def refusal(path: Path, job: Job = JOB, **options: bool) -> str:
    with pytest.raises(ZoomStackError) as caught:
        prepare(path, job, **options)
    return caught.value.code


def finish(path: Path, job: Job = DONE) -> None:
    path.mkdir(exist_ok=True)
    (path / "level_00.png").write_bytes(b"png")
    levels = (StackLevel("level_00.png", "a"),)
    write_stack(Stack(path, levels, made_with={"job": job.to_dict()}))


def test_a_new_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    assert prepare(tmp_path / "a" / "b") is None
    assert (tmp_path / "a/b/.zoom_stack").is_dir()


def test_a_folder_that_cannot_be_written_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refusal(tmp_path / "file") == "unwritable"
    assert refusal(tmp_path / "file" / "below") == "unwritable"


def test_a_finished_stack_is_kept(tmp_path: Path) -> None:
    finish(tmp_path)
    assert refusal(tmp_path) == "exists"
    assert prepare(tmp_path, overwrite=True) is None
    assert (tmp_path / "stack.json").exists()
    assert (tmp_path / "level_00.png").exists()


def test_resuming_a_finished_job_finds_it_finished(tmp_path: Path) -> None:
    finish(tmp_path)
    assert isinstance(prepare(tmp_path, resume=True), Stack)
    assert refusal(tmp_path, Job(JOB.levels, seed=2), resume=True) == "other_job"


def test_ones_own_pictures_are_kept(tmp_path: Path) -> None:
    (tmp_path / "level_00.png").write_bytes(b"mine")
    assert refusal(tmp_path) == "exists"
    assert refusal(tmp_path, resume=True) == "exists"


def test_an_interrupted_run_of_another_job_is_not_resumed(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    folder.prepare(JOB, resume=False, overwrite=False)
    folder.state_file(JOB).write_bytes(b"")
    assert prepare(tmp_path, resume=True) is None
    other = Job(JOB.levels, seed=2)
    assert refusal(tmp_path, other, resume=True) == "other_job"
    assert prepare(tmp_path, other) is None
    assert folder.state_file(JOB).exists()


def test_a_job_matches_what_the_model_chose_for_it(tmp_path: Path) -> None:
    stack = Stack(tmp_path, (StackLevel("a"),), made_with={"job": DONE.to_dict()})
    assert is_made_by(stack, JOB)
    assert is_made_by(stack, DONE)
    assert not is_made_by(stack, Job(JOB.levels, seed=1, size=(32, 32)))
    assert not is_made_by(Stack(tmp_path, (StackLevel("a"),)), JOB)


def test_a_link_in_the_work_folders_place_is_refused(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    out.mkdir()
    (out / ".zoom_stack").symlink_to(home)
    with pytest.raises(ZoomStackError, match="is a link") as caught:
        prepare(out)
    assert caught.value.code == "unwritable"
    assert OutputFolder(out).write_log("what went wrong") is None
    assert not list(home.iterdir())


def test_a_log_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    mine, out = tmp_path / "mine", tmp_path / "out"
    mine.write_text("mine")
    prepare(out)
    (out / ".zoom_stack" / "log").symlink_to(mine)
    log = OutputFolder(out).write_log("half of a character: \ud800")
    assert log is not None
    assert log.read_text("utf-8") == "half of a character: \\ud800"
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["changing", ".changing.{pid}.tmp", ".probe.{pid}.tmp", "job.json"]
)
def test_nothing_is_written_through_a_link(tmp_path: Path, name: str) -> None:
    mine, out = tmp_path / "mine", tmp_path / "out"
    mine.write_text("mine")
    prepare(out)
    (out / ".zoom_stack" / name.format(pid=os.getpid())).symlink_to(mine)
    prepare(out)
    folder = OutputFolder(out)
    folder.note_changing(["level_00.png"])
    folder.note_job(JOB)
    assert mine.read_text() == "mine"


def test_a_lock_that_is_a_link_is_named(tmp_path: Path) -> None:
    mine, out = tmp_path / "mine", tmp_path / "out"
    mine.write_text("mine")
    prepare(out)
    (out / ".zoom_stack" / "lock").symlink_to(mine)
    with pytest.raises(ZoomStackError, match=r"lock cannot be locked: .*\.") as caught:
        hold(out)
    assert caught.value.code == "unwritable"


def hold(path: Path) -> None:
    with OutputFolder(path).held():
        pass


def test_a_folder_that_was_discarded_just_now_is_made_again(tmp_path: Path) -> None:
    prepare(tmp_path / "out")
    discard(tmp_path / "out")
    hold(tmp_path / "out")
    assert (tmp_path / "out" / ".zoom_stack" / "lock").exists()


def test_only_half_written_files_of_ours_are_cleaned_up(tmp_path: Path) -> None:
    prepare(tmp_path)
    work = tmp_path / ".zoom_stack"
    ours = [work / ".level_00.tmp", work / ".job.json.7.tmp", tmp_path / ".stack.json.7.tmp"]
    strange = [work / ".mine.tmp", tmp_path / ".stack.json.bak.tmp", tmp_path / ".mine.tmp"]
    for file in (*ours, *strange):
        file.touch()
    hold(tmp_path)
    assert [file.exists() for file in (*ours, *strange)] == [False] * 3 + [True] * 3


def test_what_was_put_in_place_is_remembered_while_nobody_knows_what_is_named(
    tmp_path: Path,
) -> None:
    finish(tmp_path)
    prepare(tmp_path, overwrite=True)
    (tmp_path / "level_00_2.png").write_bytes(b"new")
    OutputFolder(tmp_path).note_changing(["level_00.png", "level_00_2.png"])
    whole = (tmp_path / "stack.json").read_text()
    (tmp_path / "stack.json").write_text("{")
    hold(tmp_path)
    assert (tmp_path / "level_00_2.png").exists()
    (tmp_path / "stack.json").write_text(whole)
    hold(tmp_path)
    assert sorted(file.name for file in tmp_path.glob("*.png")) == ["level_00.png"]
