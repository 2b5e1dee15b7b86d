"""Sampling that is given part of its picture, or a picture to start from."""

from __future__ import annotations

import pytest

from engine.contract.job import SamplerSettings
from research.benchmarks.exact import worlds
from research.benchmarks.exact.conditional import Resampling, Start, sample_given
from tests.research.benchmarks.analytic import SETTINGS, SIZE, big_pictures, zoom


@pytest.mark.parametrize("turns", [1, 4])
def test_jumps_back_keep_the_variance_of_what_is_drawn(turns):
    picture = sample_given(
        zoom(seeds=1000).each_alone[0], lambda x0: x0,
        count=1, size=SIZE, seed=3, settings=SamplerSettings(steps=24),
        resampling=Resampling(turns),
    )  # fmt: skip
    means = picture.mean(dim=(-2, -1))
    assert float(means.var()) == pytest.approx((0.1 * worlds.MeanPrior().deviation) ** 2, rel=0.15)


def test_jumps_repeat_blocks_of_steps_within_their_range():
    resampling = Resampling(turns=2, length=2, highest=9.0, lowest=1.0)
    assert resampling.visits([16.0, 8.0, 4.0, 2.0, 0.5, 0.25]) == [0, 1, 2, 1, 2, 3, 4, 3, 4, 5]
    assert Resampling().visits([4.0, 2.0, 1.0]) == [0, 1, 2]


def test_a_start_with_little_noise_stays_near_its_picture():
    start = 0.1 * big_pictures(1, 32)

    def distance(sigma: float) -> float:
        picture = sample_given(
            zoom().each_alone[0], lambda x0: x0,
            count=1, size=SIZE, seed=3, settings=SETTINGS, start=Start(start, sigma),
        )  # fmt: skip
        return float((picture - start).square().mean().sqrt() / start.std())

    assert distance(0.01) < 0.3
    assert distance(80.0) > 0.9
