"""The zooms that methods are compared on: prompts that the bundled model knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.contract.geometry import Placement
from engine.contract.job_parser import load_job

PRESETS = Path(__file__).parents[3] / "presets"


@dataclass(frozen=True)
class Chain:
    """A zoom.

    Attributes:
        title: for people.
        levels: (subject, prompt), widest first; subjects are the names in
            ``research.training.drawing.images.CONCEPTS``.
        placements: how each level lies in the one before it; in a loop the first lies in the last.
    """

    title: str
    levels: tuple[tuple[str, str], ...]
    placements: tuple[Placement, ...]
    loop: bool = False

    @property
    def subjects(self) -> list[str]:
        return [subject for subject, _ in self.levels]

    @property
    def prompts(self) -> list[str]:
        return [prompt for _, prompt in self.levels]

    @property
    def factor(self) -> float:
        """Of the first border."""
        return self.placements[1].zoom_factor


def evenly(title: str, factor: float, levels: tuple[tuple[str, str], ...]) -> Chain:
    """A chain whose every level lies in the middle of the one before, at one factor."""
    return Chain(title, levels, (Placement(), *[Placement(factor)] * (len(levels) - 1)))


CHAINS = (
    evenly(
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
    evenly(
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
    evenly(
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
    evenly(
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

# What the levels of the presets are to show. The one that begins with a given picture is left out.
_SUBJECTS = {
    "powers_of_ten": "galaxy stars planet continent coast forest leaf plant_cells",
    "forest_to_cell": "coast forest meadow leaf water_drops plant_cells bacteria",
    "city_to_circuit": "continent coast city city circuit circuit lattice",
    "ocean_to_plankton": "planet clouds ocean water_drops diatoms bacteria",
    "desert_world": "nebula stars planet continent dunes lattice",
    "endless_zoom": "galaxy stars planet coast forest leaf plant_cells lattice",
}


def preset_chains() -> list[Chain]:
    """The presets as they are shipped, their sampler's settings left to the caller."""
    return [_preset(name, subjects.split()) for name, subjects in _SUBJECTS.items()]


def _preset(name: str, subjects: list[str]) -> Chain:
    job = load_job(PRESETS / f"{name}.json")
    prompts = [level.prompt for level in job.levels]
    return Chain(
        name.replace("_", " "),
        tuple(zip(subjects, prompts, strict=True)),
        tuple(Placement(level.zoom_factor, level.focus) for level in job.levels),
        job.loop,
    )
