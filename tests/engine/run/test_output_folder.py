"""The folder that a job writes to: nothing that is there gets lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.stack import Stack, StackLevel, write_stack
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
