"""A loop: the deepest level holds level 0 again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.geometry import Placement
from engine.contract.job import BLENDINGS, Job, LevelSpec, Pin, SamplerSettings, parse_job
from engine.contract.stack import read_stack
from engine.method.blending import blending
from engine.method.nesting import footprints, render_with
from engine.method.noise import share
from engine.method.pinning import Pin as SamplerPin
from engine.method.pinning import pinned
from engine.method.sampler import sample
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.nestings import chain
from tests.engine.recorder import Recorder

# (placements, (width, height)); the first placement is level 0's in the deepest level
LOOPS = {
    "p = 2": (chain(4, 2.0), (64, 64)),
    "Droste": ([Placement(2.0, (0.4, 0.6))], (64, 64)),
    "off-centre": ([Placement(3.0, (0.3, 0.7)), Placement(1.7), Placement(2.0)], (96, 40)),
    "two": (chain(2, 4.0), (64, 64)),
}


def rendered(name: str, channels: int = 3) -> tuple[torch.Tensor, list]:  # type: ignore[type-arg]
    placements, (width, height) = LOOPS[name]
    nesting = footprints(placements, (width, height), loop=True)
    torch.manual_seed(1)
    return render_with(torch.randn(len(placements), channels, height, width), nesting), nesting


@pytest.mark.parametrize("name", LOOPS)
def test_every_level_holds_the_next_and_the_last_holds_the_first(name: str) -> None:
    x, nesting = rendered(name)
    for i, place in enumerate(nesting):
        child = x[(i + 1) % len(x)]
        assert (place.crop(x[i]) - place.reduce(child)).abs().max() < 1e-4


@pytest.mark.parametrize("rule", [each.name for each in BLENDINGS])
@pytest.mark.parametrize("name", LOOPS)
def test_blending_returns_a_loop_that_agrees_unchanged(name: str, rule: str) -> None:
    x, nesting = rendered(name)
    blend = blending(SamplerSettings(blending=rule))
    for sigma in (80.0, 1.0, 0.01):
        assert (blend(x, nesting, sigma) - x).abs().max() < 1e-5


@pytest.mark.parametrize("name", LOOPS)
def test_noise_is_shared_around_a_loop_and_keeps_its_variance(name: str) -> None:
    placements, _ = LOOPS[name]
    size, count = (32, 24), len(placements)
    nesting = footprints(placements, size, loop=True)
    # The map from independent noise, one unit vector a channel: exact, not drawn.
    pixels = count * size[0] * size[1]
    unit = torch.eye(pixels, dtype=torch.float64).view(pixels, count, size[1], size[0])
    shared = share(unit.transpose(0, 1), nesting)
    assert (shared.square().sum(1) - 1.0).abs().max() < 1e-9
    # White: the mean of a level has the variance of a mean of as many numbers, nearly.
    means = shared.mean((-2, -1)).square().sum(1) * size[0] * size[1]
    assert means.max() < 1.12
    if name == "p = 2":  # the others show themselves too large
        seen, shown = nesting[-1].reduce_noise(shared[0]), nesting[-1].crop(shared[-1])
        gap = (seen - shown).square().sum(0)
        assert (gap > 1e-9).float().mean() < 0.3  # where level 0 holds all the others


def test_a_pin_is_met_in_a_loop_and_the_levels_still_agree() -> None:
    x, nesting = rendered("p = 2")
    target = torch.randn(3, 64, 64)
    mask = torch.ones(1, 64, 64)
    mask[:, 28:36, 28:36] = 0.0  # where the loop shows the level within itself
    result = pinned(x, nesting, [SamplerPin(1, target, mask)])
    assert ((result[1] - target) * mask).abs().max() < 1e-3
    assert torch.allclose(render_with(result, nesting), result, atol=1e-4)


def test_a_sampled_loop_agrees_all_round() -> None:
    placements, size = LOOPS["off-centre"]
    denoiser = AnalyticModel().condition(["a", "b", "c"], [""] * 3, 1.0)
    x = sample(
        denoiser, placements, size=size, seed=1, settings=SamplerSettings(steps=6), loop=True
    )
    place = footprints(placements, size, loop=True)[-1]
    assert (place.crop(x[2]) - place.reduce(x[0])).abs().max() < 1e-4
    assert x.std() > 0.1


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
