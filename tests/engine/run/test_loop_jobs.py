"""A job whose zoom is a loop: the deepest level holds level 0 again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, LevelSpec, Pin, SamplerSettings
from engine.contract.job_parser import parse_job
from engine.contract.stack import read_stack
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.recorder import Recorder


def generate(job: Job, out: Path) -> list[Image.Image]:
    request = GenerateRequest(job, out, device="cpu")
    run_generate(request, Recorder(), lambda: False, lambda *_: AnalyticModel())
    return [Image.open(file) for file in sorted(out.glob("level_*.png"))]


def test_a_job_makes_a_loop_on_disk(tmp_path: Path) -> None:
    data = {
        "levels": [{"prompt": "a", "zoom_factor": 3.0}, {"prompt": "b"}, {"prompt": "c"}],
        "loop": True,
        "size": [96, 96],
        "sampler": {"steps": 4},
    }
    job = parse_job(data)
    assert parse_job(job.to_dict()) == job
    pictures = generate(job, tmp_path / "out")
    stack = read_stack(tmp_path / "out")
    assert stack.loop
    assert stack.levels[0].zoom_factor == 3.0
    seen = np.asarray(pictures[2].resize((32, 32), box=(32, 32, 64, 64)), float)
    again = np.asarray(pictures[0].resize((32, 32), Image.Resampling.BOX), float)
    assert np.abs(seen - again).mean() < 3.0  # box means of encoded values, hence not exact
    assert np.abs(seen - np.roll(again, 9, 0)).mean() > 10.0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"loop": 1}, '"loop" must be true or false'),
        ({"loop": True, "focus": [0.1, 0.5]}, "Level 1, which the loop puts into level 2: focus"),
    ],
)
def test_a_bad_loop_is_told_in_a_sentence(data: dict[str, object], words: str) -> None:
    first = {"prompt": "a"} | ({"focus": data.pop("focus")} if "focus" in data else {})
    with pytest.raises(ZoomStackError, match=words):
        parse_job({"levels": [first, {"prompt": "b"}], **data})


def test_level_0_may_have_any_focus_where_the_zoom_is_no_loop() -> None:
    parse_job({"levels": [{"prompt": "a", "focus": [0.1, 0.5]}, {"prompt": "b"}]})


def test_a_pin_that_contradicts_the_loop_is_refused_and_a_masked_one_is_not(tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 90).convert("RGB").save(tmp_path / "photo.png")
    mask = np.full((64, 64), 255, np.uint8)
    mask[22:42, 22:42] = 0
    Image.fromarray(mask).save(tmp_path / "mask.png")
    level = LevelSpec("a", pin=Pin(str(tmp_path / "photo.png")))
    job = Job((level, LevelSpec("b")), size=(64, 64), loop=True, sampler=SamplerSettings(steps=3))
    with pytest.raises(ZoomStackError, match=r"Level 1 is pinned .*16 pixels large"):
        generate(job, tmp_path / "out")
    free = replace(level, pin=Pin(str(tmp_path / "photo.png"), str(tmp_path / "mask.png")))
    pictures = generate(replace(job, levels=(free, job.levels[1])), tmp_path / "out")
    there = mask > 0
    difference = np.asarray(pictures[0], float) - np.asarray(
        Image.open(tmp_path / "photo.png"), float
    )
    assert np.sqrt(np.mean(difference[there] ** 2)) < 2.0
