"""A job end to end, with an analytic model: what is written, and what an interruption costs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.geometry import Placement
from engine.contract.ids import Ids
from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.picture_size import LEAST_SIDE
from engine.contract.stack import read_stack
from engine.machine.failures import Cancelled
from engine.method.nesting import render
from engine.models.registry import BUNDLED_FOLDERS
from engine.models.upscaling import Lanczos
from engine.pictures.colour import bytes_to_linear
from engine.pictures.files import to_bytes, to_unit
from engine.run.finishing import final_pictures
from engine.run.output_folder import OutputFolder
from engine.run.previews import Previews
from engine.run.request import GenerateRequest
from engine.run.sampling import StepClock
from engine.run.start import run_generate
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.recorder import Recorder
from tests.engine.tiny_models import save_tiny_if

JOB = Job(
    levels=(LevelSpec("a"), LevelSpec("b"), LevelSpec("c", "", 3.0, (0.4, 0.6))),
    seed=5,
    size=(48, 32),
    ids=Ids("z", ("x", "y", "z")),
    sampler=SamplerSettings(steps=6),
)


def run(
    out: Path,
    job: Job = JOB,
    is_cancelled: Callable[[Recorder], bool] = lambda recorder: False,
    **options: bool,
) -> Recorder:
    recorder = Recorder()
    request = GenerateRequest(job, out, device="cpu", **options)
    try:
        run_generate(request, recorder, lambda: is_cancelled(recorder), lambda *_: AnalyticModel())
    except Cancelled:
        recorder.done("cancelled")
    return recorder


def pictures(out: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(out.glob("level_*.png"))]


def after(step: int) -> Callable[[Recorder], bool]:
    """Cancels once so many steps are finished."""
    return lambda recorder: len(recorder.of("progress")) >= step


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recorder]:
    out = tmp_path_factory.mktemp("runs") / "finished"
    return out, run(out)


def test_a_job_becomes_a_stack(finished: tuple[Path, Recorder]) -> None:
    out, _ = finished
    stack = read_stack(out)
    assert [level.prompt for level in stack.levels] == ["a", "b", "c"]
    assert stack.ids == JOB.ids
    assert stack.levels[2].zoom_factor == 3.0
    assert stack.levels[2].focus == (0.4, 0.6)
    for index in range(3):
        with Image.open(stack.picture(index)) as picture:
            assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (48, 32))
    assert sorted(path.name for path in out.iterdir()) == [
        ".zoom_stack",
        "level_00.png",
        "level_01.png",
        "level_02.png",
        "stack.json",
    ]
    assert not list((out / ".zoom_stack").glob("state*"))


def test_a_stack_says_how_it_was_made(finished: tuple[Path, Recorder]) -> None:
    made_with = json.loads((finished[0] / "stack.json").read_text())["made_with"]
    sampler = replace(JOB.sampler, guidance_scale=2.0, context_strength=1.0)
    complete = replace(JOB, sampler=sampler)
    assert made_with["job"] == complete.to_dict()
    assert made_with["model"] == {"name": "analytic", "revision": "1"}
    assert made_with["device"] == "cpu"
    assert made_with["versions"].keys() >= {"python", "torch", "diffusers", "numpy"}


def test_messages_come_in_the_protocols_order(finished: tuple[Path, Recorder]) -> None:
    _, recorder = finished
    assert [message["name"] for message in recorder.of("stage")] == [
        "load",
        "prompts",
        "sample",
        "finish",
    ]
    assert [message["step"] for message in recorder.of("progress")] == [1, 2, 3, 4, 5, 6]
    assert recorder.of("progress")[-1]["eta"] == 0.0
    assert [message["level"] for message in recorder.of("preview")[-3:]] == [0, 1, 2]
    assert all(Path(message["file"]).is_file() for message in recorder.of("preview"))
    assert recorder.messages[-1]["type"] == "result"


def test_the_same_job_gives_the_same_bytes(finished: tuple[Path, Recorder], tmp_path: Path) -> None:
    run(tmp_path)
    assert pictures(tmp_path) == pictures(finished[0])
    run(tmp_path, replace(JOB, seed=6), overwrite=True)
    assert pictures(tmp_path) != pictures(finished[0])


@pytest.mark.parametrize("step", [1, 3, 6])
def test_a_cancelled_run_goes_on_bit_for_bit(
    finished: tuple[Path, Recorder], tmp_path: Path, step: int
) -> None:
    first = run(tmp_path, is_cancelled=after(step))
    assert first.messages[-1] == {"type": "done", "status": "cancelled"}
    assert not (tmp_path / "stack.json").exists()
    assert not pictures(tmp_path)
    second = run(tmp_path, resume=True)
    assert [message["step"] for message in second.of("progress")] == list(range(step + 1, 7))
    assert pictures(tmp_path) == pictures(finished[0])
    assert not list((tmp_path / ".zoom_stack").glob("state*"))


def test_a_run_that_is_interrupted_twice(finished: tuple[Path, Recorder], tmp_path: Path) -> None:
    run(tmp_path, is_cancelled=after(2))
    run(tmp_path, is_cancelled=after(2), resume=True)
    run(tmp_path, resume=True)
    assert pictures(tmp_path) == pictures(finished[0])


def test_a_damaged_saved_run_is_named(tmp_path: Path) -> None:
    run(tmp_path, is_cancelled=after(2))
    OutputFolder(tmp_path).state_file(JOB).write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    with pytest.raises(ZoomStackError) as caught:
        run(tmp_path, resume=True)
    assert caught.value.code == "bad_state"
    assert pictures(run_anew(tmp_path))


def run_anew(out: Path) -> Path:
    run(out)
    return out


def test_a_saved_run_of_another_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, is_cancelled=after(2))
    monkeypatch.setattr(AnalyticModel, "revision", "2")
    with pytest.raises(ZoomStackError) as caught:
        run(tmp_path, resume=True)
    assert caught.value.code == "other_job"
    assert "the model has changed" in caught.value.text


def test_resuming_nothing_starts_and_says_so(tmp_path: Path) -> None:
    recorder = run(tmp_path, resume=True)
    assert "nothing_saved" in [message["code"] for message in recorder.of("warning")]
    assert len(pictures(tmp_path)) == 3


def test_resuming_a_finished_job_does_nothing(finished: tuple[Path, Recorder]) -> None:
    before = (finished[0] / "stack.json").stat().st_mtime_ns
    recorder = run(finished[0], resume=True)
    assert [message["type"] for message in recorder.messages] == ["warning", "result"]
    assert (finished[0] / "stack.json").stat().st_mtime_ns == before


def test_overwriting_keeps_the_old_stack_until_the_new_one_is_made(tmp_path: Path) -> None:
    run(tmp_path)
    before = pictures(tmp_path)
    other = replace(JOB, seed=6)
    run(tmp_path, other, is_cancelled=after(3), overwrite=True)
    assert pictures(tmp_path) == before
    assert read_stack(tmp_path)
    run(tmp_path, other, resume=True, overwrite=True)
    assert pictures(tmp_path) != before


def test_the_registrys_models_run(tmp_path: Path) -> None:
    save_tiny_if(tmp_path / "models" / "tiny")
    job = replace(JOB, model="tiny", sampler=SamplerSettings(steps=2))
    for device in ("cpu", "auto"):
        recorder = Recorder()
        request = GenerateRequest(
            job, tmp_path / device, models=(tmp_path / "models",), device=device
        )
        run_generate(request, recorder, lambda: False)
        made_with = read_stack(tmp_path / device).made_with
        assert made_with["model"]["name"] == "tiny"
        assert len(made_with["model"]["revision"]) == 12


def test_the_bundled_model_runs_with_nothing_set(tmp_path: Path) -> None:
    job = Job(
        (LevelSpec("a spiral galaxy"), LevelSpec("a planet")), sampler=SamplerSettings(steps=1)
    )
    run_generate(GenerateRequest(job, tmp_path), Recorder(), lambda: False)
    stack = read_stack(tmp_path)
    with Image.open(stack.picture(1)) as picture:
        assert picture.size == (256, 256)
    assert stack.made_with["sample_size"] == [256, 256]
    assert stack.made_with["upscaler"]["name"] == "bundled_x4"


def test_the_bundled_model_draws_what_its_prompts_say(tmp_path: Path) -> None:
    levels = (LevelSpec("the open ocean, blue water"), LevelSpec("red blood cells", "", 4.0))
    job = Job(levels, sampler=SamplerSettings(steps=8), size=(64, 64))
    run_generate(GenerateRequest(job, tmp_path), Recorder(), lambda: False)
    stack = read_stack(tmp_path)
    sea, blood = (
        np.moveaxis(np.asarray(Image.open(stack.picture(n)).convert("RGB"), float), 2, 0)
        for n in (0, 1)
    )
    assert sea[2].mean() > 1.3 * sea[0].mean(), "the sea is blue"
    red = blood[0] > 1.5 * np.maximum(blood[1], blood[2])
    assert red.mean() > 0.15, "the cells are red, though the plasma may be pale"


def test_the_bundled_models_are_small() -> None:
    files = [file for folder in BUNDLED_FOLDERS.values() for file in folder.rglob("*")]
    assert sum(file.stat().st_size for file in files if file.is_file()) < 40e6
    assert not [file for file in files if file.suffix in (".bin", ".pt", ".pkl", ".ckpt")]


def test_a_model_that_answers_nonsense(tmp_path: Path) -> None:
    with pytest.raises(ZoomStackError) as caught:
        run(tmp_path, replace(JOB, levels=(LevelSpec("nan"),)))
    assert caught.value.code == "not_finite"
    assert not pictures(tmp_path)


def test_a_single_level_at_the_models_own_size(tmp_path: Path) -> None:
    own = AnalyticModel.native_size
    recorder = run(tmp_path, Job((LevelSpec("a"),), size=own, sampler=SamplerSettings(steps=1)))
    assert not recorder.of("warning")
    with Image.open(tmp_path / "level_00.png") as picture:
        assert picture.size == own


def test_a_small_models_pictures_are_enlarged_by_a_whole_factor(tmp_path: Path) -> None:
    job = Job((LevelSpec("a"),), sampler=SamplerSettings(steps=1))
    plain = run(tmp_path / "plain", replace(job, upscaler="lanczos"))
    assert [each["code"] for each in plain.of("warning")] == ["size"]
    assert not run(tmp_path, job).of("warning"), "sharp pictures need no warning"
    with Image.open(tmp_path / "level_00.png") as picture:
        assert min(picture.size) >= LEAST_SIDE
        assert picture.width % AnalyticModel.native_size[0] == 0


@pytest.mark.parametrize("size", [(16, 16), (133, 17), (16, 100), (97, 101)])
def test_weird_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    run(tmp_path, replace(JOB, size=size, sampler=SamplerSettings(steps=2)))
    with Image.open(tmp_path / "level_02.png") as picture:
        assert picture.size == size


def test_the_last_pass_averages_light_and_not_bytes() -> None:
    placements = [Placement(), Placement(2.0)]
    levels = torch.full((2, 3, 16, 16), -1.0)
    levels[1, :, ::2, ::2] = 1.0  # stars: one pixel of four is white
    made = dict(final_pictures(levels, placements, (16, 16), Lanczos()))
    centre = bytes_to_linear(made[0][6:10, 6:10])
    np.testing.assert_allclose(centre, 0.25, atol=0.005)
    np.testing.assert_array_equal(made[1], to_bytes(to_unit(levels[1].numpy())))


def test_final_pictures_agree_and_keep_their_own_away_from_the_border() -> None:
    placements = [Placement(), Placement(2.0, (0.4, 0.5)), Placement(3.0), Placement(1.5)]
    levels = torch.rand((4, 3, 48, 48), generator=torch.Generator().manual_seed(1)) * 2 - 1
    made = dict(final_pictures(levels, placements, (48, 48), Lanczos()))
    linear = torch.stack(
        [torch.from_numpy(bytes_to_linear(made[i])).permute(2, 0, 1) for i in range(4)]
    )
    whole = render(linear, placements).clamp(0.0, 1.0)
    assert float((whole - linear).abs().max()) < 0.016  # rounding to bytes
    own = to_bytes(to_unit(levels[0].numpy()))
    np.testing.assert_array_equal(made[0][:, -6:], own[:, -6:])
    np.testing.assert_array_equal(made[3], to_bytes(to_unit(levels[3].numpy())))


def test_lanczos_keeps_flat_colours_and_the_right_size() -> None:
    flat = np.full((8, 12, 3), 0.3, np.float32)
    enlarged = Lanczos().resize(flat, (50, 31))
    assert enlarged.shape == (31, 50, 3)
    np.testing.assert_allclose(enlarged, 0.3, atol=1e-6)
    assert Lanczos().resize(flat, (12, 8)) is flat


def test_previews_are_small_and_whole(tmp_path: Path) -> None:
    previews = Previews(lambda level: tmp_path / f"{level}.png")
    assert previews.due()
    files = previews.write(np.zeros((2, 3, 300, 400), np.float32))
    assert not previews.due()
    with Image.open(files[1]) as picture:
        assert picture.size == (128, 96)
        assert picture.getpixel((0, 0)) == (128, 128, 128)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.png", "1.png"]


def test_the_clock_leaves_the_first_step_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 10.0, 11.0, 12.0, 13.0])
    monkeypatch.setattr("engine.run.sampling.time.monotonic", lambda: next(now))
    clock = StepClock()
    assert [clock.tick(remaining) for remaining in (3, 2, 1, 0)] == [30.0, 2.0, 1.0, 0.0]


def test_resuming_finishes_what_a_kill_after_the_last_picture_left_undone(tmp_path: Path) -> None:
    run(tmp_path)
    folder = OutputFolder(tmp_path)
    old, own = tmp_path / "level_00_2.png", folder.state_file(JOB)
    other = folder.state_file(replace(JOB, seed=6))
    for file in (old, own, other):
        file.write_bytes(b"left")
    folder.note_changing(["level_00.png", old.name])
    folder.note_job(JOB)
    with folder.held():  # another run has it: nothing is touched
        run(tmp_path, resume=True)
        folder.note_changing(["level_00.png", old.name])
        old.write_bytes(b"left")
    run(tmp_path, resume=True)
    assert len(pictures(tmp_path)) == 3
    assert not old.exists()
    assert not own.exists()
    assert other.exists(), "of another job that can be gone on with"
    left = {file.name for file in (tmp_path / ".zoom_stack").iterdir()}
    assert left == {"lock", other.name, *(f"preview_0{level}.png" for level in range(3))}


def test_resuming_a_finished_job_waits_at_no_pipe(tmp_path: Path) -> None:
    run(tmp_path)
    os.mkfifo(tmp_path / ".zoom_stack" / "job.json")
    assert run(tmp_path, resume=True).messages[-1]["type"] == "result"
