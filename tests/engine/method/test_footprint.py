"""Reduction, enlargement, rendering."""

from __future__ import annotations

import pytest
import torch

from engine.contract.errors import ZoomStackError
from engine.contract.geometry import Placement
from engine.method.footprint import footprint
from engine.method.nesting import footprints, render
from tests.engine.nestings import NESTINGS, chain


@pytest.fixture(params=NESTINGS.values(), ids=NESTINGS.keys())
def nesting(request):
    placements, size = request.param
    return placements, size, footprints(placements, size)


def test_enlarging_is_a_right_inverse_of_reducing(nesting):
    for place in nesting[2]:
        for axis in (place.rows, place.columns):
            identity = torch.eye(axis.count, dtype=torch.float64)
            assert torch.allclose(axis.reduce @ axis.enlarge, identity, atol=1e-10)


def test_reducing_does_not_shift(nesting):
    placements, (width, _), places = nesting
    for placement, place in zip(placements[1:], places, strict=True):
        # x in parent pixels, sampled by the child at its own pixel centres
        begin = placement.focus[0] * width - width / placement.zoom_factor / 2
        child_x = begin + (torch.arange(width, dtype=torch.float64) + 0.5) / placement.zoom_factor
        expected = place.columns.start + torch.arange(place.columns.count).double() + 0.5
        shift = place.columns.reduce @ child_x - expected
        # Pixels are flat, so fractional factors jitter by a share of a child pixel; a shift of
        # half a pixel, the usual mistake, would be 0.15 parent pixels or more here.
        assert abs(float(shift.mean())) < 1e-3
        assert float(shift.abs().max()) < 0.1


def test_enlarging_keeps_a_constant(nesting):
    for place in nesting[2]:
        patch = torch.ones(1, place.rows.count, place.columns.count)
        assert torch.allclose(place.enlarge(patch), torch.ones(()), atol=1e-5)


def test_whole_factors_reduce_by_the_plain_box_mean():
    place = footprint(Placement(4.0), (64, 64))
    child = torch.randn(3, 64, 64)
    boxes = torch.nn.functional.avg_pool2d(child, 4)
    assert torch.allclose(place.reduce(child), boxes, atol=1e-6)


def test_rendered_levels_nest_exactly_and_stay_so(nesting):
    placements, (width, height), places = nesting
    rendered = render(torch.randn(len(placements), 3, height, width), placements)
    for i, place in enumerate(places):
        assert torch.equal(place.crop(rendered[i]), place.reduce(rendered[i + 1]))
    assert torch.equal(render(rendered, placements), rendered)


def test_rendering_leaves_the_deepest_level_and_the_surroundings_alone():
    placements = chain(2, 2.0)
    levels = torch.randn(2, 3, 64, 64)
    rendered = render(levels, placements)
    assert torch.equal(rendered[1], levels[1])
    assert torch.equal(rendered[0][:, :16], levels[0][:, :16])


def test_a_footprint_of_less_than_two_pixels_is_refused():
    with pytest.raises(ZoomStackError, match="less than 2 pixels"):
        footprint(Placement(40.0), (64, 64))


@pytest.mark.parametrize(("factor", "focus"), [(2.0, 0.5), (1.7, 0.43), (2.6, 0.37), (6.3, 0.2)])
def test_the_blocks_of_a_large_axis_are_its_matrices(factor: float, focus: float) -> None:
    side = 700
    axis = footprint(Placement(factor, (focus, 0.5)), (side, side)).columns
    for blocks, whole in (
        (axis.reduce_blocks, axis.reduce),
        (axis.enlarge_blocks, axis.enlarge),
    ):
        together = torch.zeros_like(whole)
        for rows, columns, part in blocks:
            together[rows, columns] = part
        assert (together - whole).abs().max() < 1e-9


def test_a_large_footprint_reduces_and_enlarges_like_its_matrices() -> None:
    place = footprint(Placement(1.7, (0.43, 0.56)), (600, 600))
    child = torch.rand(3, 600, 600)
    rows, columns = place.rows, place.columns
    exact = rows.reduce @ child.double() @ columns.reduce.T
    assert (place.reduce(child) - exact).abs().max() < 1e-5
    assert (place.reduce(place.enlarge(exact.float())) - exact).abs().max() < 1e-5
