"""Pi_noise: independent noise of every level made to agree across scales (section 4.1).

E_{N-1} = own; E_i = paste(own_i, A E_{i+1}) with a reduction A of orthonormal rows, so that unit
variance, whiteness and agreement hold together. Averaging would shrink the variance; the paper's
remedy, the mean times p, is the special case of whole, aligned factors.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence

import torch

from .footprint import Footprint
from .nesting import is_loop

# How many times smaller a loop must show a level within itself for the noise to be shared all
# round. The noise within is made of the noise around it; when it is few pixels that does not show
# (the variance of a level's mean is 1.07 to 1.11 at 16 times, and 1.16 to 1.7 below).
LEAST_TURN = 16.0

# (level, margin): (C, H + 2 margin, W + 2 margin), noise that a level's own is laid into.
Beyond = Callable[[int, int], torch.Tensor]


def share(
    noise: torch.Tensor, nesting: Sequence[Footprint], beyond: Beyond | None = None
) -> torch.Tensor:
    """Pi_noise of independent noise.

    Args:
        noise: (N, C, H, W), independent standard normal.
        nesting: where each level holds the next.
        beyond: noise around a level's, where a footprint of ``nesting`` has a margin.

    Returns:
        (N, C, H, W): each level is standard normal and white by itself; level i within the
        footprint of level i+1 is level i+1's noise, reduced.

        A loop's deepest level begins with level 0's own noise, if it shows itself small enough.
        What it shows of level 0 then differs from that one's in the few pixels where that one holds
        all the others; going round again would mend it at the price of the unit variance. A shorter
        loop's deepest level has noise of its own there.
    """
    shared = list(noise)
    borders = len(nesting)
    if is_loop(nesting, len(noise)):
        turn = math.prod(place.columns.size / place.columns.count for place in nesting)
        borders -= turn < LEAST_TURN
    for i in range(borders - 1, -1, -1):
        below = (i + 1) % len(shared)
        deeper, margin = shared[below], nesting[i].margin
        if margin:
            assert beyond is not None
            around = beyond(below, margin)
            around[..., margin:-margin, margin:-margin] = deeper
            deeper = around
        shared[i] = nesting[i].share_noise(shared[i], deeper)
    return torch.stack(shared)


def draw(
    seed: int | Sequence[int], round_: int, shape: Sequence[int], device: torch.device | str
) -> torch.Tensor:
    """Independent standard normal noise of one round, the same on every device.

    Each level has a stream of its own that depends on the seed, the round and the level's
    number only: an interrupted run goes on with the same noise, and a level keeps its noise when
    deeper ones are added.

    Args:
        seed: of all levels, or one for each.
        shape: (N, C, H, W).
    """
    seeds = [seed] * shape[0] if isinstance(seed, int) else seed
    levels = [
        torch.randn(*shape[1:], generator=_generator(seeds[level], round_, level))
        for level in range(shape[0])
    ]
    return torch.stack(levels).to(device)


def drawn_beyond(
    seed: int | Sequence[int], round_: int, shape: Sequence[int], device: torch.device | str
) -> Beyond:
    """Noise beyond the levels' own of the same round; see ``share``.

    Args:
        shape: (N, C, H, W) of the levels.
    """

    def around(level: int, margin: int) -> torch.Tensor:
        own = seed if isinstance(seed, int) else seed[level]
        sides = [side + 2 * margin for side in shape[2:]]
        generator = _generator(own, round_, level, "/beyond")
        return torch.randn(shape[1], *sides, generator=generator).to(device)

    return around


def _generator(seed: int, round_: int, level: int, kind: str = "") -> torch.Generator:
    # Seeds next to each other give correlated streams in some generators; a hash does not.
    digest = hashlib.blake2b(f"{seed}/{round_}/{level}{kind}".encode(), digest_size=8).digest()
    return torch.Generator("cpu").manual_seed(int.from_bytes(digest, "little") >> 1)
