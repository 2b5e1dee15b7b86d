"""Blending: every level's estimate is brought into agreement with the wider ones.

All rules are corrections at the wide view's own resolution, through the parent that was blended
before, shallow to deep (section 4.2 of the paper, rewritten)::

    Delta_i = crop(L_{i-1}) - R x0_i
    L_i     = x0_i + U DCT^-1[ w(kappa) DCT Delta_i ]

after which the default rule lets both sides of the border meet. All are made of differences of
neighbours, so a stack that already agrees (Delta = 0) is returned unchanged. The rules differ in
the weight w of a frequency kappa, in cycles per deep image.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import torch
from torch.nn import functional

from .contract.job import SamplerSettings
from .footprint import Axis, Footprint
from .stack import is_loop

# (x0, footprints, sigma, given) -> L; x0 and L (N, C, H, W), given (N, 1, H, W) or None: 1 where a
# level shows a given picture, which pinning puts back whatever blending does to it.
Blending = Callable[[torch.Tensor, Sequence[Footprint], float, torch.Tensor | None], torch.Tensor]

# The wide view leads a frequency until the noise variance has fallen to RHO times the picture's own
# at that frequency; then it lets go, within a factor of about two. A soft change (a power of 2) or
# an early one (RHO 3) lets neighbours settle on different subjects, or between two.
RHO = 0.8
LET_GO_POWER = 6
CUTOFF = 3.0  # cycles per deep image up to which the wide view may lead
# Parent pixels over which neighbours are brought together at the child's border. Inwards the child
# follows wholly over the plateau, then less and less; outwards the parent does, from the border on.
# The inner widths are for a context strength of 0 and double up to 1.
RIM_PIXELS = 2.0
RIM_SHARE = 1 / 4  # of a footprint's smaller side that the inner fall may take at most
PLATEAU_PIXELS = 1.0
PLATEAU_SHARE = 1 / 16  # the same of the plateau; doubles as well
OUTER_PIXELS = 8.0
# Of the room between the footprint and the parent's own border that the outer fall may take, as
# long as it has its least pixels. With half of it a parent of 64 pixels hardly had a place left
# for its own subject.
OUTER_SHARE = 1 / 5
OUTER_LEAST = 3.0
# Of their difference at the border, what the parent takes. Around what it holds it can draw
# anything, while a child whose borders are given is no longer its own subject.
PARENT_SHARE = 0.8
# The noise level below which the child follows all the same, at a context strength of 1: what is
# left to be decided then is detail, which the parent would continue as streaks.
PARENT_SIGMA = 0.5
# The noise level below which the rim acts. To slow waves it is half of the picture; while they are
# undecided it would lead the child as a whole: planets were no longer round, leaves not green.
RIM_SIGMA = 4.0
# Variance of a pixel of ordinary pictures in -1..1, spread over frequencies as 1/kappa^2.
PIXEL_VARIANCE = 0.25
_LOWEST = 0.5  # cycles per image: the mean is treated like the slowest wave


def blending(settings: SamplerSettings) -> Blending:
    """The rule that a job asks for."""
    if settings.blending == "uniform":
        return uniform
    if settings.blending == "none":
        return unblended
    if settings.context_strength is None:
        return lead_early
    return functools.partial(lead_early, context_strength=settings.context_strength)


def unblended(
    x0: torch.Tensor,
    nesting: Sequence[Footprint],
    sigma: float,
    given: torch.Tensor | None = None,
) -> torch.Tensor:
    """No rule at all: only rendering makes the levels agree."""
    return x0


def lead_early(
    x0: torch.Tensor,
    nesting: Sequence[Footprint],
    sigma: float,
    given: torch.Tensor | None = None,
    context_strength: float = 1.0,
) -> torch.Tensor:
    """The default rule: lead early, then let go, with a rim.

    w(kappa, sigma) = 1 / (1 + (kappa/3)^4) * 1 / (1 + (rho S(kappa) / sigma^2)^6): while noise
    hides a frequency the wide view decides it, afterwards the deep view keeps what it has made
    of it. Weights near 0 or 1 are safe; between them two views of different signal-to-noise
    would be averaged and power lost. Once subjects are settled (times 1 / (1 + (sigma/4)^4)),
    neighbours meet at the border, see ``_meet``.

    Args:
        x0: (N, C, H, W) estimates.
        nesting: where each level holds the next. In a loop level 0 is led by the deepest level
            as the model sees it, so that the lead goes round once.
        sigma: present noise level.
        given: (N, 1, H, W), 1 where a level cannot change: there nothing leads it, and the other
            side of a border comes to meet it all the way.
        context_strength: divides rho; above 1 the wide view leads longer, at 0 not at all, and
            borders are then made to fit by the parent alone, nearly.
    """
    rho = math.inf if context_strength == 0.0 else RHO / context_strength
    free = torch.ones_like(x0[:, :1]) if given is None else 1.0 - given.to(x0)

    def led(own: torch.Tensor, wider: torch.Tensor, place: Footprint) -> torch.Tensor:
        delta = place.crop(wider) - place.reduce(own)
        frequency = _frequencies(delta)
        power = _power_spectrum(frequency, own.shape[-2] * own.shape[-1])
        weight = 1.0 / (1.0 + (frequency / CUTOFF) ** 4)
        weight = weight / (1.0 + (rho * power / sigma**2) ** LET_GO_POWER)
        return place.enlarge(_filter(delta, weight))

    def meet(parent: int, child: int, place: Footprint) -> None:
        outward, inward = _meet(
            levels[parent], levels[child], place, sigma, context_strength, free[[parent, child]]
        )
        levels[parent] = levels[parent] + outward
        levels[child] = levels[child] + inward  # in a loop of one level they are the same

    levels = list(x0)
    last = len(x0) - 1
    if is_loop(nesting, len(x0)):
        levels[0] = x0[0] + free[0] * led(x0[0], x0[last], nesting[-1])
    for i in range(1, len(x0)):
        levels[i] = x0[i] + free[i] * led(x0[i], levels[i - 1], nesting[i - 1])
        meet(i - 1, i, nesting[i - 1])
    if is_loop(nesting, len(x0)):
        meet(last, 0, nesting[-1])
    return torch.stack(levels)


def _meet(
    parent: torch.Tensor,
    child: torch.Tensor,
    place: Footprint,
    sigma: float,
    context_strength: float,
    free: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Corrections that bring parent and child (C, H, W) together on both sides of the border.

    With d = R child - crop(parent), s the parent's share and M, M' the two rims, they are::

        M' s d             to the parent, d continued from the border outwards
        - U[M (1 - s) d]   to the child

    so the step across the border is the parent's own again, as smooth as it drew that place.
    Where only one side is free to move, it takes the whole difference.

    Args:
        free: (2, 1, H, W), of parent and child: 0 where it is given.
    """
    leads = min(context_strength, 1.0)
    acts = 1.0 / (1.0 + (sigma / RIM_SIGMA) ** 4)
    parents = PARENT_SHARE / (1.0 + (leads * PARENT_SIGMA / sigma) ** 4)
    childs = place.reduce(free[1]).clamp(0.0, 1.0)
    share = 1.0 - (1.0 - parents * _from_outside(free[0], place)) * childs
    difference = place.reduce(child) - place.crop(parent)
    inner = _inner_rim(place, 1.0 + leads).to(child)
    return (
        free[0] * acts * _outward(share * difference, place),
        -free[1] * place.enlarge(acts * (1.0 - share) * inner * difference),
    )


def uniform(
    x0: torch.Tensor,
    nesting: Sequence[Footprint],
    sigma: float = 0.0,
    given: torch.Tensor | None = None,
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


def _power_spectrum(frequency: torch.Tensor, pixels: int) -> torch.Tensor:
    """S(kappa): a frequency's variance in an orthonormal DCT of a picture with 1/kappa^2 power."""
    side = math.sqrt(pixels)
    # The sum of 1/kappa^2 over all frequencies kappa = k/2 of a square picture.
    total = 4.0 * (math.pi / 2.0) * math.log(side)
    return pixels * PIXEL_VARIANCE / total / frequency.clamp(min=_LOWEST) ** 2


def _filter(patch: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """DCT^-1[ weight DCT patch ] on (..., h, w)."""
    rows = _dct(patch.shape[-2]).to(patch.device, patch.dtype)
    columns = _dct(patch.shape[-1]).to(patch.device, patch.dtype)
    return rows.T @ (weight * (rows @ patch @ columns.T)) @ columns


def _frequencies(patch: torch.Tensor) -> torch.Tensor:
    """(h, w): cycles per deep image of each DCT coefficient; coefficient k is k/2 cycles."""
    rows = torch.arange(patch.shape[-2], device=patch.device, dtype=patch.dtype) / 2
    columns = torch.arange(patch.shape[-1], device=patch.device, dtype=patch.dtype) / 2
    return torch.sqrt(rows[:, None] ** 2 + columns[None, :] ** 2)


@functools.lru_cache(maxsize=64)
def _dct(count: int) -> torch.Tensor:
    """(count, count) orthonormal DCT-II; its half-sample symmetry suits pictures' borders."""
    k = torch.arange(count, dtype=torch.float64)
    matrix = torch.cos(math.pi / count * (k[None, :] + 0.5) * k[:, None])
    matrix *= math.sqrt(2.0 / count)
    matrix[0] /= math.sqrt(2.0)
    return matrix


def _inner_rim(place: Footprint, scale: float) -> torch.Tensor:
    """(h, w): 1 at the footprint's border, falling smoothly to 0 a few pixels inwards.

    Where the footprint ends at the parent's own border there is nothing beyond to agree with.
    """
    rows, columns = _inwards(place.rows), _inwards(place.columns)
    distance = torch.minimum(rows[:, None], columns[None, :])
    side = min(place.rows.count, place.columns.count)
    plateau = scale * min(PLATEAU_PIXELS, PLATEAU_SHARE * side)
    width = min(scale * RIM_PIXELS, RIM_SHARE * side)
    return _fall((distance - plateau).clamp(min=0.0) / width)


def _outward(difference: torch.Tensor, place: Footprint) -> torch.Tensor:
    """M' d: (C, h, w) to (C, H, W), what lies at the footprint's border continued outwards.

    It falls smoothly to 0 before the parent's own border, which others agree with. Inside the
    footprint it is 0.
    """
    rows, columns = _outwards(place.rows), _outwards(place.columns)
    distance = torch.sqrt(rows[:, None] ** 2 + columns[None, :] ** 2)
    rim = _fall(distance).to(difference)
    place.crop(rim).zero_()
    pads = []
    for axis in (place.columns, place.rows):  # parent and child have the same size
        pads += [axis.start, axis.size - axis.start - axis.count]
    return rim * functional.pad(difference[None], pads, mode="replicate")[0]


def _fall(distance: torch.Tensor) -> torch.Tensor:
    """1 at 0, falling smoothly to 0 at 1 and beyond."""
    weight = (1.0 - distance).clamp(min=0.0)
    return weight * weight * (3.0 - 2.0 * weight)


def _inwards(axis: Axis) -> torch.Tensor:
    """Each pixel's distance from the nearer border in parent pixels; 0 at the border."""
    pixel = torch.arange(axis.count, dtype=torch.float64)
    far = float(axis.count)
    start = torch.full_like(pixel, far) if axis.at_edge[0] else pixel
    end = torch.full_like(pixel, far) if axis.at_edge[1] else pixel.flip(0)
    return torch.minimum(start, end)


def _from_outside(outer: torch.Tensor, place: Footprint) -> torch.Tensor:
    """(1, H, W) to (1, h, w): for each pixel of the footprint the value next to it outside.

    At the nearest side, of those that have anything beyond; 0 where none has.
    """
    rows, columns = place.rows, place.columns
    height, width = rows.count, columns.count
    seen = outer[:, :, columns.start : columns.start + width]
    beside = outer[:, rows.start : rows.start + height]
    down = torch.arange(height).view(-1, 1).expand(height, width)
    across = torch.arange(width).view(1, -1).expand(height, width)
    sides = [
        (rows.start - 1, seen, 1, down),
        (rows.start + height, seen, 1, height - 1 - down),
        (columns.start - 1, beside, 2, across),
        (columns.start + width, beside, 2, width - 1 - across),
    ]
    values, distances = [], []
    for index, part, axis, distance in sides:
        if 0 <= index < part.shape[axis]:
            values.append(part.narrow(axis, index, 1).expand(-1, height, width))
            distances.append(distance)
    if not values:
        return torch.zeros(1, height, width).to(outer)
    nearest = torch.stack(distances).argmin(0).to(outer.device)
    return torch.stack(values).gather(0, nearest[None, None]).squeeze(0)


def _outwards(axis: Axis) -> torch.Tensor:
    """Each parent pixel's distance from the footprint's neighbours; 1 where the rim ends.

    0 inside and in the pixel next to the footprint, which meets it wholly; at least 1 in the
    parent's outermost pixels.
    """
    last = axis.start + axis.count - 1
    room = (axis.start, axis.size - 1 - last)
    pixel = torch.arange(axis.size, dtype=torch.float64)
    result = torch.zeros_like(pixel)
    for distance, space in zip((axis.start - pixel, pixel - last), room, strict=True):
        width = min(max(OUTER_LEAST, min(OUTER_PIXELS, OUTER_SHARE * space)), space - 1.0)
        # Of a single pixel nothing is left: it is the parent's own border.
        beyond = (distance - 1.0) / width if width > 0.0 else distance
        result += beyond.clamp(min=0.0)
    return result
