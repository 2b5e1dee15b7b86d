"""Pictures that hold a smaller scale, as the levels of a zoom do.

The model shall learn how one scale grows out of another, so that a level keeps its own subject
around whatever it holds, and not to draw frames.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.contract.geometry import Placement
from engine.footprint import Footprint, footprint

from .fields import Field, Rng, blur, noise, smooth

SHARE = 0.45
"""Of stage I's pictures. The others keep levels free of insets that have nothing to hold."""

DEEPER_SHARE = 0.4
"""Of the insets that hold one themselves."""

_SIDE = 64
# How many scales further in an inset's subject is: the neighbours of zooms skip some.
_STEPS = np.array([0.15, 0.12, 0.11, 0.1, 0.09, *[0.06] * 5, *[0.0215] * 6])
_STEPS /= _STEPS.sum()

# Draws a picture (64, 64, 3), 0..1, of the subject with a number.
Draw = Callable[[Rng, int], Field]


def with_inset(rng: Rng, image: Field, subject: int, subjects: int, draw: Draw) -> Field:
    """`image` with a picture of the same or a smaller scale in it, reduced as the sampler does it.

    Half the insets lie where most zooms have them: in the middle, at a factor of 2 or 4. The
    others lie anywhere, at any factor between 1.7 and 4. The inset's mean colour moves towards its
    surroundings, and its border is wide and irregular.

    Args:
        image: (64, 64, 3), 0..1.
        subject: its number among the ``subjects``, from the widest scale to the smallest.
    """
    number = subject + int(rng.choice(len(_STEPS), p=_STEPS))
    if number >= subjects:
        number = int(rng.integers(subject, subjects))
    child = draw(rng, number)
    if rng.random() < DEEPER_SHARE:
        child = with_inset(rng, child, number, subjects, draw)
    place = _place(rng)
    inside, window = _reduced(child, place), cropped(image, place)
    child = child + rng.uniform(0.0, 0.9) * (window.mean((0, 1)) - inside.mean((0, 1)))
    return np.clip(_grown(rng, image, child, place), 0.0, 1.0)


def cropped(parent: Field, place: Footprint) -> Field:
    """The pixels of a picture (64, 64, 3) that a footprint covers: a view, to read or write."""
    rows, columns = place.rows, place.columns
    return parent[
        rows.start : rows.start + rows.count, columns.start : columns.start + columns.count
    ]


def _place(rng: Rng) -> Footprint:
    factor, focus = float(rng.choice((2.0, 2.0, 4.0))), (0.5, 0.5)
    if rng.random() < 0.5:
        factor = float(np.exp(rng.uniform(np.log(1.7), np.log(4.0))))
        x, y = rng.uniform(0.5 / factor, 1 - 0.5 / factor, 2)
        focus = (float(x), float(y))
    return footprint(Placement(factor, focus), (_SIDE, _SIDE))


def _grown(rng: Rng, image: Field, child: Field, place: Footprint) -> Field:
    """The inset fades into the picture over a wide border with an uneven edge."""
    small, window = _reduced(child, place), cropped(image, place)
    height, width = small.shape[:2]
    rows = height / 2 - np.abs(np.arange(height) + 0.5 - height / 2)
    columns = width / 2 - np.abs(np.arange(width) + 0.5 - width / 2)
    border = np.minimum(rows[:, None], columns[None, :])
    feather = min(height, width) * rng.uniform(0.15, 0.4)
    rough = 0.5 * feather * blur(noise(rng, 1.5, low=3, n=64), 2.0)[:height, :width]
    weight = smooth(0.0, feather, np.minimum(border + rough, border * 1.5))[..., None]
    result = image.copy()
    cropped(result, place)[:] = window * (1 - weight) + small * weight
    return result


def _reduced(child: Field, place: Footprint) -> Field:
    """A picture (64, 64, 3) as its parent sees it, by the sampler's own area mean."""
    rows, columns = place.rows.reduce.numpy(), place.columns.reduce.numpy()
    return np.einsum("ij,jkc,lk->ilc", rows, child, columns, optimize=True).astype(np.float32)
