"""Pictures that hold a smaller scale, as the levels of a zoom do.

The model shall learn how one scale grows out of another, so that a level keeps its own subject
around whatever it holds, and not to draw frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.contract.geometry import Placement
from engine.method.footprint import Footprint, footprint

from .fields import Field, Rng, blur, noise, smooth

SHARE = 0.45
"""Of stage I's pictures. The others keep levels free of insets that have nothing to hold."""

DEEPER_SHARE = 0.4
"""Of the insets that hold one themselves."""

PLAUSIBLE = 0.7
"""Of the insets that show what may lie there in the world; the others any deeper scale, for prompts
ask for that too."""

INSIDE: dict[str, tuple[str, ...]] = {
    "galaxy_cluster": ("galaxy", "galaxy", "stars"),
    "galaxy": ("stars", "nebula", "solar_system"),
    "nebula": ("stars", "solar_system", "nebula"),
    "stars": ("solar_system", "planet", "nebula"),
    "solar_system": ("planet", "planet", "stars"),
    "planet": ("continent", "clouds", "ocean", "mountains", "dunes", "moon"),
    "moon": ("moon", "mountains"),
    "continent": ("coast", "clouds", "mountains", "river_delta", "dunes", "forest", "city"),
    "clouds": ("coast", "ocean", "mountains", "fields", "forest", "clouds"),
    "ocean": ("ocean", "coast", "water_drops", "diatoms"),
    "coast": ("forest", "city", "ocean", "fields", "dunes", "coast"),
    "mountains": ("forest", "mountains", "meadow", "snow_crystal"),
    "dunes": ("dunes", "lattice", "bark"),
    "river_delta": ("forest", "fields", "meadow", "water_drops"),
    "city": ("city", "circuit", "forest"),
    "fields": ("meadow", "forest", "flower", "leaf"),
    "forest": ("bark", "leaf", "meadow", "flower"),
    "meadow": ("flower", "leaf", "butterfly", "water_drops"),
    "bark": ("plant_cells", "leaf", "bacteria"),
    "leaf": ("plant_cells", "water_drops", "butterfly"),
    "flower": ("leaf", "butterfly", "water_drops", "plant_cells"),
    "water_drops": ("diatoms", "plant_cells", "bacteria"),
    "snow_crystal": ("lattice", "snow_crystal"),
    "butterfly": ("lattice", "butterfly"),
    "circuit": ("circuit", "lattice"),
    "diatoms": ("bacteria", "lattice"),
    "plant_cells": ("bacteria", "lattice"),
    "blood": ("bacteria", "lattice"),
    "bacteria": ("lattice", "bacteria"),
    "lattice": ("galaxy", "stars", "lattice"),
}
"""What may be seen inside each subject, once nearer. The last one leads back to the first scales,
for zooms that loop."""

_SIDE = 64
_TRIES = 6
# How many scales further in a strange inset's subject is: the neighbours of zooms skip some.
_STEPS = np.array([0.15, 0.12, 0.11, 0.1, 0.09, *[0.06] * 5, *[0.0215] * 6])
_STEPS /= _STEPS.sum()

# Draws a picture (64, 64, 3), 0..1, of a subject.
Draw = Callable[[Rng, str], Field]


def with_inset(
    rng: Rng, image: Field, subject: str, subjects: Sequence[str], draw: Draw
) -> tuple[Field, str]:
    """`image` with a picture of the same or a smaller scale in it, reduced as the sampler does it.

    Half the insets lie where most zooms have them: in the middle, at a factor of 2 or 4. The
    others lie at any factor between 1.7 and 4 where the picture looks most like them, of a few
    places. The inset's mean colour moves towards its surroundings, and its border is wide and
    irregular.

    Args:
        image: (64, 64, 3), 0..1.
        subject: what it shows; one of the ``subjects``, which go from the widest scale to the
            smallest.

    Returns:
        the picture and the subject of what it holds.
    """
    inner = _inner(rng, subject, subjects)
    child = draw(rng, inner)
    if rng.random() < DEEPER_SHARE:
        child, _ = with_inset(rng, child, inner, subjects, draw)
    place = _place(rng, image, child)
    inside, window = _reduced(child, place), cropped(image, place)
    child = child + rng.uniform(0.0, 0.9) * (window.mean((0, 1)) - inside.mean((0, 1)))
    return np.clip(_grown(rng, image, child, place), 0.0, 1.0), inner


def _inner(rng: Rng, subject: str, subjects: Sequence[str]) -> str:
    """What an inset shows."""
    if rng.random() < PLAUSIBLE:
        return INSIDE[subject][int(rng.integers(len(INSIDE[subject])))]
    number = subjects.index(subject) + int(rng.choice(len(_STEPS), p=_STEPS))
    if number >= len(subjects):
        number = int(rng.integers(subjects.index(subject), len(subjects)))
    return subjects[number]


def cropped(parent: Field, place: Footprint) -> Field:
    """The pixels of a picture (64, 64, 3) that a footprint covers: a view, to read or write."""
    rows, columns = place.rows, place.columns
    return parent[
        rows.start : rows.start + rows.count, columns.start : columns.start + columns.count
    ]


def _place(rng: Rng, image: Field, child: Field) -> Footprint:
    factor = float(rng.choice((2.0, 2.0, 4.0)))
    if rng.random() < 0.5:
        return footprint(Placement(factor, (0.5, 0.5)), (_SIDE, _SIDE))
    places = []
    for _ in range(_TRIES):
        factor = float(np.exp(rng.uniform(np.log(1.7), np.log(4.0))))
        x, y = rng.uniform(0.5 / factor, 1 - 0.5 / factor, 2)
        places.append(footprint(Placement(factor, (float(x), float(y))), (_SIDE, _SIDE)))
    return min(places, key=lambda place: _difference(cropped(image, place), _reduced(child, place)))


def _difference(a: Field, b: Field) -> float:
    """Between the colours of two pictures' quarters."""
    rows, columns = a.shape[0] // 2, a.shape[1] // 2
    quarters = [
        (slice(y, y + rows), slice(x, x + columns)) for y in (0, rows) for x in (0, columns)
    ]
    return float(sum(np.abs(a[q].mean((0, 1)) - b[q].mean((0, 1))).sum() for q in quarters))


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
    mean = np.einsum("ij,jkc,lk->ilc", rows, child, columns, optimize=True)
    reduced: Field = mean.astype(np.float32)
    return reduced
