"""Pi_image (API; the body follows within the hour)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .contract.geometry import Placement


def render(levels: torch.Tensor, placements: Sequence[Placement]) -> torch.Tensor:
    """Pi_image: paste each level, reduced, into its parent, deep to shallow; (N, C, H, W)."""
    raise NotImplementedError
