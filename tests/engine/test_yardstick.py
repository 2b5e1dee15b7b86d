"""The default rule in the exact worlds: what docs/method.md says, at a few shapes."""

from __future__ import annotations

import pytest

from benchmarks.yardstick import measure
from engine.contract.job import SamplerSettings


@pytest.mark.parametrize(("levels", "factor"), [(5, 2.0), (4, 4.0), (6, 1.7)])
def test_the_default_rule_reaches_everything_at_once(levels: int, factor: float) -> None:
    row = measure(levels, factor, SamplerSettings(), seeds=64)
    for low, middle, high in row["power"]:
        assert low >= 0.85 and 0.9 <= middle <= 1.15 and 0.9 <= high <= 1.15
    assert row["context"][0] >= 0.85
    assert row["conflict"] <= 7.0
    assert row["class_agreement"] >= 0.95
    assert row["purity"] >= 0.9
    assert row["seam"] <= 1.12
    assert row["agreement"] <= 0.01
    assert row["nesting_after"] < 1e-6


def test_without_blending_the_same_measures_fail() -> None:
    row = measure(5, 2.0, SamplerSettings(blending="none"), seeds=32)
    assert row["context"][0] < 0.3 and row["class_agreement"] < 0.9 and row["seam"] > 1.2
