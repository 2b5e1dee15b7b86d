"""Levels that are kept: regenerating, inserting and extending without starting again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.job import LANCZOS, Job, Keep, LevelSpec, SamplerSettings
from engine.contract.job_parser import load_job, parse_job
from engine.method.nesting import render
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.doubles.analytic_engine import AnalyticDenoiser, AnalyticModel
from tests.engine.recorder import Recorder

SIZE = (64, 64)
STEPS = SamplerSettings(steps=5)


def generate(job: Job, out: Path, **options: bool) -> list[bytes]:
    job = replace(
        job, upscaler=LANCZOS
    )  # of noise a network would make edges that ask for more rounds
    request = GenerateRequest(job, out, device="cpu", **options)
    run_generate(request, Recorder(), lambda: False, lambda *_: AnalyticModel())
    return [file.read_bytes() for file in sorted(out.glob("level_*.png"))]


def linear(picture: bytes, folder: Path) -> torch.Tensor:
    """(3, h, w) linear light."""
    from engine.pictures.colour import bytes_to_linear

    (folder / "one.png").write_bytes(picture)
    return torch.from_numpy(
        bytes_to_linear(np.asarray(Image.open(folder / "one.png")).copy()).transpose(2, 0, 1)
    )


def kept(folder: Path, index: int, level: LevelSpec, follow: bool = False) -> LevelSpec:
    return replace(level, keep=Keep(str(folder / f"level_{index:02d}.png"), follow))


LEVELS = (LevelSpec("a"), LevelSpec("b"), LevelSpec("c", "", 3.0, (0.4, 0.6)), LevelSpec("d"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "out"
    generate(Job(LEVELS, size=SIZE, sampler=STEPS), out)
    return out


def pictures(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.glob("level_*.png"))]


def is_nested(stack: list[bytes], levels: tuple[LevelSpec, ...], folder: Path) -> bool:
    """Whether every level shows the next one, within the rounding to bytes."""
    from engine.contract.geometry import Placement

    x = torch.stack([linear(picture, folder) for picture in stack])
    places = [Placement(level.zoom_factor, level.focus) for level in levels]
    return bool((render(x, places) - x).abs().max() < 0.016)


@pytest.mark.parametrize("again", [0, 1, 2, 3])
def test_a_level_is_made_again_and_the_others_stay_byte_for_byte(
    made: Path, again: int, tmp_path: Path
) -> None:
    levels = tuple(
        replace(level, seed=5) if i == again else kept(made, i, level)
        for i, level in enumerate(LEVELS)
    )
    before = pictures(made)
    after = generate(Job(levels, size=SIZE, sampler=STEPS), tmp_path / "out")
    assert [a == b for a, b in zip(after, before, strict=True)] == [i != again for i in range(4)]
    assert is_nested(after, LEVELS, tmp_path)


@pytest.mark.parametrize("at", [0, 1, 3, 4])
def test_levels_are_added_deeper_wider_and_between(made: Path, at: int, tmp_path: Path) -> None:
    levels = [kept(made, i, level) for i, level in enumerate(LEVELS)]
    levels.insert(at, LevelSpec("new"))
    if 0 < at < 4:  # two levels share what was one step
        whole = levels[at + 1].zoom_factor
        levels[at] = replace(levels[at], zoom_factor=whole / 1.5)
        levels[at + 1] = replace(levels[at + 1], zoom_factor=1.5)
    after = generate(Job(tuple(levels), size=SIZE, sampler=STEPS), tmp_path / "out")
    assert after[:at] + after[at + 1 :] == pictures(made)
    if at in (0, 4):  # in between, the bytes of both neighbours leave no exact picture
        assert is_nested(after, tuple(levels), tmp_path)


def test_wider_levels_may_follow_and_keep_what_lies_around(made: Path, tmp_path: Path) -> None:
    levels = tuple(
        replace(level, prompt="something else", seed=5)
        if i == 2
        else kept(made, i, level, follow=True)
        for i, level in enumerate(LEVELS)
    )
    before = pictures(made)
    after = generate(Job(levels, size=SIZE, sampler=STEPS), tmp_path / "out")
    assert after[3] == before[3]  # nothing new lies within it
    assert is_nested(after, LEVELS, tmp_path)
    old, new = (
        np.stack([np.asarray(linear(p, tmp_path)) for p in stack[:3]]) for stack in (before, after)
    )
    # What level 2 shows is another picture also as the wider levels resolve it.
    assert np.abs(old[1] - new[1]).max() > 0.05
    outside = np.ones(SIZE, bool)
    outside[16:48, 16:48] = False
    assert np.array_equal(old[0][:, outside], new[0][:, outside])


def test_kept_levels_cost_no_evaluation(made: Path, tmp_path: Path) -> None:
    seen: list[int] = []

    class Counting(AnalyticDenoiser):
        def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            seen.append(len(z))
            return super().predict_x0(z, sigma)

    class Model(AnalyticModel):
        def condition(self, prompts, negative_prompts, guidance_scale):
            assert prompts == ["c"]
            return Counting(prompts)

    levels = tuple(level if i == 2 else kept(made, i, level) for i, level in enumerate(LEVELS))
    job = Job(levels, sampler=STEPS)
    request = GenerateRequest(job, tmp_path / "out", device="cpu")
    run_generate(request, Recorder(), lambda: False, lambda *_: Model())
    assert seen == [1] * STEPS.steps


def test_kept_pictures_must_not_lie_where_the_new_ones_go(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    before = generate(Job(LEVELS, size=SIZE, sampler=STEPS), folder)
    levels = [kept(folder, i, level) for i, level in enumerate(LEVELS)]
    levels.insert(0, LevelSpec("new"))
    with pytest.raises(ZoomStackError, match="lies in the folder that the new zoom"):
        generate(Job(tuple(levels), size=SIZE, sampler=STEPS), folder, overwrite=True)
    assert pictures(folder) == before


def test_a_loop_that_follows_is_the_same_every_time(made: Path, tmp_path: Path) -> None:
    levels = tuple(
        replace(level, seed=5) if i == 1 else kept(made, i, level, follow=True)
        for i, level in enumerate(LEVELS)
    )
    job = Job(levels, size=SIZE, sampler=STEPS, loop=True)
    first = generate(job, tmp_path / "a")
    torch.full((4, 3, *SIZE), 1e9)  # what memory that nobody has filled might hold
    assert generate(job, tmp_path / "b") == first
    assert np.asarray(Image.open(tmp_path / "a/level_03.png")).std() < 100


def test_the_size_is_that_of_the_kept_pictures(made: Path, tmp_path: Path) -> None:
    levels = (*(kept(made, i, level) for i, level in enumerate(LEVELS)), LevelSpec("new"))
    generate(Job(levels, sampler=STEPS), tmp_path / "out")
    assert Image.open(tmp_path / "out/level_04.png").size == SIZE


def test_another_size_is_refused(made: Path, tmp_path: Path) -> None:
    job = Job((kept(made, 0, LEVELS[0]), LevelSpec("new")), size=(96, 96), sampler=STEPS)
    with pytest.raises(ZoomStackError, match=r"Level 1 keeps .*64x64 pixels.*96x96"):
        generate(job, tmp_path / "out")


def test_a_kept_picture_that_changes_meanwhile_is_noticed(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.png"
    file.write_bytes((made / "level_00.png").read_bytes())

    class Model(AnalyticModel):
        def condition(self, prompts, negative_prompts, guidance_scale):
            file.write_bytes((made / "level_01.png").read_bytes())
            return super().condition(prompts, negative_prompts, guidance_scale)

    job = Job((replace(LEVELS[0], keep=Keep(str(file))), LevelSpec("new")), sampler=STEPS)
    request = GenerateRequest(job, tmp_path / "out", device="cpu")
    with pytest.raises(ZoomStackError, match="has changed since the run began"):
        run_generate(request, Recorder(), lambda: False, lambda *_: Model())
    assert not (tmp_path / "out/level_00.png").exists()


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ({"prompt": "a", "keep": {"image": "gone.png"}}, "keeps .*gone.png, which cannot be read"),
        ({"prompt": "a", "keep": {"image": ""}}, "level 1 is kept, but its picture is not named"),
        ({"prompt": "a", "keep": "x.png"}, "the kept picture of level 1 must be an object"),
        ({"prompt": "a", "keep": {"image": "x.png", "follow": 1}}, "must be true or false"),
        (
            {"prompt": "a", "keep": {"image": "x.png"}, "pin": {"image": "y.png"}},
            "level 1 is both kept and pinned",
        ),
        ({"keep": {"image": "x.png", "follow": True}}, "level 1 has no prompt"),
    ],
)
def test_bad_keeps_are_told_in_a_sentence(
    level: dict[str, object], words: str, tmp_path: Path
) -> None:
    file = tmp_path / "job.json"
    file.write_text(json.dumps({"levels": [level, {"prompt": "b"}]}), encoding="utf-8")
    with pytest.raises(ZoomStackError, match=words):
        generate(load_job(file), tmp_path / "out")


def test_a_job_that_keeps_everything_has_nothing_to_make() -> None:
    with pytest.raises(ZoomStackError, match="every level is kept"):
        parse_job({"levels": [{"keep": {"image": "x.png"}}]})
