"""The zoom stack and Pi_image (Wang et al., section 4.1).

A stack is a tensor of N levels, (N, C, H, W), widest first; level i+1 covers its footprint in
level i. Rendering makes the levels agree: what level i shows of level i+1 is level i+1, reduced.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .contract.geometry import Placement
from .footprint import Footprint, footprint


def footprints(placements: Sequence[Placement], size: tuple[int, int]) -> list[Footprint]:
    """The footprints of levels 1 ... N-1 in their parents; entry i-1 belongs to level i.

    Args:
        placements: of all N levels; the first is not used.
        size: (width, height) of every level in pixels.

    Raises:
        ZoomStackError: code ``bad_geometry``.
    """
    return [footprint(placement, size) for placement in placements[1:]]


def render(levels: torch.Tensor, placements: Sequence[Placement]) -> torch.Tensor:
    """Pi_image: x_{N-1} = L_{N-1}; x_i = paste(L_i, R x_{i+1}), deep to shallow.

    The result is exactly nested and the same as the input where the input was already. For
    pictures the values must be linear light, or bright details darken as the view widens.

    Args:
        levels: (N, C, H, W).
        placements: of all N levels.

    Returns:
        (N, C, H, W).

    Raises:
        ZoomStackError: code ``bad_geometry``.
    """
    height, width = levels.shape[-2:]
    return render_with(levels, footprints(placements, (width, height)))


def render_with(levels: torch.Tensor, nesting: Sequence[Footprint]) -> torch.Tensor:
    """``render`` with footprints that were built before."""
    rendered = list(levels)
    for i in range(len(rendered) - 2, -1, -1):
        rendered[i] = nesting[i].paste(rendered[i], nesting[i].reduce(rendered[i + 1]))
    return torch.stack(rendered)
