"""The off-centre path as a table that a driver can look up. No bpy."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..engine.contract.geometry import Placement, cumulative_octaves, steps_to_children, view_offset

# Linear pieces between keys miss the exponential path by (ln 2 / 32)^2 / 8 of it: 1/40 pixel
# on a frame 500 pixels wide.
KEYS_PER_OCTAVE = 32
# How far the table goes on above the widest level, where the path falls towards 0.
OCTAVES_ABOVE = 6


def offset_table(
    placements: Sequence[Placement], widest: float = 0.0
) -> list[tuple[float, float, float]]:
    """(octaves, x, y) rows that follow ``geometry.view_offset`` closely in linear pieces.

    Empty when every level is centred: the camera then stays on the axis.

    Args:
        widest: the zoom at which the first of the levels is the view.
    """
    if all(step == (0.0, 0.0) for step in steps_to_children(placements)):
        return []
    levels = cumulative_octaves(placements)
    rows: list[float] = []
    for start, end in zip([-float(OCTAVES_ABOVE), *levels], levels, strict=False):
        count = max(1, math.ceil((end - start) * KEYS_PER_OCTAVE))
        rows += [start + (end - start) * k / count for k in range(count)]
    rows.append(levels[-1])
    return [(widest + octaves, *view_offset(placements, octaves)) for octaves in rows]
