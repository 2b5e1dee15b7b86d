"""How levels lie in one another, and Pi_image, which makes them agree (Wang et al., section 4.1).

The paper's zoom stack is here a tensor of N levels, (N, C, H, W), widest first. Its *nesting* is
the list of their footprints: level i+1 covers ``nesting[i]`` in level i. After rendering the levels
agree: what level i shows of level i+1 is level i+1, reduced.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from ..contract.geometry import Placement
from .footprint import Footprint, footprint


def footprints(
    placements: Sequence[Placement], size: tuple[int, int], loop: bool = False
) -> list[Footprint]:
    """The nesting of N levels: N - 1 footprints, or N in a loop.

    Args:
        placements: of all N levels; the first says how level 0 lies in the deepest level of a
            loop, otherwise it is not used.
        size: (width, height) of every level in pixels.

    Raises:
        ZoomStackError: code ``bad_geometry``.
    """
    children = [*placements[1:], placements[0]] if loop else placements[1:]
    return [footprint(placement, size) for placement in children]


def holding(levels: int, loop: bool = False) -> list[bool]:
    """Which levels hold the next one: all, but for the deepest where it is no loop."""
    return [True] * (levels - 1) + [loop]


def render(
    levels: torch.Tensor, placements: Sequence[Placement], loop: bool = False
) -> torch.Tensor:
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
    return render_with(levels, footprints(placements, (width, height), loop))


def render_with(
    levels: torch.Tensor,
    nesting: Sequence[Footprint],
    check: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """``render`` with footprints that were built before.

    A loop has no deepest level to begin with: there the result is the fixed point of
    x_i = paste(L_i, R x_{i+1 mod N}).

    Args:
        check: called before each level; an exception of its ends the work.
    """
    count = len(levels)
    rendered = levels.clone()
    for _ in range(_turns(nesting, count)):
        for i in range(len(nesting) - 1, -1, -1):
            check()
            nesting[i].fill(rendered[i], nesting[i].reduce(rendered[(i + 1) % count]))
    return rendered


def is_loop(nesting: Sequence[Footprint], count: int) -> bool:
    """Whether the deepest of ``count`` levels holds level 0."""
    return len(nesting) == count


def _turns(nesting: Sequence[Footprint], count: int) -> int:
    """How often to go round until nothing changes any more.

    Each turn of a loop carries a level into a picture of itself that is smaller by all factors
    together. Once that is a thousandth of a pixel wide, a pixel's mean no longer feels it.
    """
    if not is_loop(nesting, count):
        return 1
    shrunk = math.prod(
        max(axis.count / axis.size for axis in (place.rows, place.columns)) for place in nesting
    )
    side = max(nesting[0].rows.size, nesting[0].columns.size)
    return 1 + math.ceil(math.log(side * 1000) / -math.log(shrunk))
