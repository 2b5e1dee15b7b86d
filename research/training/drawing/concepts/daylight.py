"""The colour of the light on a landscape."""

from __future__ import annotations

import numpy as np

from ..fields import Field, Rng


def daylight(rng: Rng, image: Field) -> tuple[Field, tuple[str, ...]]:
    """Neutral, warm evening or cool light, with the phrase that says so."""
    choice = rng.random()
    if choice < 0.18:
        return image * np.asarray((1.15, 0.9, 0.68)), ("at sunset", "warm evening light")
    if choice < 0.3:
        return image * np.asarray((0.82, 0.95, 1.12)), ("cold light", "on a cold morning")
    return image, ()
