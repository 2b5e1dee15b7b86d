"""Each solver against what it must reach, and consistency through every update."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from engine.contract.geometry import Placement
from engine.contract.job import SOLVERS as CHOICES
from engine.contract.job import SamplerSettings
from engine.method.codec import PIXELS
from engine.method.nesting import footprints, render_with
from engine.method.noise import draw, share
from engine.method.sampler import SamplerState, sample
from engine.method.solvers import SOLVERS, Update, noise_levels
from tests.engine.nestings import NESTINGS, chain

VARIANCE = 0.25


class Gaussian:
    """Independent pixels of variance 0.25: the best estimate is a Wiener filter."""

    channels = 3
    codec = PIXELS

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return z * (VARIANCE / (VARIANCE + sigma.view(-1, 1, 1, 1) ** 2))


NAMES = [each.name for each in CHOICES]


def test_a_job_and_the_sampler_know_the_same_solvers():
    assert set(NAMES) == set(SOLVERS)


def test_the_grid_is_uniform_in_log_sigma():
    sigmas = noise_levels(24)
    assert (sigmas[0], round(sigmas[-1], 9), len(sigmas)) == (80.0, 0.01, 24)
    steps = [math.log(a / b) for a, b in itertools.pairwise(sigmas)]
    assert max(steps) == pytest.approx(min(steps))


@pytest.mark.parametrize("solver", NAMES)
def test_many_steps_draw_from_the_right_distribution(solver):
    settings = SamplerSettings(solver=solver, steps=200)
    picture = sample(Gaussian(), [Placement()], size=(64, 64), seed=1, settings=settings)
    assert float(picture.var()) == pytest.approx(VARIANCE, rel=0.06)


def test_a_flow_matching_euler_step_is_a_ddim_step():
    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(10)
    t, following = (float(value) for value in scheduler.sigmas[3:5])
    x, noise = torch.randn(2, 1, 3, 8, 8)
    latent = (1.0 - t) * x + t * noise
    scheduler.set_begin_index(3)
    stepped = scheduler.step(noise - x, scheduler.timesteps[3], latent).prev_sample
    ours = Update(latent / (1.0 - t), x, t / (1.0 - t), following / (1.0 - following), None, 0.0,
                  lambda: noise)  # fmt: skip
    assert torch.allclose(SOLVERS["ddim"](ours) * (1.0 - following), stepped, atol=1e-5)


def test_the_stochastic_flow_matching_step_is_a_ddpm_step():
    t, following = 0.7, 0.55
    x, z_t, noise = torch.randn(3, 1, 3, 8, 8, dtype=torch.float64)
    # Bayes with z_t = a z_t' + b n, which has the marginals (1 - t) x + t epsilon at every t.
    a = (1.0 - t) / (1.0 - following)
    b2 = t**2 - a**2 * following**2
    variance = 1.0 / (1.0 / following**2 + a**2 / b2)
    mean = variance * ((1.0 - following) * x / following**2 + a * z_t / b2)
    expected = mean + math.sqrt(variance) * noise
    ours = Update(z_t / (1.0 - t), x, t / (1.0 - t), following / (1.0 - following), None, 0.0,
                  lambda: noise)  # fmt: skip
    assert torch.allclose(SOLVERS["ddpm"](ours) * (1.0 - following), expected, atol=1e-12)


@pytest.mark.parametrize(("solver", "within"), [("dpmpp_2m", 0.06), ("dpmpp_2m_sde", 0.12)])
def test_the_fast_solvers_are_close_after_24_steps(solver, within):
    settings = SamplerSettings(solver=solver, steps=24)
    picture = sample(Gaussian(), [Placement()], size=(64, 64), seed=1, settings=settings)
    assert float(picture.var()) == pytest.approx(VARIANCE, rel=within)


@pytest.mark.parametrize("solver", NAMES)
@pytest.mark.parametrize("name", NESTINGS)
def test_updates_keep_levels_consistent(solver, name):
    """z = a X + s E with X rendered and E shared stays of that form."""
    placements, (width, height) = NESTINGS[name]
    nesting = footprints(placements, (width, height))
    shape = (len(placements), 3, height, width)
    x = render_with(0.5 * torch.randn(shape), nesting)
    before = render_with(0.5 * torch.randn(shape), nesting)
    noise, fresh = (share(draw(0, k, shape, "cpu"), nesting) for k in (0, 1))

    def update(z: torch.Tensor, x: torch.Tensor, before: torch.Tensor, noise: torch.Tensor):
        return SOLVERS[solver](Update(z, x, 2.0, 1.1, before, 3.4, lambda: noise))

    zero = torch.zeros(shape)
    pictures = update(x, x, before, zero)  # the part linear in rendered pictures ...
    noises = update(2.0 * noise, zero, zero, fresh)  # ... and the part linear in shared noise
    z = update(x + 2.0 * noise, x, before, fresh)
    assert torch.allclose(pictures + noises, z, atol=1e-5)
    for i, place in enumerate(nesting):
        crop, child = place.crop(pictures[i]), pictures[i + 1]
        assert torch.allclose(crop, place.reduce(child), atol=1e-5)
        crop, child = place.crop(noises[i]), noises[i + 1]
        assert torch.allclose(crop, place.reduce_noise(child), atol=1e-5)


@pytest.mark.parametrize("solver", NAMES)
def test_an_interrupted_run_goes_on_bit_for_bit(solver):
    settings = SamplerSettings(solver=solver, steps=9)
    placements = chain(3, 2.0)
    states: list[SamplerState] = []
    whole = sample(
        Gaussian(),
        placements,
        size=(32, 32),
        seed=5,
        settings=settings,
        on_step=lambda report: states.append(report.state),
    )
    resumed = sample(
        Gaussian(), placements, size=(32, 32), seed=5, settings=settings, state=states[3]
    )
    assert torch.equal(whole, resumed)


@pytest.mark.parametrize("factor", [2.0, 4.0])
@pytest.mark.parametrize("rule", ["default", "uniform", "none"])
def test_sampled_levels_nest_exactly(factor, rule):
    placements = chain(4, factor)
    settings = SamplerSettings(steps=6, blending=rule)
    levels = sample(Gaussian(), placements, size=(64, 64), seed=2, settings=settings)
    for i, place in enumerate(footprints(placements, (64, 64))):
        assert torch.equal(place.crop(levels[i]), place.reduce(levels[i + 1]))


def test_a_levels_own_seed_changes_its_detail_and_leaves_the_others_near():
    def run(seeds: list[int]) -> torch.Tensor:
        settings = SamplerSettings(steps=12)
        return sample(Gaussian(), chain(4, 2.0), size=(64, 64), seed=seeds, settings=settings)

    before, after = run([5, 5, 5, 5]), run([5, 5, 9, 5])
    change = (after - before).square().mean(dim=(1, 2, 3)).sqrt() / before.std()
    assert change[2] > 1.0  # three quarters of the level are drawn anew
    # A quarter of level 1 and a sixteenth of level 0 are level 2, seen from farther away.
    assert change[3] < 0.25
    assert change[1] < 0.5
    assert change[0] < 0.25
    assert torch.equal(
        run([5, 5, 5, 5]),
        sample(
            Gaussian(), chain(4, 2.0), size=(64, 64), seed=5, settings=SamplerSettings(steps=12)
        ),
    )


def test_seeds_decide_the_result():
    def run(seed: int) -> torch.Tensor:
        return sample(
            Gaussian(),
            chain(2, 2.0),
            size=(32, 32),
            seed=seed,
            settings=SamplerSettings(steps=4),
        )

    assert torch.equal(run(1), run(1))
    assert not torch.equal(run(1), run(2))
