"""The exact yardstick: one row of figures for each sampler setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from engine.contract.geometry import Placement
from engine.contract.job import DEFAULT_STEPS, SamplerSettings
from engine.method.nesting import footprints
from engine.method.sampler import sample
from engine.models.upscaling import Lanczos
from engine.run.finishing import final_pictures

from . import measures, worlds
from .grids import GRIDS, log


class _LastEstimate:
    """Passes a world through, counts, and keeps the last, unblended estimate."""

    def __init__(self, world: worlds.FieldWorld) -> None:
        self.world = world
        self.channels = world.channels
        self.codec = world.codec
        self.x0 = torch.empty(0)
        self.evaluations = 0

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        self.x0 = self.world.predict_x0(z, sigma)
        self.evaluations += 1
        return self.x0


@dataclass(frozen=True)
class Case:
    """What one row measures.

    Attributes:
        factor: zoom factor of every level.
        grid: of ``grids.GRIDS``.
        first: noise level that a grid uniform in log begins at, in the place of ``grid``'s own.
        loop: the deepest level holds level 0.
        size: (width, height) in pixels.
    """

    levels: int = 5
    factor: float = 2.0
    settings: SamplerSettings = field(default_factory=SamplerSettings)
    grid: str = "log"
    first: float | None = None
    loop: bool = False
    size: tuple[int, int] = (64, 64)

    @property
    def sigmas(self) -> list[float]:
        steps = self.settings.steps or DEFAULT_STEPS
        return GRIDS[self.grid](steps) if self.first is None else log(steps, self.first)


def measure(case: Case, seeds: int = 64) -> dict[str, Any]:
    """One row: all worlds sampled with one setting."""
    levels, size, settings = case.levels, case.size, case.settings
    first = Placement(case.factor) if case.loop else Placement()
    placements = [first, *[Placement(case.factor)] * (levels - 1)]
    nesting = footprints(placements, size, case.loop)

    def run(world: worlds.FieldWorld) -> tuple[torch.Tensor, _LastEstimate]:
        keeper = _LastEstimate(world)
        result = sample(
            keeper,
            placements,
            size=size,
            seed=1,
            settings=settings,
            sigmas=case.sigmas,
            loop=case.loop,
        )
        return result, keeper

    plain, keeper = run(worlds.gaussian(levels, size, seeds))
    informed, _ = run(worlds.informed(levels, size, seeds))
    conflicting = worlds.conflicting(levels, size, seeds)
    clash, _ = run(conflicting)
    modes = worlds.two_modes(levels, size, seeds)
    class_agreement, purity = measures.classes(run(modes)[0], modes)
    return {
        "levels": levels,
        "factor": case.factor,
        "solver": settings.solver,
        "steps": settings.steps or DEFAULT_STEPS,
        "grid": case.grid,
        "first": case.sigmas[0],
        "evaluations": keeper.evaluations,
        "blending": settings.blending,
        "context_strength": settings.context_strength,
        "loop": case.loop,
        "size": list(size),
        "seeds": seeds,
        "power": measures.power(plain),
        "power_windowed": measures.power(plain, windowed=True),
        "agreement": measures.agreement(keeper.x0, nesting),
        "nesting_after": measures.agreement(plain, nesting),
        "seam": measures.seam(plain, nesting),
        "seam_on_disk": measures.seam(_on_disk(plain, placements, case.loop), nesting),
        "context": measures.context(informed),
        "conflict": measures.conflict(clash, conflicting),
        "class_agreement": class_agreement,
        "purity": purity,
    }


def _on_disk(levels: torch.Tensor, placements: Sequence[Placement], loop: bool) -> torch.Tensor:
    """The stack as the engine writes it: in bytes, nested in linear light.

    Three samples are the colours of one picture; where one or two are left, the last comes again.
    """
    height, width = levels.shape[-2:]
    written = torch.empty_like(levels)
    for start in range(0, levels.shape[1], 3):
        part = levels[:, start : start + 3]
        colours = part[:, [min(colour, part.shape[1] - 1) for colour in range(3)]]
        made = final_pictures(colours, placements, (width, height), Lanczos(), loop=loop)
        for index, picture in made:
            values = torch.from_numpy(picture.astype("float32")).permute(2, 0, 1) / 127.5 - 1.0
            written[index, start : start + 3] = values[: part.shape[1]]
    return written
