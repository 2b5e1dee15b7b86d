"""Does one level grow out of the other? Measures of single stacks of real pictures.

Nothing is known of the right picture here, so each measure compares a place with another place of
the *same* picture, and its scale comes from pictures in which the answer is known (``Scale``).
All of them look at the parent, (C, H, W), in whose footprint Π_image has put the reduced child:
that is what one sees when the zoom passes the border.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from engine.method.footprint import Footprint

ASPECTS = ("colour", "light", "direction")
SEAM_LINES = 4  # gradients on either side of a border that it is compared with
_STEP = 1.0 / 127.5  # one step of an 8-bit picture, in -1 to 1
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # Rec. 709


def seam(parent: torch.Tensor, place: Footprint) -> float:
    """Mean gradient across the nesting border over that across lines beside it; 1 shows no seam.

    On a field of one spectrum the gradient anywhere is a fair measure to divide by
    (``measures.seam``). In a picture it is not: a child of fine cells in a smooth parent would be
    excused for its own roughness, a smooth child blamed for its parent's. So the border is compared
    with the ``SEAM_LINES`` parallel lines next to it, as many inside as outside, along the same
    stretch and in the same direction: both textures count alike, and far ones not at all. At a
    border drawn anywhere into one picture the expectation is 1. One 8-bit step is added to both,
    so that a black sky divides by something.
    """
    borders, beside = [], []
    for picture, axis, across in (
        (parent, place.rows, place.columns),
        (parent.transpose(-1, -2), place.columns, place.rows),
    ):
        stretch = picture[..., across.start : across.start + across.count]
        lines = (stretch[..., 1:, :] - stretch[..., :-1, :]).abs().mean(dim=(0, 2))
        for end, border in enumerate((axis.start - 1, axis.start + axis.count - 1)):
            if axis.at_edge[end]:
                continue
            reach = min(SEAM_LINES, border, len(lines) - 1 - border, (axis.count - 1) // 2)
            borders.append(lines[border])
            beside.append(lines[border - reach : border])
            beside.append(lines[border + 1 : border + 1 + reach])
    if not borders:
        return 1.0
    nearby = float(torch.cat(beside).mean())
    return (float(torch.stack(borders).mean()) + _STEP) / (nearby + _STEP)


def disagreement(estimates: torch.Tensor, nesting: Sequence[Footprint]) -> list[float]:
    """Rms difference of neighbours' views of the same place, of each pair, in steps of 255.

    Args:
        estimates: (N, C, H, W), the model's own last estimates: what it would have drawn had
            nothing been blended, projected or pasted any more. After the last paste every
            method agrees with itself.
    """
    return [
        127.5
        * float((place.crop(estimates[i]) - place.reduce(estimates[i + 1])).square().mean()) ** 0.5
        for i, place in enumerate(nesting)
    ]


def departures(parent: torch.Tensor, place: Footprint) -> dict[str, float]:
    """How far the inside of a footprint departs from the ring of the parent around it.

    Both sides are looked at in a band along the border that is a quarter of the footprint wide:
    three quarters of the child's area. The child's middle is left out, for a planet in the middle
    of a black sky departs from nothing.

    - *Colour*: distance of the bands' mean colours, rms over channels.
    - *Light*: the brightness of the four sides of each band, less the band's mean; rms difference
      of inside and outside over their own rms. Where it is brighter on the left of the border
      outside, it shall be inside; how contrasty the picture is does not matter.
    - *Direction*: distance of the structure tensors' anisotropy (J_xx - J_yy, 2 J_xy) /
      (J_xx + J_yy), whose length says how much the texture has one direction and whose angle is
      twice that direction's.

    Bands of this width tell strangers from single pictures (``scale``) at a factor of 2 by 1.6, 1.1
    and 0.6 standard deviations in the three aspects; the whole child against a ring of half its
    width does so by 1.1, 0.9 and 0.6. Narrower ones do it better still, but lie wholly in the rim
    that our blending gives to the parent, and would measure that.
    """
    rows, columns = place.rows, place.columns
    reach = max(1, min(rows.count, columns.count) // 4)
    inside, outside = _bands(place, parent.shape[-2:], reach)
    weights = torch.tensor(_LUMINANCE if len(parent) == 3 else [1 / len(parent)] * len(parent))
    grey = torch.einsum("c,chw->hw", weights.to(parent), parent)
    colour = parent[:, inside].mean(1) - parent[:, outside].mean(1)
    within, around = (torch.stack(sides) for sides in zip(*_sides(grey, place, reach), strict=True))
    within, around = within - within.mean(), around - around.mean()
    own = within.square().mean() + around.square().mean() + _STEP**2
    light = ((within - around).square().mean() / own).sqrt()
    direction = _anisotropy(grey, inside) - _anisotropy(grey, outside)
    return {
        "colour": float(colour.square().mean().sqrt()),
        "light": float(light),
        "direction": float(direction.norm()),
    }


@dataclass(frozen=True)
class Scale:
    """The departures to which those of a method are compared, by aspect.

    Attributes:
        floor: mean within single pictures, whose inside has always been part of the rest.
        ceiling: mean between strangers: another subject's picture in the middle.
        scatter: standard deviation within single pictures.
    """

    floor: dict[str, float]
    ceiling: dict[str, float]
    scatter: dict[str, float]


def scale(pictures: torch.Tensor, place: Footprint) -> Scale:
    """Measure floor and ceiling.

    Args:
        pictures: (n, C, H, W) single pictures, neighbours in the list of different subjects.
    """
    strangers = place.reduce(pictures.roll(1, dims=0))
    single = _table([departures(picture, place) for picture in pictures])
    mixed = _table(
        [
            departures(place.paste(picture, stranger), place)
            for picture, stranger in zip(pictures, strangers, strict=True)
        ]
    )
    return Scale(_by_aspect(single.mean(0)), _by_aspect(mixed.mean(0)), _by_aspect(single.std(0)))


def context(measured: Sequence[tuple[dict[str, float], Scale]]) -> dict[str, float]:
    """Departures of many pairs as a share of the way from strangers (0) to one picture (1).

    Sums are taken before they are divided and clipped: single pictures scatter around 1 and
    strangers around 0, and a factor at which an aspect tells them apart badly counts little.

    Args:
        measured: each pair's departures and the scale of its factor.

    Returns:
        each aspect's share, and ``"context"``: that of all three together, each in units of its
        own scatter, so that an aspect counts by how well it tells strangers apart.
    """
    seen = _table([pair for pair, _ in measured])
    floor = _table([known.floor for _, known in measured])
    ceiling = _table([known.ceiling for _, known in measured])
    scatter = _table([known.scatter for _, known in measured])
    shares = (ceiling - seen).sum(0) / (ceiling - floor).sum(0)
    together = ((ceiling - seen) / scatter).sum() / ((ceiling - floor) / scatter).sum()
    result = _by_aspect(shares.clamp(0.0, 1.0))
    result["context"] = float(together.clamp(0.0, 1.0))
    return result


def _table(measured: Sequence[dict[str, float]]) -> torch.Tensor:
    """(pairs, aspects)."""
    return torch.tensor([[each[a] for a in ASPECTS] for each in measured], dtype=torch.float64)


def _by_aspect(values: torch.Tensor) -> dict[str, float]:
    return dict(zip(ASPECTS, values.tolist(), strict=True))


def _bands(place: Footprint, size: Sequence[int], reach: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(H, W) masks of the band inside the border and of the one outside."""
    top, left = place.rows.start, place.columns.start
    bottom, right = top + place.rows.count, left + place.columns.count
    inside, outside = torch.zeros(2, *size, dtype=torch.bool)
    outside[max(0, top - reach) : bottom + reach, max(0, left - reach) : right + reach] = True
    outside[top:bottom, left:right] = False
    inside[top:bottom, left:right] = True
    inside[top + reach : bottom - reach, left + reach : right - reach] = False
    return inside, outside


def _sides(
    grey: torch.Tensor, place: Footprint, reach: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """(inside, outside) mean along each side of the border beyond which the parent goes on."""
    for picture, axis, across in (
        (grey, place.rows, place.columns),
        (grey.T, place.columns, place.rows),
    ):
        stretch = picture[:, across.start : across.start + across.count]
        first, last = axis.start, axis.start + axis.count
        if first > 0:
            outside = stretch[max(0, first - reach) : first]
            yield stretch[first : first + reach].mean(), outside.mean()
        if last < len(stretch):
            yield stretch[last - reach : last].mean(), stretch[last : last + reach].mean()


def _anisotropy(grey: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """(2,) of the structure tensor over pixels whose whole difference lies in ``where``."""
    down = grey[1:, :-1] - grey[:-1, :-1]
    across = grey[:-1, 1:] - grey[:-1, :-1]
    whole = where[:-1, :-1] & where[1:, :-1] & where[:-1, 1:]
    down, across = down[whole], across[whole]
    difference = (across.square() - down.square()).sum()
    mixed = 2.0 * (across * down).sum()
    total = (across.square() + down.square()).sum() + _STEP**2 * len(down)
    return torch.stack([difference, mixed]) / total
