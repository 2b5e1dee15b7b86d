"""Pi_noise: unit variance, white, shared."""

from __future__ import annotations

import pytest
import torch

from engine.method.nesting import footprints
from engine.method.noise import draw, share
from tests.engine.nestings import NESTINGS, chain

DRAWS = 96  # of 3 channels: neighbour correlations are then known to about 0.001


def _correlation(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a * b).mean() / (a.std() * b.std()))


@pytest.mark.parametrize("name", NESTINGS)
def test_every_level_is_white_noise_of_unit_variance(name):
    placements, (width, height) = NESTINGS[name]
    nesting = footprints(placements, (width, height))
    shape = (len(placements), 3, height, width)
    noise = torch.stack([share(draw(k, 0, shape, "cpu"), nesting) for k in range(DRAWS)], dim=1)
    for level, place in zip(noise, [*nesting, None], strict=True):
        regions = [level] if place is None else [level, place.crop(level)]
        for region in regions:
            # Small footprints have few pixels: allow four standard errors where that is more.
            error = 4.0 / region.numel() ** 0.5
            assert float(region.std()) == pytest.approx(1.0, abs=max(0.005, error))
            limit = max(0.005, error)
            assert abs(_correlation(region[..., 1:], region[..., :-1])) < limit
            assert abs(_correlation(region[..., 1:, :], region[..., :-1, :])) < limit


@pytest.mark.parametrize("name", NESTINGS)
def test_the_reduction_has_orthonormal_rows(name):
    placements, size = NESTINGS[name]
    for place in footprints(placements, size):
        for axis in (place.rows, place.columns):
            identity = torch.eye(axis.count, dtype=torch.float64)
            assert torch.allclose(axis.whiten @ axis.whiten.T, identity, atol=1e-10)


@pytest.mark.parametrize("name", NESTINGS)
def test_overlapping_levels_agree_with_the_plain_mean(name):
    placements, (width, height) = NESTINGS[name]
    nesting = footprints(placements, (width, height))
    shape = (len(placements), 24, height, width)
    noise = share(draw(1, 0, shape, "cpu"), nesting)
    for i, place in enumerate(nesting):
        assert torch.allclose(place.crop(noise[i]), place.reduce_noise(noise[i + 1]))
        assert _correlation(place.crop(noise[i]), place.reduce(noise[i + 1])) >= 0.96


def test_whole_factors_give_the_box_mean_times_p():
    (place,) = footprints(chain(2, 4.0), (64, 64))
    noise = torch.randn(3, 64, 64)
    expected = 4.0 * torch.nn.functional.avg_pool2d(noise, 4)
    assert torch.allclose(place.reduce_noise(noise), expected, atol=1e-5)


def test_a_levels_noise_depends_on_seed_round_and_level_only():
    shallow, deep = draw(7, 3, (2, 3, 16, 16), "cpu"), draw(7, 3, (5, 3, 16, 16), "cpu")
    assert torch.equal(shallow, deep[:2])
    assert not torch.equal(shallow, draw(8, 3, (2, 3, 16, 16), "cpu"))
    assert not torch.equal(shallow, draw(7, 4, (2, 3, 16, 16), "cpu"))
