"""How a level meets the one around it: the rims on both sides, and the outline of what it shows."""

from __future__ import annotations

import pytest
import torch

from engine.contract.geometry import Placement
from engine.method.blending import lead_early
from engine.method.border import outside_outline
from engine.method.nesting import footprints
from tests.engine.nestings import chain


@pytest.mark.parametrize("sigma", [0.01, 0.05, 0.5])
@pytest.mark.parametrize("strength", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("size", [(64, 64), (96, 40)])
def test_no_step_is_left_where_rim_and_outline_act_together(size, strength, sigma):
    width, height = size
    nesting = footprints(chain(2, 2.0), size)
    levels = torch.stack([torch.ones(3, height, width), torch.zeros(3, height, width)])
    parent, child = lead_early(levels, nesting, sigma, context_strength=strength)
    seen, first, left = nesting[0].reduce(child), height // 4, width // 4
    around = parent[:, first - 1, left : left + width // 2]
    assert (around - seen[:, 0]).abs().max() < 0.01
    beside = parent[:, first : first + height // 2, left - 1]
    assert (beside - seen[:, :, 0]).abs().max() < 0.01


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
    assert bool((left.diff() > 0).all())
    assert bool((right[:6].diff() > 0).all())
    assert left[-1] == 1.0
    assert right[-1] == 1.0


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


@pytest.mark.parametrize("strength", [0.0, 0.05, 1.0])
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


def test_nothing_meets_while_noise_hides_everything():
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    assert (lead_early(levels, nesting, 80.0, context_strength=0.0) - levels).abs().max() < 1e-4


def test_the_parent_prevails_at_the_border():
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    seen = nesting[0].reduce(lead_early(levels, nesting, 0.05)[1])
    assert torch.allclose(seen[..., 0, :], torch.ones(()), atol=1e-4)
    assert torch.allclose(seen[..., :, -1], torch.ones(()), atol=1e-4)


@pytest.mark.parametrize("factor", [1.2, 1.7, 2.0, 4.0, 8.0])
def test_a_childs_own_subject_ends_before_its_corners(factor):
    (place,) = footprints(chain(2, factor), (64, 64))
    outlines = torch.stack([outside_outline(place, number) for number in range(12)])
    rows, columns = outlines.shape[1:]
    down, across = rows // 4, columns // 4
    assert outlines[:, down : rows - down, across : columns - across].max() == 0.0
    corners = outlines[:, (0, 0, -1, -1), (0, -1, 0, -1)]
    middles = outlines[:, (0, -1, rows // 2, rows // 2), (columns // 2, columns // 2, 0, -1)]
    assert corners.mean() > max(0.3, 2.0 * middles.mean())
    assert outlines.mean() < 0.25


def test_no_two_neighbours_have_the_same_outline():
    (place,) = footprints(chain(2, 2.0), (64, 64))
    outlines = [outside_outline(place, number) for number in range(4)]
    for i, one in enumerate(outlines):
        for other in outlines[:i]:
            assert (one - other).abs().max() > 0.2
        # Uneven: its four sides are not alike.
        sides = torch.stack([one[0], one[-1], one[:, 0], one[:, -1]])
        assert sides.std(0).max() > 0.1


def test_a_subject_goes_on_up_to_a_border_that_is_its_parents_own():
    nesting = footprints([Placement(), Placement(2.0, (0.25, 0.5))], (64, 64))
    assert nesting[0].columns.at_edge == (True, False)
    outside = outside_outline(nesting[0], 1)
    middle = outside.shape[0] // 2
    assert outside[middle, :16].max() == 0.0
    assert outside[middle, -1] > 0.3


@pytest.mark.parametrize("sigma", [80.0, 5.0, 0.01])
def test_beyond_its_outline_a_child_goes_on_with_its_parent(sigma):
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    outside = outside_outline(nesting[0], 1)
    # So little context that the wide view leads nothing else.
    parent, child = lead_early(levels, nesting, sigma, context_strength=1e-9)
    seen = nesting[0].reduce(child)
    assert seen[:, outside == 1.0].min() > 0.99
    assert seen[:, 12:20, 12:20].abs().max() < 0.01
    # The parent comes to meet it only where the child's subject reaches the border.
    assert (parent[:, 15, 16:48][:, outside[0] == 1.0] - 1.0).abs().max() < 1e-6


def test_without_context_a_child_fills_its_frame():
    nesting = footprints(chain(2, 2.0), (64, 64))
    levels = torch.stack([torch.ones(3, 64, 64), torch.zeros(3, 64, 64)])
    child = lead_early(levels, nesting, 5.0, context_strength=0.0)[1]
    assert nesting[0].reduce(child).max() < 0.3


def test_a_loops_first_level_has_an_outline_too():
    nesting = footprints([Placement(2.0)] * 3, (64, 64), loop=True)
    levels = torch.stack([torch.full((3, 64, 64), value) for value in (0.0, 0.5, 1.0)])
    first = lead_early(levels, nesting, 0.05, context_strength=1e-9)[0]
    outside = outside_outline(nesting[-1], 0)
    seen = nesting[-1].reduce(first)
    assert seen[:, outside == 1.0].min() > 0.99
    assert seen[:, 6:8, 6:8].abs().max() < 0.01  # neither the outline nor level 1 reaches it
