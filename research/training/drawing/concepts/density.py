"""How much there is of what a picture shows."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import Rng


@dataclass(frozen=True)
class Density:
    """A share of the usual number, and the words for it; none for the usual."""

    factor: float = 1.0
    adjectives: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


SPARSE = Density(0.25, ("sparse",), ("few and far apart",))
DENSE = Density(1.9, ("dense",), ("densely packed",))


def density(rng: Rng) -> Density:
    """Few, many, or mostly as usual."""
    choice = rng.random()
    return SPARSE if choice < 0.22 else DENSE if choice < 0.44 else Density()
