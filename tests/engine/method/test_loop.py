"""A loop: the deepest level holds level 0 again."""

from __future__ import annotations

import pytest
import torch

from engine.contract.geometry import Placement
from engine.contract.job import BLENDINGS, SamplerSettings
from engine.method.blending import blending
from engine.method.nesting import footprints, render_with
from engine.method.noise import share
from engine.method.pinning import Pin, pinned
from engine.method.sampler import sample
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.nestings import chain

# (placements, (width, height)); the first placement is level 0's in the deepest level
LOOPS = {
    "p = 2": (chain(4, 2.0), (64, 64)),
    "Droste": ([Placement(2.0, (0.4, 0.6))], (64, 64)),
    "off-centre": ([Placement(3.0, (0.3, 0.7)), Placement(1.7), Placement(2.0)], (96, 40)),
    "two": (chain(2, 4.0), (64, 64)),
}


def rendered(name: str, channels: int = 3) -> tuple[torch.Tensor, list]:
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
    result = pinned(x, nesting, [Pin(1, target, mask)])
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
