"""Noise levels to choose from: the engine's own grid and what others use."""

from __future__ import annotations

import math

from engine.method.solvers import SIGMA_MAX, SIGMA_MIN, noise_levels


def cosine(steps: int) -> list[float]:
    """Uniform in atan(sigma): the cosine schedule (Nichol and Dhariwal 2021) in equal steps."""
    first, last = math.atan(SIGMA_MAX), math.atan(SIGMA_MIN)
    return [math.tan(first + (last - first) * i / (steps - 1)) for i in range(steps)]


def karras(steps: int, rho: float = 7.0) -> list[float]:
    """Uniform in sigma^(1/rho) (Karras et al. 2022, equation 5)."""
    first, last = SIGMA_MAX ** (1 / rho), SIGMA_MIN ** (1 / rho)
    return [(first + (last - first) * i / (steps - 1)) ** rho for i in range(steps)]


def log(steps: int, first: float) -> list[float]:
    """Uniform in log sigma, from ``first`` to where the engine's own ends."""
    return [first * (SIGMA_MIN / first) ** (i / (steps - 1)) for i in range(steps)]


GRIDS = {"log": noise_levels, "karras": karras, "cosine": cosine}
