"""The exact yardstick: one row of figures for each sampler setting."""

from __future__ import annotations

from typing import Any

import torch

from engine.contract.geometry import Placement
from engine.contract.job import SamplerSettings
from engine.sampler import sample
from engine.stack import footprints

from . import measures, worlds


class _LastEstimate:
    """Passes a world through and keeps the last, unblended estimate."""

    def __init__(self, world: worlds.FieldWorld) -> None:
        self.world = world
        self.channels = world.channels
        self.x0 = torch.empty(0)

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        self.x0 = self.world.predict_x0(z, sigma)
        return self.x0


def measure(
    levels: int = 5,
    factor: float = 2.0,
    settings: SamplerSettings | None = None,
    seeds: int = 64,
    size: tuple[int, int] = (64, 64),
) -> dict[str, Any]:
    """One row: all worlds sampled with one setting."""
    settings = settings or SamplerSettings()
    placements = [Placement(), *[Placement(factor)] * (levels - 1)]
    nesting = footprints(placements, size)

    def run(world: worlds.FieldWorld) -> tuple[torch.Tensor, torch.Tensor]:
        keeper = _LastEstimate(world)
        result = sample(keeper, placements, size=size, seed=1, settings=settings)
        return result, keeper.x0

    plain, unblended = run(worlds.gaussian(levels, size, seeds))
    informed, _ = run(worlds.informed(levels, size, seeds))
    conflicting = worlds.conflicting(levels, size, seeds)
    clash, _ = run(conflicting)
    modes = worlds.two_modes(levels, size, seeds)
    class_agreement, purity = measures.classes(run(modes)[0], modes)
    return {
        "levels": levels,
        "factor": factor,
        "solver": settings.solver,
        "steps": settings.steps,
        "blending": settings.blending,
        "seeds": seeds,
        "power": measures.power(plain),
        "power_windowed": measures.power(plain, windowed=True),
        "agreement": measures.agreement(unblended, nesting),
        "nesting_after": measures.agreement(plain, nesting),
        "seam": measures.seam(plain, nesting),
        "context": measures.context(informed),
        "conflict": measures.conflict(clash, conflicting),
        "class_agreement": class_agreement,
        "purity": purity,
    }
