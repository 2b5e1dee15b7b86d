"""Which rounds a run has, and what they do in grids that begin too late."""

from __future__ import annotations

import math

import pytest
import torch

from engine.contract.geometry import Placement
from engine.contract.job import SamplerSettings
from engine.method.blending import let_go
from engine.method.rounds import repetitions, rounds
from engine.method.sampler import SamplerState, StepReport, sample
from engine.method.solvers import noise_levels
from research.benchmarks.exact import measures, worlds
from tests.engine.method.block_codec import BlockCodec

LEVELS = 4
PLACEMENTS = [Placement(), *[Placement(2.0)] * (LEVELS - 1)]
SIZE = (64, 64)


def grid(first: float, steps: int = 24) -> list[float]:
    return [first * (0.01 / first) ** (step / (steps - 1)) for step in range(steps)]


def test_a_grid_that_begins_early_repeats_nothing() -> None:
    sigmas = noise_levels(24)
    plan = rounds(sigmas, 64 * 64, 1.0)
    assert [each.sigma for each in plan] == sigmas
    assert not any(each.repeated for each in plan)


@pytest.mark.parametrize(("lateness", "count"), [(0.7, 5), (1.4, 3), (2.6, 2), (9.0, 0)])
def test_the_later_it_begins_the_more_is_repeated(lateness: float, count: int) -> None:
    assert repetitions(lateness)[0] == count


@pytest.mark.parametrize("lateness", [0.5, 0.7, 1.0, 3.0, 7.9])
def test_repetitions_leave_little_of_the_way(lateness: float) -> None:
    count, factor = repetitions(lateness)
    each = abs(1.0 - factor * lateness**2 / (1.0 + lateness**2))
    assert each**count <= 0.025 < each ** (count - 2)


@pytest.mark.parametrize(
    ("strength", "count"), [(0.0, 0), (0.015, 0), (0.4, 2), (1.0, 5), (3.0, 5)]
)
def test_the_less_is_led_the_less_is_repeated(strength: float, count: int) -> None:
    plan = rounds(grid(3.95), 64 * 64, strength)
    assert sum(each.repeated for each in plan) == count


def test_nothing_is_repeated_where_it_would_lead_nowhere_and_drafts_stay_drafts() -> None:
    assert not any(each.repeated for each in rounds(grid(0.5), 64 * 64, 1.0))
    assert sum(each.repeated for each in rounds(grid(3.95, 2), 64 * 64, 1.0)) == 2


@pytest.mark.parametrize("steps", [1, 2, 4, 8, 24, 50])
def test_the_last_round_is_seen_in_pixels(steps: int) -> None:
    plan = rounds(noise_levels(steps), 64 * 64, 0.0)
    assert plan[-1].in_pixels
    assert sum(each.in_pixels for each in plan) <= 6


def late(world: worlds.FieldWorld, first: float) -> torch.Tensor:
    settings = SamplerSettings(steps=24)
    return sample(world, PLACEMENTS, size=SIZE, seed=1, settings=settings, sigmas=grid(first))


@pytest.mark.parametrize("first", [3.95, 14.6])
def test_late_grids_are_led_all_the_same(first: float) -> None:
    """From 3.95 without repetitions: context .11, class agreement .69, purity 0."""
    assert first < 15 * let_go(64 * 64)
    seeds = 48
    assert measures.context(late(worlds.informed(LEVELS, SIZE, seeds), first))[0] >= 0.9
    modes = worlds.two_modes(LEVELS, SIZE, seeds)
    agreement, purity = measures.classes(late(modes, first), modes)
    assert agreement >= 0.95
    assert purity >= 0.8


def test_a_run_goes_on_to_the_bit_from_any_round() -> None:
    """From a repeated one as well, and of a model of latents with what pixels added."""

    class Latents:
        channels = 16

        def __init__(self) -> None:
            self.codec = BlockCodec()

        def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            return z / (1.0 + sigma.view(-1, 1, 1, 1) ** 2)

    def run(state: SamplerState | None, keep: list[StepReport]) -> torch.Tensor:
        return sample(
            Latents(),
            PLACEMENTS[:3],
            size=SIZE,
            seed=3,
            settings=SamplerSettings(steps=10),
            sigmas=grid(3.95, 10),
            state=state,
            on_step=keep.append,
        )

    reports: list[StepReport] = []
    whole = run(None, reports)
    assert reports[-1].total == len(reports) > 10
    assert any(report.state.carried is not None for report in reports)
    for report in reports[:-1:3]:
        assert torch.equal(run(report.state, []), whole)


def test_a_model_of_latents_is_seen_in_pixels_in_few_rounds() -> None:
    class Latents:
        channels = 16
        codec = BlockCodec()

        def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            return z / (1.0 + sigma.view(-1, 1, 1, 1) ** 2)

    shapes = []
    denoiser = Latents()
    levels = sample(
        denoiser,
        PLACEMENTS[:2],
        size=SIZE,
        seed=3,
        settings=SamplerSettings(steps=24),
        on_step=lambda report: shapes.append(report.x.shape[-2:]),
    )
    assert denoiser.codec.visits == 6
    assert levels.shape == (2, 3, *SIZE)
    assert set(shapes) == {(16, 16), (64, 64)}
    assert math.isfinite(float(levels.sum()))
