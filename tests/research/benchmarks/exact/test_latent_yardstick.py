"""The default rule in latents whose answer is known, at a few shapes."""

from __future__ import annotations

from engine.contract.job import SamplerSettings
from research.benchmarks.exact.latent_worlds import BlockCode
from research.benchmarks.exact.latent_yardstick import (
    LatentCase,
    difference_from_pixels,
    measure_latents,
    measure_lossy,
    misses,
    misses_lossy,
)


def test_latents_are_another_way_to_write_pixels() -> None:
    assert difference_from_pixels(LatentCase(levels=3), seeds=4) <= 1e-5


def test_the_default_rule_reaches_everything_at_once() -> None:
    assert misses(measure_latents(LatentCase(), seeds=48)) == []


def test_without_blending_the_same_measures_fail() -> None:
    unblended = LatentCase(settings=SamplerSettings(steps=24, blending="none"))
    row = measure_latents(unblended, seeds=24)
    short = " ".join(misses(row))
    assert all(name in short for name in ("context", "class agreement", "seam"))


def test_a_codec_that_keeps_everything_shows_no_border() -> None:
    row = measure_lossy(LatentCase(levels=2), seeds=12)
    assert misses_lossy(row) == []
    lossy = measure_lossy(LatentCase(code=BlockCode(4, 4), levels=2), seeds=12)
    assert lossy["truth"] > 1.4 > row["truth"]


def test_without_blending_a_border_shows() -> None:
    unblended = LatentCase(levels=2, settings=SamplerSettings(steps=24, blending="none"))
    assert measure_lossy(unblended, seeds=12)["step"] > 1.05
