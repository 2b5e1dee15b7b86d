"""What every blending rule must do, and what tells the rules apart."""

from __future__ import annotations

import pytest
import torch
from nestings import NESTINGS, chain

from engine.blending import blending, lead_early, uniform
from engine.contract.geometry import Placement
from engine.contract.job import BLENDINGS, SamplerSettings
from engine.noise import draw, share
from engine.stack import footprints, render_with


@pytest.mark.parametrize("sigma", [80.0, 3.0, 0.5, 0.01])
@pytest.mark.parametrize("rule", BLENDINGS)
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


@pytest.mark.parametrize(("strength", "meeting"), [(0.0, 0.2), (1.0, 1.0)])
def test_neighbours_meet_at_the_border_without_a_step(strength, meeting):
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    parent, child = lead_early(levels, nesting, 0.05, context_strength=strength)
    around, inside = parent[:, 15, 16:48], nesting[0].reduce(child)[:, 0]
    assert around.mean() == pytest.approx(meeting, abs=0.05)
    assert (around - inside).abs().max() < 0.05
    # Neither goes further than its rim.
    assert torch.equal(parent[:, :7], levels[0][:, :7])
    assert child[:, 24:40, 24:40].abs().max() < 0.01


def test_the_outer_rim_fades_within_the_room_there_is():
    nesting = footprints([Placement(), Placement(2.0, (0.3, 0.5))], (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    parent = lead_early(levels, nesting, 0.05, context_strength=0.0)[0][0]
    room = nesting[0].columns.start
    assert room == 4
    left, right = parent[32, :room].flip(0), parent[32, room + 32 :]
    # From the border outwards both rise to the parent's own value, the nearer side the sooner.
    assert bool((left.diff() > 0).all()) and bool((right[:6].diff() > 0).all())
    assert left[-1] == 1.0 and right[-1] == 1.0


@pytest.mark.parametrize("room", [1, 2, 3, 5])
def test_the_outer_rim_leaves_the_parents_own_border_alone(room):
    focus = (32.0 / 2 + room) / 64
    nesting = footprints([Placement(), Placement(2.0, (focus, 0.5))], (64, 64))
    assert nesting[0].columns.start == room
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    parent = lead_early(levels, nesting, 0.05, context_strength=0.0)[0]
    assert torch.equal(parent[:, :, 0], levels[0][:, :, 0])
    if room > 1:
        assert parent[0, 32, room - 1] < 0.3


@pytest.mark.parametrize("count", [1, 3])
def test_a_loops_last_border_is_met_from_both_sides(count):
    placements = [Placement(2.0) for _ in range(count)]
    nesting = footprints(placements, (64, 64), loop=True)
    levels = torch.randn(count, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    levels += torch.arange(count).view(-1, 1, 1, 1)
    blended = lead_early(levels, nesting, 0.05, context_strength=0.0)
    place, parent, child = nesting[-1], levels[-1], levels[0]
    difference = (place.reduce(child) - place.crop(parent))[:, 0]
    moved = (blended[-1] - parent)[:, 15, 16:48]
    assert (moved - 0.8 * difference).abs().max() < 0.25
    assert moved.abs().mean() > 0.1


@pytest.mark.parametrize("strength", [0.0, 1.0])
@pytest.mark.parametrize("fixed", [0, 1])
def test_beside_a_given_level_the_other_side_takes_the_whole_difference(fixed, strength):
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    given = torch.zeros(2, 1, 64, 64)
    given[fixed] = 1.0
    parent, child = blended = lead_early(levels, nesting, 0.05, given, strength)
    assert torch.equal(blended[fixed], levels[fixed])
    around, inside = parent[:, 15, 16:48], nesting[0].reduce(child)[:, 0]
    assert (around - inside).abs().max() < 0.05


def test_a_half_given_parent_leaves_only_that_half_to_the_child():
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    given = torch.zeros(2, 1, 64, 64)
    given[0, :, :, :32] = 1.0
    parent, child = lead_early(levels, nesting, 0.05, given, 0.0)
    inside = nesting[0].reduce(child)[0]
    assert torch.equal(parent[..., :32], levels[0][..., :32])
    assert inside[16, 0] == pytest.approx(1.0, abs=0.01)
    assert inside[16, -1] == pytest.approx(0.2, abs=0.05)
    assert parent[0, 32, 48] == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize("sigma", [0.5, 0.05, 0.01])
@pytest.mark.parametrize("strength", [0.05, 1.0])
def test_a_child_takes_all_where_the_parent_is_given_around_it(strength, sigma):
    # As a kept level that follows what lies in it: free only there.
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    given = torch.zeros(2, 1, 64, 64)
    given[0] = nesting[0].paste(torch.ones(1, 64, 64), torch.zeros(()))
    parent, child = lead_early(levels, nesting, sigma, given, strength)
    assert torch.equal(parent[:, :16], levels[0][:, :16])
    assert nesting[0].reduce(child)[:, 0].min() > 0.99


@pytest.mark.parametrize("sigma", [0.05, 0.01])
@pytest.mark.parametrize("given_child", [1.0, 254 / 255])
def test_a_parent_takes_all_around_a_given_child_at_low_noise(given_child, sigma):
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    given = torch.zeros(2, 1, 64, 64)
    given[1] = given_child
    parent, _ = lead_early(levels, nesting, sigma, given, 1.0)
    assert parent[:, 15, 16:48].max() < 0.08


def test_nothing_leads_a_given_level():
    nesting = footprints(chain(3, 2.0), (64, 64))
    levels = torch.stack([torch.full((3, 64, 64), value) for value in (1.0, 0.0, 0.0)])
    given = torch.zeros(3, 1, 64, 64)
    given[1] = 1.0
    assert (lead_early(levels, nesting, 80.0, given)[1:]).abs().max() < 1e-3
    assert lead_early(levels, nesting, 80.0)[1].mean() > 0.9


def test_nothing_meets_while_noise_hides_everything():
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    assert (lead_early(levels, nesting, 80.0, context_strength=0.0) - levels).abs().max() < 1e-4


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


def test_the_parent_prevails_at_the_border():
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    seen = nesting[0].reduce(lead_early(levels, nesting, 0.05)[1])
    assert torch.allclose(seen[..., 0, :], torch.ones(()), atol=1e-4)
    assert torch.allclose(seen[..., :, -1], torch.ones(()), atol=1e-4)


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
