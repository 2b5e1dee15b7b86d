"""Joint multi-scale sampling (API; the body follows within the hour)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from .contract.geometry import Placement
from .contract.job import SamplerSettings
from .models.protocol import Denoiser


@dataclass
class SamplerState:
    """Where a run stands after ``step`` finished steps; enough to go on bit for bit.

    Attributes:
        step: finished steps.
        z: (N, C, H, W) noisy images of all levels.
        previous_x: (N, C, H, W) rendered estimate of the step before, or None.
    """

    step: int
    z: torch.Tensor
    previous_x: torch.Tensor | None


@dataclass(frozen=True)
class StepReport:
    """What a caller sees after each step: ``step`` of ``total`` done, estimate ``x`` in -1..1."""

    step: int
    total: int
    x: torch.Tensor
    state: SamplerState


def sample(
    denoiser: Denoiser,
    placements: Sequence[Placement],
    *,
    size: tuple[int, int],
    seed: int,
    settings: SamplerSettings | None = None,
    device: torch.device | str = "cpu",
    state: SamplerState | None = None,
    on_step: Callable[[StepReport], None] | None = None,
) -> torch.Tensor:
    """Returns (N, C, H, W) rendered levels in -1..1; ``on_step`` may raise to end the run."""
    raise NotImplementedError
