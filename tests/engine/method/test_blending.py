"""What every blending rule must do, and what tells the rules apart."""

from __future__ import annotations

import pytest
import torch

from engine.contract.job import BLENDINGS, SamplerSettings
from engine.method.blending import blending, lead_early, uniform
from engine.method.nesting import footprints, render_with
from engine.method.noise import draw, share
from tests.engine.nestings import NESTINGS, chain


@pytest.mark.parametrize("sigma", [80.0, 3.0, 0.5, 0.01])
@pytest.mark.parametrize("rule", [each.name for each in BLENDINGS])
@pytest.mark.parametrize("name", NESTINGS)
def test_a_consistent_stack_is_returned_unchanged(name, rule, sigma):
    placements, (width, height) = NESTINGS[name]
    nesting = footprints(placements, (width, height))
    levels = render_with(torch.randn(len(placements), 3, height, width), nesting)
    blended = blending(SamplerSettings(blending=rule))(levels, nesting, sigma)
    assert (blended - levels).abs().max() < 1e-5


def test_uniform_never_changes_the_widest_level():
    nesting = footprints(chain(3, 2.0), (64, 64))
    levels = torch.randn(3, 3, 64, 64)
    assert torch.equal(uniform(levels, nesting, 10.0)[0], levels[0])


def test_nothing_leads_a_given_level():
    nesting = footprints(chain(3, 2.0), (64, 64))
    levels = torch.stack([torch.full((3, 64, 64), value) for value in (1.0, 0.0, 0.0)])
    given = torch.zeros(3, 1, 64, 64)
    given[1] = 1.0
    assert (lead_early(levels, nesting, 80.0, given)[1:]).abs().max() < 1e-3
    assert lead_early(levels, nesting, 80.0)[1].mean() > 0.9


def test_uniform_averages_the_mean_over_all_views_that_see_it():
    nesting = footprints(chain(4, 2.0), (64, 64))
    levels = torch.stack([torch.full((3, 64, 64), value) for value in (4.0, 0.0, 0.0, 0.0)])
    means = uniform(levels, nesting).mean(dim=(1, 2, 3))
    assert means.tolist() == pytest.approx([4.0, 2.0, 4 / 3, 1.0], abs=1e-4)


def test_the_wide_view_leads_at_high_noise_and_lets_go_at_low_noise():
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    middle = (..., slice(24, 40), slice(24, 40))  # away from the rim
    assert lead_early(levels, nesting, 80.0)[1][middle].mean() > 0.95
    assert lead_early(levels, nesting, 0.1)[1][middle].abs().max() < 0.05


def test_a_stronger_context_leads_longer():
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    weak, strong = (
        float(lead_early(levels, nesting, 12.0, context_strength=strength)[1].mean())
        for strength in (0.3, 3.0)
    )
    assert strong > weak


def test_blending_is_linear():
    nesting = footprints(chain(3, 2.0), (64, 64))
    a, b = torch.randn(2, 3, 3, 64, 64)
    for rule in (lead_early, uniform):
        together = rule(2.0 * a - b, nesting, 5.0)
        assert torch.allclose(
            together, 2.0 * rule(a, nesting, 5.0) - rule(b, nesting, 5.0), atol=1e-4
        )


def test_shared_noise_counts_as_consistent():
    # z = x + sigma E must not be pulled apart: E agrees where the reduction is the plain mean
    nesting = footprints(chain(2, 2.0), (64, 64))
    noise = share(draw(0, 0, (2, 3, 64, 64), "cpu"), nesting)
    assert torch.allclose(nesting[0].crop(noise[0]), 2.0 * nesting[0].reduce(noise[1]), atol=1e-5)
