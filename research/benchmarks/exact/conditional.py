"""Sampling that is given part of its picture: the loop beneath the progressive baselines.

It is the joint sampler's loop without the joint parts, with its solvers, its grid and its noise::

    x0 = D(z, sigma)
    x  = given(x0)               what is known put in its place, exactly; in pixels
    z  = update(z, x, noise)

In the form z = x + sigma * epsilon this is the replacement method of Song et al. (2021) and RePaint
(Lugmayr et al. 2022) in one: every rule is linear in (z, x, noise), so z holds the known part with
exactly the noise that the model expects at sigma.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from engine.contract.job import DEFAULT_STEPS, SamplerSettings
from engine.method.denoiser import Denoiser, OwnGrid
from engine.method.noise import draw
from engine.method.solvers import SOLVERS, Update, noise_levels

# (N, C, H, W) estimate -> the same with what is known put in its place
Given = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Resampling:
    """RePaint's jumps back, which let the free part adapt to the known one.

    Attributes:
        turns: how often each block of steps is made; 1 is no jump.
        length: steps in a block. The first step after a jump is a first-order one and loses
            variance: with blocks of one step a sixth of it in exact worlds, of four nothing.
        highest: noise level from which jumps are worth their evaluations; above it nothing has
            been decided.
        lowest: down to which; below it only fine detail is left.
    """

    turns: int = 1
    length: int = 4
    highest: float = 20.0
    lowest: float = 0.2

    def visits(self, sigmas: Sequence[float]) -> list[int]:
        """The order in which the steps of a grid are made, by index; the last comes once."""
        order: list[int] = []
        step, last = 0, len(sigmas) - 1
        while step < last:
            jumps = self.lowest <= sigmas[step] <= self.highest
            block = range(step, min(step + (self.length if jumps else 1), last))
            order += list(block) * (self.turns if jumps else 1)
            step = block.stop
        return [*order, last]


@dataclass(frozen=True)
class Start:
    """A picture to start from in the place of pure noise (SDEdit, Meng et al. 2022).

    Attributes:
        picture: (N, C, H, W).
        sigma: noise that is put on it; the grid's steps below it are made.
    """

    picture: torch.Tensor
    sigma: float


@torch.inference_mode()
def sample_given(
    denoiser: Denoiser,
    given: Given,
    *,
    count: int,
    size: tuple[int, int],
    seed: int,
    settings: SamplerSettings,
    start: Start | None = None,
    resampling: Resampling | None = None,
) -> torch.Tensor:
    """Sample pictures that do not know of each other.

    Args:
        denoiser: bound to ``count`` prompts.
        given: what is known of them, in pixels.
        size: (width, height) in pixels.
        settings: solver and steps; a start at a lower noise level makes fewer of them.

    Returns:
        (count, C, H, W) in pixels, with what is known in its place.
    """
    codec = denoiser.codec
    width, height = codec.latent_size(size)
    shape = (count, denoiser.channels, height, width)
    update = SOLVERS[settings.solver]
    steps = settings.steps or DEFAULT_STEPS
    if isinstance(denoiser, OwnGrid):
        sigmas = denoiser.noise_levels(steps, size)
    else:
        sigmas = noise_levels(steps)
    if start is not None:
        sigmas = [start.sigma, *(sigma for sigma in sigmas if sigma < start.sigma * 0.999)]
    rounds = itertools.count()

    def noise() -> torch.Tensor:
        return draw(seed, next(rounds), shape, "cpu")

    z = sigmas[0] * noise()
    if start is not None:
        z = z + codec.encode(start.picture)
    picture = codec.decode(z)
    previous_x: torch.Tensor | None = None
    reached = 0
    for step in (resampling or Resampling()).visits(sigmas):
        sigma = sigmas[step]
        if step < reached:
            z = z + math.sqrt(sigma**2 - sigmas[reached] ** 2) * noise()
            # The estimate before belongs to another course; this step is a first-order one.
            previous_x = None
        x0 = denoiser.predict_x0(z, torch.full((count,), sigma))
        before = codec.decode(x0)
        picture = given(before)
        x = codec.moved(x0, before, picture)
        reached = step + 1
        if reached < len(sigmas):
            z = update(
                Update(
                    z=z,
                    x=x,
                    sigma=sigma,
                    next_sigma=sigmas[reached],
                    previous_x=previous_x,
                    previous_sigma=sigmas[max(step - 1, 0)],
                    noise=noise,
                )
            )
        previous_x = x
    return picture
