"""Update rules z(sigma) -> z(sigma') given the rendered estimate x.

In the form z = x + sigma * epsilon every rule is linear in (z, x, noise) with coefficients that
are the same for all levels: rendered x and shared noise in, consistent z out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

SIGMA_MAX = 80.0
SIGMA_MIN = 0.01


@dataclass(frozen=True)
class Update:
    """What an update rule may use.

    Attributes:
        z: (N, C, H, W) at noise level ``sigma``.
        x: the rendered estimate at ``sigma``.
        previous_x: the rendered estimate one round before at ``previous_sigma``; None at first.
        noise: draws shared noise; only stochastic rules call it.
    """

    z: torch.Tensor
    x: torch.Tensor
    sigma: float
    next_sigma: float
    previous_x: torch.Tensor | None
    previous_sigma: float
    noise: Callable[[], torch.Tensor]


Solver = Callable[[Update], torch.Tensor]


def noise_levels(steps: int) -> list[float]:
    """``steps`` noise levels, uniform in log sigma from 80 to 0.01.

    The estimate at the last one is the result. (A cosine grid spends its steps where little is
    decided.)
    """
    if steps == 1:
        return [SIGMA_MAX]
    ratio = math.log(SIGMA_MIN / SIGMA_MAX) / (steps - 1)
    return [SIGMA_MAX * math.exp(ratio * i) for i in range(steps)]


def ddim(u: Update) -> torch.Tensor:
    """DDIM (Song et al. 2021), eta = 0; in this form an Euler step of the probability flow.

    A flow-matching Euler step is the same: with z_t = (1 - t) x + t epsilon, z = z_t / (1 - t) and
    sigma = t / (1 - t), z_t' = z_t + (t' - t)(epsilon - x) becomes the line below.
    """
    return u.x + (u.next_sigma / u.sigma) * (u.z - u.x)


def ddpm(u: Update) -> torch.Tensor:
    """Ancestral sampling (Ho et al. 2020, equation 7): the exact posterior of z' given z and x.

    Also the stochastic form of flow-matching Euler that keeps the marginals. (Drawing all noise
    anew each round, x + sigma' epsilon, does not: it loses the variance that x, a mean, lacks.)
    """
    share = (u.next_sigma / u.sigma) ** 2
    deviation = u.next_sigma * math.sqrt(1.0 - share)
    return u.x + share * (u.z - u.x) + deviation * u.noise()


def dpmpp_2m(u: Update) -> torch.Tensor:
    """DPM-Solver++ 2M (Lu et al. 2022, algorithm 2), with the rendered x as its history."""
    step = math.log(u.sigma / u.next_sigma)
    return (u.next_sigma / u.sigma) * u.z - math.expm1(-step) * _extrapolated(u, step)


def dpmpp_2m_sde(u: Update) -> torch.Tensor:
    """The stochastic form of DPM-Solver++ 2M (midpoint)."""
    step = math.log(u.sigma / u.next_sigma)
    share = (u.next_sigma / u.sigma) * math.exp(-step)
    deviation = u.next_sigma * math.sqrt(-math.expm1(-2.0 * step))
    return share * u.z - math.expm1(-2.0 * step) * _extrapolated(u, step) + deviation * u.noise()


def _extrapolated(u: Update, step: float) -> torch.Tensor:
    """The estimate carried half a step ahead along the last two: x + (x - x_prev) / 2r."""
    if u.previous_x is None:
        return u.x
    previous_step = math.log(u.previous_sigma / u.sigma)
    return u.x + (step / (2.0 * previous_step)) * (u.x - u.previous_x)


SOLVERS: dict[str, Solver] = {
    "ddim": ddim,
    "ddpm": ddpm,
    "dpmpp_2m": dpmpp_2m,
    "dpmpp_2m_sde": dpmpp_2m_sde,
}
