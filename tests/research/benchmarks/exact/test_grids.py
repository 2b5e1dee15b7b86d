"""Grids of noise levels."""

from __future__ import annotations

import pytest

from engine.method.solvers import SIGMA_MAX, SIGMA_MIN
from research.benchmarks.exact.grids import GRIDS


@pytest.mark.parametrize("grid", GRIDS)
def test_grids_go_from_the_highest_to_the_lowest_noise(grid: str) -> None:
    sigmas = GRIDS[grid](24)
    assert len(sigmas) == 24
    assert sigmas == sorted(sigmas, reverse=True)
    assert sigmas[0] == pytest.approx(SIGMA_MAX)
    assert sigmas[-1] == pytest.approx(SIGMA_MIN)
