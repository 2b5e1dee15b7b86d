"""The measures of one stack, where the answer is known."""

from __future__ import annotations

import pytest
import torch

from engine.contract.geometry import Placement
from engine.method.footprint import footprint
from engine.method.nesting import render_with
from research.benchmarks.comparing.continuity import context, departures, disagreement, scale, seam
from tests.research.benchmarks.analytic import big_pictures, nesting, zooms


def seams_of(stacks: torch.Tensor) -> float:
    found = [seam(stack[i], place) for stack in stacks for i, place in enumerate(nesting())]
    return sum(found) / len(found)


def test_one_picture_has_no_seam_and_strangers_have_one():
    stacks = zooms(8)
    strangers = torch.stack(
        [
            render_with(torch.stack([stacks[i - j][j] for j in range(3)]), nesting())
            for i in range(8)
        ]
    )
    assert seams_of(stacks) == pytest.approx(1.0, abs=0.12)
    assert seams_of(strangers) > 3.0


def test_a_seam_is_the_border_over_the_lines_beside_it():
    place = footprint(Placement(2.0), (64, 64))
    ramp = torch.linspace(-0.5, 0.5, 64).expand(1, 64, 64) + torch.linspace(-0.5, 0.5, 64)[:, None]
    slope = float(ramp[0, 0, 1] - ramp[0, 0, 0])
    assert seam(ramp, place) == pytest.approx(1.0, abs=1e-4)
    raised = place.paste(ramp, place.crop(ramp) + 0.2)
    step = 1.0 / 127.5
    # Raised on all sides: across two of them the step adds to the slope, across two it opposes it.
    expected = ((0.2 + slope + 0.2 - slope) / 2 + step) / (slope + step)
    assert seam(raised, place) == pytest.approx(expected, rel=1e-3)


def test_a_rough_child_is_not_excused_for_its_own_roughness():
    place = footprint(Placement(2.0), (64, 64))
    generator = torch.Generator().manual_seed(0)
    smooth = torch.zeros(3, 64, 64)
    rough = place.paste(smooth, 0.2 * torch.randn(3, 32, 32, generator=generator) + 0.5)
    assert seam(rough, place) > 3.0


def test_estimates_disagree_by_their_difference():
    stack = zooms(1)[0]
    assert max(disagreement(stack, nesting())) < 1e-3
    stack[1] += 10 / 127.5
    assert disagreement(stack, nesting()) == pytest.approx([10.0, 10.0], abs=1e-3)


def test_context_is_1_in_one_picture_and_0_between_strangers():
    stacks = zooms(24)
    place = nesting()[0]
    known = scale(big_pictures(60, 64, seed=1), place)

    def share(inside: torch.Tensor) -> dict[str, float]:
        pictures = [
            place.paste(stack[0], place.reduce(child))
            for stack, child in zip(stacks, inside, strict=True)
        ]
        return context([(departures(picture, place), known) for picture in pictures])

    own, strangers = share(stacks[:, 1]), share(stacks[:, 1].roll(1, dims=0))
    assert own["context"] > 0.85
    assert own["colour"] > 0.85
    assert strangers["context"] < 0.2
    assert strangers["colour"] < 0.2


def test_each_aspect_sees_its_own_departure():
    place = footprint(Placement(2.0), (64, 64))
    waves = torch.sin(torch.arange(64.0) * 0.9).expand(3, 64, 64)
    turned = place.paste(waves, place.crop(waves.transpose(-1, -2)))
    ramp = torch.linspace(-0.5, 0.5, 64).expand(3, 64, 64)
    mirrored = place.paste(ramp, place.crop(ramp.flip(-1)))
    brighter = place.paste(ramp, place.crop(ramp) + 0.3)
    assert departures(turned, place)["direction"] == pytest.approx(2.0, abs=0.1)
    assert departures(waves, place)["direction"] < 0.05
    assert departures(brighter, place)["colour"] == pytest.approx(0.3, abs=1e-4)
    lights = [departures(picture, place)["light"] for picture in (ramp, brighter, mirrored)]
    assert lights[0] == pytest.approx(lights[1], abs=1e-5)
    assert lights[2] > 2 * lights[0]
