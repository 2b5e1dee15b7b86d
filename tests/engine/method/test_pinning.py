"""Levels that are pinned to a picture show it, and all levels still agree."""

from __future__ import annotations

import pytest
import torch

from engine.contract.job import SamplerSettings
from engine.method.nesting import footprints, render_with
from engine.method.pinning import Pin, pinned
from engine.method.sampler import sample
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.nestings import NESTINGS, chain


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("name", NESTINGS)
def test_a_pinned_level_is_its_target_and_the_levels_still_agree(name: str, level: int) -> None:
    placements, (width, height) = NESTINGS[name]
    nesting = footprints(placements, (width, height))
    x = render_with(torch.randn(len(placements), 3, height, width), nesting)
    target = torch.randn(3, height, width)
    result = pinned(x, nesting, [Pin(level, target, torch.ones(1, height, width))])
    assert (result[level] - target).abs().max() < 1e-4
    assert torch.allclose(render_with(result, nesting), result, atol=1e-5)


def test_what_the_mask_leaves_free_is_not_touched() -> None:
    nesting = footprints(chain(3, 2.0), (64, 64))
    x = render_with(torch.randn(3, 3, 64, 64), nesting)
    mask = torch.zeros(1, 64, 64)
    mask[:, :, :12] = 1.0  # beside the footprint: no deeper level sees it
    result = pinned(x, nesting, [Pin(0, torch.zeros(3, 64, 64), mask)])
    assert result[0, :, :, :12].abs().max() < 1e-6
    assert torch.equal(result[0, :, :, 12:], x[0, :, :, 12:])
    assert torch.equal(result[1:], x[1:])


def test_a_deeper_pin_prevails_in_its_own_footprint() -> None:
    nesting = footprints(chain(3, 2.0), (64, 64))
    x = torch.zeros(3, 3, 64, 64)
    whole = torch.ones(1, 64, 64)
    pins = [
        Pin(2, torch.full((3, 64, 64), -0.5), whole),
        Pin(0, torch.full((3, 64, 64), 0.5), whole),
    ]
    result = pinned(x, nesting, pins)
    assert torch.allclose(result[2], torch.full((3, 64, 64), -0.5), atol=1e-5)
    assert torch.allclose(result[0, :, :20], torch.full((3, 20, 64), 0.5), atol=1e-5)
    assert result[0, :, 28:36, 28:36].max() < -0.49


def test_sampling_with_a_pinned_photo_ends_at_the_photo() -> None:
    placements = chain(3, 2.0)
    target = torch.rand(3, 32, 32) * 2 - 1
    pins = [Pin(0, target, torch.ones(1, 32, 32))]
    denoiser = AnalyticModel().condition(["a", "b", "c"], [""] * 3, 1.0)
    levels = sample(
        denoiser, placements, size=(32, 32), seed=1, settings=SamplerSettings(steps=6), pins=pins
    )
    assert (levels[0] - target).abs().max() < 1e-4
    free = sample(denoiser, placements, size=(32, 32), seed=1, settings=SamplerSettings(steps=6))
    assert (levels[2] - free[2]).abs().max() > 1e-3


@pytest.mark.parametrize("loop", [False, True])
def test_corrections_end_at_levels_that_are_given_whole(loop: bool) -> None:
    """Going on to the deepest level gives the same and takes longer; a loop goes round."""
    count, side = 5, 32
    nesting = footprints(chain(count, 2.0), (side, side), loop)
    x = render_with(torch.rand(count, 3, side, side), nesting)
    half = torch.ones(1, side, side)
    half[:, :, : side // 2] = 0.0
    masks = {0: torch.ones(1, side, side), 1: half, 2: torch.ones(1, side, side), 4: half}
    pins = [Pin(level, torch.rand(3, side, side), mask) for level, mask in masks.items()]
    levels = list(x)
    for pin in pins:
        correction = pin.mask * (pin.target - levels[pin.level])
        levels[pin.level] = levels[pin.level] + correction
        for wider in range(pin.level, pin.level + count - 1 - (0 if loop else pin.level)):
            place, deeper = nesting[wider % count], (wider + 1) % count
            correction = place.enlarge(place.crop(correction))
            levels[deeper] = levels[deeper] + correction
    expected = render_with(torch.stack(levels), nesting)
    assert (pinned(x, nesting, pins) - expected).abs().max() < 1e-5
