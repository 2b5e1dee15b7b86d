"""The zooms that methods are compared on: prompts that the bundled model knows."""

from __future__ import annotations

from dataclasses import dataclass

from engine.contract.geometry import Placement


@dataclass(frozen=True)
class Chain:
    """A zoom: subjects and prompts, widest first, one factor throughout.

    Attributes:
        title: for people.
        levels: (subject, prompt); subjects are the names in ``training.images.CONCEPTS``.
    """

    title: str
    factor: float
    levels: tuple[tuple[str, str], ...]

    @property
    def subjects(self) -> list[str]:
        return [subject for subject, _ in self.levels]

    @property
    def prompts(self) -> list[str]:
        return [prompt for _, prompt in self.levels]

    @property
    def placements(self) -> list[Placement]:
        return [Placement(), *[Placement(self.factor)] * (len(self.levels) - 1)]


CHAINS = (
    Chain(
        "From a galaxy to a forest",
        2.0,
        (
            ("galaxy", "a blue spiral galaxy"),
            ("stars", "a star field"),
            ("planet", "a blue planet"),
            ("clouds", "clouds from above over blue sea"),
            ("coast", "a green coast from above"),
            ("forest", "a green forest canopy from above"),
        ),
    ),
    Chain(
        "From the clouds into a leaf",
        2.0,
        (
            ("clouds", "clouds from above over green land"),
            ("mountains", "mountains from above"),
            ("forest", "a forest canopy from above"),
            ("flower", "a purple flower"),
            ("leaf", "green leaf veins"),
            ("plant_cells", "plant cells"),
        ),
    ),
    Chain(
        "From a nebula to a snow crystal",
        2.0,
        (
            ("nebula", "a nebula, red"),
            ("stars", "a star field"),
            ("planet", "an orange planet"),
            ("dunes", "orange desert dunes"),
            ("bark", "brown tree bark"),
            ("snow_crystal", "a snow crystal"),
        ),
    ),
    Chain(
        "From a galaxy to blood, four times a level",
        4.0,
        (
            ("galaxy", "a golden spiral galaxy"),
            ("planet", "a red planet"),
            ("coast", "a coast from above at sunset"),
            ("flower", "a red flower"),
            ("blood", "red blood cells"),
        ),
    ),
)

QUICK = (CHAINS[0], CHAINS[3])
"""One of each factor."""
