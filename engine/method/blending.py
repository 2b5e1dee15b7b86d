"""Blending: every level's estimate is brought into agreement with the wider ones.

All rules are corrections at the wide view's own resolution, through the parent that was blended
before, shallow to deep (section 4.2 of the paper, rewritten)::

    Delta_i = crop(L_{i-1}) - R x0_i
    L_i     = x0_i + U DCT^-1[ w(kappa) DCT Delta_i ]

after which the default rule lets both sides of the border meet. All are made of differences of
neighbours, so levels that agree already (Delta = 0) are returned unchanged. The rules differ in
the weight w of a frequency kappa, in cycles per deep image.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import torch

from ..contract.job import SamplerSettings
from .border import meet
from .footprint import Footprint
from .nesting import is_loop

# (x0, footprints, sigma, given) -> L; x0 and L (N, C, H, W), given (N, 1, H, W) or None: 1 where a
# level shows a given picture, which pinning puts back whatever blending does to it.
Blending = Callable[[torch.Tensor, Sequence[Footprint], float, torch.Tensor | None], torch.Tensor]

# The wide view leads a frequency until the noise variance has fallen to RHO times the picture's own
# at that frequency; then it lets go, within a factor of about two. A soft change (a power of 2) or
# an early one (RHO 3) lets neighbours settle on different subjects, or between two.
RHO = 0.8
LET_GO_POWER = 6
CUTOFF = 3.0  # cycles per deep image up to which the wide view may lead
# Variance of a pixel of ordinary pictures in -1..1, spread over frequencies as 1/kappa^2.
PIXEL_VARIANCE = 0.25
_LOWEST = 0.5  # cycles per image: the mean is treated like the slowest wave


def blending(settings: SamplerSettings, rims: bool = True) -> Blending:
    """The rule that a job asks for; without ``rims`` levels do not yet meet at their borders."""
    if settings.blending == "uniform":
        return uniform
    if settings.blending == "none":
        return unblended
    strength = settings.context_strength
    return functools.partial(
        lead_early, context_strength=1.0 if strength is None else strength, rims=rims
    )


def unblended(
    x0: torch.Tensor,
    _nesting: Sequence[Footprint],
    _sigma: float,
    _given: torch.Tensor | None = None,
) -> torch.Tensor:
    """No rule at all: only rendering makes the levels agree."""
    return x0


def lead_early(
    x0: torch.Tensor,
    nesting: Sequence[Footprint],
    sigma: float,
    given: torch.Tensor | None = None,
    context_strength: float = 1.0,
    rims: bool = True,
) -> torch.Tensor:
    """The default rule: lead early, then let go, with a rim and an outline.

    w(kappa, sigma) = 1 / (1 + (kappa/3)^4) * 1 / (1 + (rho S(kappa) / sigma^2)^6): while noise
    hides a frequency the wide view decides it, afterwards the deep view keeps what it has made
    of it. Weights near 0 or 1 are safe; between them two views of different signal-to-noise
    would be averaged and power lost. Where one level ends in another they meet, see ``border.py``.

    Args:
        x0: (N, C, H, W) estimates.
        nesting: where each level holds the next. In a loop level 0 is led by the deepest level
            as the model sees it, so that the lead goes round once.
        sigma: present noise level.
        given: (N, 1, H, W), 1 where a level cannot change: there nothing leads it, and the other
            side of a border comes to meet it all the way.
        context_strength: divides rho; above 1 the wide view leads longer, at 0 not at all, and
            borders are then made to fit by the parent alone, nearly; see ``border.meet``.
        rims: whether levels meet at their borders; without, they are led and end at their outlines.
    """
    rho = math.inf if context_strength == 0.0 else RHO / context_strength
    free = torch.ones_like(x0[:, :1]) if given is None else 1.0 - given.to(x0)

    def led(own: torch.Tensor, wider: torch.Tensor, place: Footprint) -> torch.Tensor:
        delta = place.crop(wider) - place.reduce(own)
        frequency = _frequencies(delta)
        power = power_spectrum(frequency, place.pixels)
        weight = 1.0 / (1.0 + (frequency / CUTOFF) ** 4)
        weight = weight / (1.0 + (rho * power / sigma**2) ** LET_GO_POWER)
        return place.enlarge(_filter(delta, weight))

    def bring_together(parent: int, child: int, place: Footprint) -> None:
        outward, inward = meet(
            levels[parent],
            levels[child],
            place,
            sigma,
            context_strength,
            free[[parent, child]],
            child,
            rims,
        )
        levels[parent] = levels[parent] + outward
        levels[child] = levels[child] + inward  # in a loop of one level they are the same

    levels = list(x0)
    last = len(x0) - 1
    if is_loop(nesting, len(x0)):
        levels[0] = x0[0] + free[0] * led(x0[0], x0[last], nesting[-1])
    for i in range(1, len(x0)):
        levels[i] = x0[i] + free[i] * led(x0[i], levels[i - 1], nesting[i - 1])
        bring_together(i - 1, i, nesting[i - 1])
    if is_loop(nesting, len(x0)):
        # What this changes in level 0 reaches level 1 in the next round.
        bring_together(last, 0, nesting[-1])
    return torch.stack(levels)


def uniform(
    x0: torch.Tensor,
    nesting: Sequence[Footprint],
    _sigma: float = 0.0,
    _given: torch.Tensor | None = None,
) -> torch.Tensor:
    """The paper's rule: each frequency band is the plain average of all views that resolve it.

    The blended parent is already the average of the n wider views that resolve a band, so the
    deep view's share is 1/(n+1) and w = n/(n+1). A view j resolves frequencies up to the Nyquist
    limit of its pixels; the soft edge of that limit is the area mean's own transfer. What is given
    is averaged like the rest, and put back by pinning.
    """
    levels = [x0[0]]
    if is_loop(nesting, len(x0)):
        place = nesting[-1]
        delta = place.crop(x0[-1]) - place.reduce(x0[0])
        levels = [x0[0] + place.enlarge(delta / 2.0)]  # two views: the deepest and its own
    for i, place in enumerate(nesting[: len(x0) - 1], start=1):
        parent = place.crop(levels[-1])
        delta = parent - place.reduce(x0[i])
        frequency = _frequencies(delta)
        views = torch.zeros_like(frequency)
        pixels = float(min(delta.shape[-2:]))  # of view j across the deep image
        for j in range(i - 1, -1, -1):
            views += 1.0 if j == i - 1 else 1.0 / (1.0 + (2.0 * frequency / pixels) ** 4)
            if j > 0:
                above = nesting[j - 1]
                pixels *= above.rows.count / x0.shape[-2]
        levels.append(x0[i] + place.enlarge(_filter(delta, views / (views + 1.0))))
    return torch.stack(levels)


def let_go(pixels: int) -> float:
    """The noise level below which nothing leads waves of one cycle per picture any more."""
    return math.sqrt(RHO * float(power_spectrum(torch.ones(()), pixels)))


def slow_waves(images: torch.Tensor) -> torch.Tensor:
    """What the wide view may lead of (..., H, W) images."""
    frequency = _frequencies(images)
    return _filter(images, 1.0 / (1.0 + (frequency / CUTOFF) ** 4))


def power_spectrum(frequency: torch.Tensor, pixels: int) -> torch.Tensor:
    """S(kappa): a frequency's variance in an orthonormal DCT of a picture with 1/kappa^2 power."""
    side = math.sqrt(pixels)
    # The sum of 1/kappa^2 over all frequencies kappa = k/2 of a square picture.
    total = 4.0 * (math.pi / 2.0) * math.log(side)
    return pixels * PIXEL_VARIANCE / total / frequency.clamp(min=_LOWEST) ** 2


def _filter(patch: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """DCT^-1[ weight DCT patch ] on (..., h, w)."""
    rows = cosines(patch.shape[-2]).to(patch.device, patch.dtype)
    columns = cosines(patch.shape[-1]).to(patch.device, patch.dtype)
    return rows.T @ (weight * (rows @ patch @ columns.T)) @ columns


def _frequencies(patch: torch.Tensor) -> torch.Tensor:
    """(h, w): cycles per deep image of each DCT coefficient; coefficient k is k/2 cycles."""
    rows = torch.arange(patch.shape[-2], device=patch.device, dtype=patch.dtype) / 2
    columns = torch.arange(patch.shape[-1], device=patch.device, dtype=patch.dtype) / 2
    return torch.sqrt(rows[:, None] ** 2 + columns[None, :] ** 2)


@functools.lru_cache(maxsize=64)
def cosines(count: int) -> torch.Tensor:
    """(count, count) orthonormal DCT-II; its half-sample symmetry suits pictures' borders."""
    k = torch.arange(count, dtype=torch.float64)
    matrix = torch.cos(math.pi / count * (k[None, :] + 0.5) * k[:, None])
    matrix *= math.sqrt(2.0 / count)
    matrix[0] /= math.sqrt(2.0)
    return matrix
