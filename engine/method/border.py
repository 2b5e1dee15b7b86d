"""How a level and the one that it holds meet at the border between them.

Below, the *parent* is the wider level and the *child* the one that it holds.

Nested pictures are squares, and the world has none: a child whose subject fills its whole frame
shows in the parent as a square. So the child's own subject ends at an *outline* inside its frame,
uneven and another one for each level, and beyond it the child goes on with what the parent shows
there; detail finer than the parent's pixels is its own. Close to the border, over a *rim* of a few
pixels on both sides, what differs all the same is shared between both.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from .footprint import Axis, Footprint

# The outline is a band around the child's middle. Its radius is 1 where a rounded frame would touch
# the middle of each side: inside the first radius the child shows its own subject, outside the
# second one the parent's picture, and between them it goes over. Further inside, a subject has too
# little room to be recognised.
OUTLINE = (0.9, 1.3)
OUTLINE_POWER = 4  # of the rounded frame: 2 is an ellipse, more is nearer to the square
OUTLINE_WAVES = (2, 3, 5)  # so many around it, added up, make it uneven
OUTLINE_UNEVEN = 0.1  # each wave's amplitude, of the radius
OUTLINE_TURN = math.pi * (3.0 - math.sqrt(5.0))  # from level to level: the golden angle
# The rim, in parent pixels from the child's border. Inwards the child follows wholly over a
# plateau, then less and less; outwards the parent does, from the border on. The two inner widths
# are those for a context strength of 0; they double up to 1.
RIM_PIXELS = 2.0
RIM_SHARE = 1 / 4  # of a footprint's smaller side that the inner fall may take at most
PLATEAU_PIXELS = 1.0
PLATEAU_SHARE = 1 / 16  # of that side that the plateau may take; doubles as well
OUTER_PIXELS = 8.0
# How much of the room between the footprint and the parent's own border the outer fall may take, as
# long as it has its least pixels: a small parent needs the rest for its own subject.
OUTER_SHARE = 1 / 5
OUTER_LEAST = 3.0
# Of their difference at the border, what the parent takes. Around what it holds it can draw
# anything, while a child whose borders are given is not free to draw its own subject.
PARENT_SHARE = 0.8
# The noise level below which the child follows all the same, at a context strength of 1: what is
# left to be decided then is detail, which the parent would continue as streaks.
PARENT_SIGMA = 0.5
# The noise level below which the rim acts. Slow waves reach from it through half of the picture:
# while these are undecided it would lead the child as a whole, its shape and its colour.
RIM_SIGMA = 4.0


def meet(
    parent: torch.Tensor,
    child: torch.Tensor,
    place: Footprint,
    sigma: float,
    context_strength: float,
    free: torch.Tensor,
    number: int,
    rims: bool = True,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Corrections that bring parent and child (C, H, W) together on both sides of the border.

    With d = R child - crop(parent), s the parent's share, M, M' the two rims and K the weight
    outside of the child's outline, they are::

        M' (1 - K) s d                          to the parent, continued from the border outwards
        - U[K d + M (1 - K) (1 - s) d]          to the child

    so the step across the border is the parent's own again, as smooth as it drew that place.
    The rims act once subjects are settled, times 1 / (1 + (sigma/4)^4), the outline from the start.
    Where only one side is free to move, it takes the whole difference.

    Args:
        parent, child: (C, H, W).
        place: where the child lies in the parent.
        sigma: present noise level.
        context_strength: at 0 the child's subject fills its frame, there is no outline; up to 1 the
            child's rim grows wider and takes more of the difference.
        free: (2, 1, H, W), of parent and child: 0 where it is given.
        number: the child's; each level has an outline of its own.
        rims: whether the rims act at all.

    Returns:
        what to add to the parent and to the child.
    """
    leads = min(context_strength, 1.0)
    acts = 1.0 / (1.0 + (sigma / RIM_SIGMA) ** 4) if rims else 0.0
    parents_share = PARENT_SHARE / (1.0 + (leads * PARENT_SIGMA / sigma) ** 4)
    child_free = place.reduce_mask(free[1]).clamp(0.0, 1.0)
    share = 1.0 - (1.0 - parents_share * _from_outside(free[0], place)) * child_free
    difference = place.reduce(child) - place.crop(parent)
    inner = acts * (1.0 - share) * _inner_rim(place, 1.0 + leads).to(child)
    outside = torch.zeros_like(inner)
    if context_strength > 0.0:
        outside = child_free * outside_outline(place, number).to(child)
    return (
        free[0] * acts * _outward((1.0 - outside) * share * difference, place),
        -free[1] * place.enlarge((outside + (1.0 - outside) * inner) * difference),
    )


def outside_outline(place: Footprint, number: int) -> torch.Tensor:
    """(h, w): 0 where the child shows its own subject, 1 where its frame goes on with the parent.

    Where the footprint ends at the parent's own border the child's subject does not: in the widest
    level there is nothing to go on with. Of 2 parent pixels none lies beyond.
    """
    down = _from_middle(place.rows)[:, None]
    across = _from_middle(place.columns)[None, :]
    radius = (down.abs() ** OUTLINE_POWER + across.abs() ** OUTLINE_POWER) ** (1 / OUTLINE_POWER)
    angle = torch.atan2(down, across)
    turn = number * OUTLINE_TURN
    waves = sum((torch.cos(n * (angle + turn)) for n in OUTLINE_WAVES), torch.zeros_like(angle))
    inner, outer = OUTLINE
    return 1.0 - _fall(
        (radius * (1.0 + OUTLINE_UNEVEN * waves) - inner).clamp(min=0.0) / (outer - inner)
    )


def _from_middle(axis: Axis) -> torch.Tensor:
    """Each parent pixel's offset from the footprint's middle, of which its sides are at -1 and 1.

    0 towards a side that is the parent's own border.
    """
    offset = (torch.arange(axis.count, dtype=torch.float64) + 0.5) / axis.count * 2.0 - 1.0
    start, end = axis.at_edge
    if start:
        offset = offset.clamp(min=0.0)
    if end:
        offset = offset.clamp(max=0.0)
    return offset


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
