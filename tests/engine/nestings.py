"""Nestings of several shapes, for the tests of the method."""

from __future__ import annotations

from engine.contract.geometry import Placement


def chain(levels: int, factor: float, focus: tuple[float, float] = (0.5, 0.5)) -> list[Placement]:
    return [Placement(), *[Placement(factor, focus)] * (levels - 1)]


# (placements, (width, height))
NESTINGS = {
    "p = 2": (chain(5, 2.0), (64, 64)),
    "p = 4": (chain(4, 4.0), (64, 64)),
    "p = 3": (chain(4, 3.0), (64, 64)),
    "p = 1.7": (chain(4, 1.7), (64, 64)),
    "p = 8": (chain(3, 8.0), (64, 64)),
    "off-centre": (chain(4, 2.0, (0.3, 0.62)), (64, 64)),
    "in the corner": (chain(4, 2.0, (0.25, 0.75)), (64, 64)),
    "wide": (chain(4, 2.0, (0.4, 0.5)), (96, 40)),
    "mixed": ([Placement(), Placement(1.3, (0.5, 0.5)), Placement(5.1, (0.2, 0.8))], (64, 64)),
}
