"""Which rounds a run has: one for each noise level, and more where the grid begins too late.

The wide view leads slow waves while noise hides them (``blending.lead_early``). Where a grid begins
at a noise level that hides none, what z_T happens to show is settled before anything was led. So
the first noise level is *repeated*, with full lead::

    x0 = D(z, sigma_0)         x = Pi_image(lead(x0 + (factor - 1) slow(x0 - z)))
    z  = x + sigma_0 Pi_noise(new)

Each such round takes slow waves a part of the way to where lead and model want them, the less the
later the grid begins; going on beyond x0 (successive over-relaxation, which converges for any
factor up to 2) makes the way shorter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from .blending import let_go, slow_waves

# Of the noise level that lets go of the slowest wave: where grids begin above, nothing is repeated.
LATE = 8.0
_LEFT = 0.025  # of the way to go after all repetitions, for slow waves
_MOST = 12


@dataclass(frozen=True)
class Visits:
    """The rounds in which a model of latents is seen in pixels: borders are settled there.

    Attributes:
        last: so many at the end.
        below: before these one for each of these noise levels, in the units of pixels, the first
            below it.
    """

    last: int
    below: tuple[float, ...]


VISITS = Visits(3, (0.6, 0.2, 0.06))


@dataclass(frozen=True)
class Round:
    """One evaluation of the model for each level.

    Attributes:
        sigma: noise level.
        clock: the noise level by which the rules of blending go, those of pixels: of a picture of
            pixels that it hides as much; infinite in a repeated round, where all is led.
        next_sigma: that the solver goes to; the same in a repeated round, 0 in the last.
        ahead: of a repeated round, how far x0 is taken on; otherwise 0.
        in_pixels: whether a model of latents is seen in pixels.
    """

    sigma: float
    clock: float
    next_sigma: float
    ahead: float = 0.0
    in_pixels: bool = True

    @property
    def repeated(self) -> bool:
        return self.ahead > 0.0


def rounds(sigmas: Sequence[float], pixels: int, strength: float, gain: float = 1.0) -> list[Round]:
    """The rounds of a run.

    Args:
        sigmas: falling noise levels.
        pixels: of a level's picture.
        strength: how much the wide view leads, 1 as usual; 0 repeats nothing.
        gain: of the sampled values; see ``latent_footprint.Fit``.
    """
    clocks = [sigma / gain for sigma in sigmas]
    count, ahead = repetitions(clocks[0] / let_go(pixels)) if strength > 0.0 else (0, 0.0)
    # What hardly leads repeats nothing, and a draft of few steps stays one.
    count = min(round(count * min(strength, 1.0)), len(sigmas))
    seen = _seen_in_pixels(clocks)
    first = [Round(sigmas[0], math.inf, sigmas[0], ahead, in_pixels=False)] * count
    steps = enumerate(zip(sigmas, clocks, [*sigmas[1:], 0.0], strict=True))
    falling = [Round(*each, in_pixels=step in seen) for step, each in steps]
    return first + falling


def _seen_in_pixels(clocks: Sequence[float]) -> set[int]:
    last = len(clocks) - 1
    seen = {last - back for back in range(VISITS.last)}
    for level in reversed(VISITS.below):
        step = next((step for step, clock in enumerate(clocks) if clock <= level), last)
        while step in seen:
            step -= 1
        seen.add(step)
    return seen


def repetitions(lateness: float) -> tuple[int, float]:
    """How often the first noise level is repeated, and how far x0 is taken on each time.

    A round leaves 1 - factor r^2 / (1 + r^2) of the way of a slow wave whose power is 1/r^2 of the
    noise's; all leave ``_LEFT`` of it, more where r is below .4. Below .28 there are none:
    nothing would lead.

    Args:
        lateness: r, the first noise level over the one that lets go of the slowest waves.
    """
    if lateness >= LATE:
        return 0, 0.0
    factor = 1.0 + 1.0 / (1.0 + lateness**4)
    done = factor * lateness**2 / (1.0 + lateness**2)
    wanted = math.ceil(math.log(_LEFT) / math.log(1.0 - done))
    return (min(wanted, _MOST), factor) if wanted <= 2 * _MOST else (0, 0.0)


def taken_on(x0: torch.Tensor, z: torch.Tensor, factor: float) -> torch.Tensor:
    """The estimate (N, C, h, w) of a repeated round: slow waves beyond x0, as seen from z."""
    return x0 + (factor - 1.0) * slow_waves(x0 - z)
