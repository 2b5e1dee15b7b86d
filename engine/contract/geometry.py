"""Where the levels lie in one another, and the path of a zoom through them.

A zoom of ``z`` octaves shows a frame ``2**-z`` times the frame at zoom 0. Positions are relative
to the deepest level's centre, the zoom's limit: ratios to the level at hand keep their digits at
any depth. y goes *up*, except in ``focus``, which counts as pictures do.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from .errors import ZoomStackError

MIN_ZOOM_FACTOR = 1.01
MAX_ZOOM_FACTOR = 64.0
# A footprint may touch its parent's border; this is the slack for decimals typed by hand.
FOCUS_SLACK = 1e-6


@dataclass(frozen=True)
class Placement:
    """How a level lies in the level before it.

    Attributes:
        zoom_factor: how many times wider the parent's view is; above 1. Unused for level 0.
        focus: the footprint's centre in the parent's width and height, 0-1, y *down*.
        aspect: width over height of this level's picture.
    """

    zoom_factor: float = 2.0
    focus: tuple[float, float] = (0.5, 0.5)
    aspect: float = 1.0


class Nested(Protocol):
    """A level of a job, of a stack or of the settings: it says how it lies in its parent."""

    @property
    def zoom_factor(self) -> float: ...

    @property
    def focus(self) -> tuple[float, float]: ...


class Place(NamedTuple):
    """Where a level lies in a wider one, whose sides are 1.

    Attributes:
        x, y: its centre, y *down*.
        size: of its sides.
    """

    x: float
    y: float
    size: float


def levels_between(wider: int, deeper: int, count: int) -> list[int]:
    """The levels that a zoom from ``wider`` to ``deeper`` comes through, ``deeper`` included.

    Args:
        deeper: where it is not further in than ``wider``, the way goes through the end of a loop
            of ``count`` levels; from a level to itself it goes once round.
    """
    steps = (deeper - wider - 1) % count + 1
    return [(wider + step) % count for step in range(1, steps + 1)]


def place_along(way: Iterable[Nested]) -> Place:
    """Where the last level of a way lies in the level that the way starts from.

    Args:
        way: levels of one aspect, each within the one before; see ``levels_between``.
    """
    x, y, size = 0.5, 0.5, 1.0
    for level in way:
        x += (level.focus[0] - 0.5) * size
        y += (level.focus[1] - 0.5) * size
        size /= level.zoom_factor
    return Place(x, y, size)


def check_footprint(placement: Placement, parent_aspect: float, where: str) -> None:
    """Refuse a footprint that leaves its parent.

    Raises:
        ZoomStackError: code ``bad_geometry``.
    """
    factor = placement.zoom_factor
    if not MIN_ZOOM_FACTOR <= factor <= MAX_ZOOM_FACTOR:
        raise ZoomStackError(
            "bad_geometry",
            f"{where}: the zoom factor is {factor:g}.",
            f"It must lie between {MIN_ZOOM_FACTOR:g} and {MAX_ZOOM_FACTOR:g}.",
        )
    half_width = 0.5 / factor
    half_height = half_width * parent_aspect / placement.aspect
    for name, value, half in (
        ("x", placement.focus[0], half_width),
        ("y", placement.focus[1], half_height),
    ):
        if half > 0.5 + FOCUS_SLACK:
            raise ZoomStackError(
                "bad_geometry",
                f"{where}: its picture is taller than the level before it at zoom factor "
                f"{factor:g}.",
                "Use pictures of one shape, or a larger zoom factor.",
            )
        if not half - FOCUS_SLACK <= value <= 1.0 - half + FOCUS_SLACK:
            raise ZoomStackError(
                "bad_geometry",
                f"{where}: focus {name} = {value:g} puts it partly outside the level before it.",
                f"At zoom factor {factor:g} it must lie between {half:.4g} and {1 - half:.4g}.",
            )


def cumulative_octaves(placements: Sequence[Placement]) -> list[float]:
    """The zoom, in octaves, at which each level is the view; level 0: 0."""
    octaves = [0.0]
    for placement in placements[1:]:
        octaves.append(octaves[-1] + math.log2(placement.zoom_factor))
    return octaves


def steps_to_children(placements: Sequence[Placement]) -> list[tuple[float, float]]:
    """From each level's centre to the next one's, in the wider level's widths, y up."""
    return [
        (child.focus[0] - 0.5, -(child.focus[1] - 0.5) / parent.aspect)
        for parent, child in itertools.pairwise(placements)
    ]


def level_offsets(placements: Sequence[Placement]) -> list[tuple[float, float]]:
    """Each level's centre relative to the deepest one's, in its own widths, y up."""
    offsets = [(0.0, 0.0)]
    steps = steps_to_children(placements)
    for (step_x, step_y), child in zip(reversed(steps), reversed(placements), strict=False):
        x, y = offsets[0]
        offsets.insert(0, (x / child.zoom_factor - step_x, y / child.zoom_factor - step_y))
    return offsets


def view_offset(placements: Sequence[Placement], octaves: float) -> tuple[float, float]:
    """The view's centre at a zoom, relative to the deepest level's.

    Between levels i and i+1 the centre moves linearly in the view's size s = 2**-octaves,
    C_i + (C_{i+1} - C_i)(s_i - s)/(s_i - s_{i+1}): a straight dive that never leaves level i.
    Before the first level and after the last it stays at that level's centre.

    Returns:
        (x, y) in the width of a view that shows level 0 whole at zoom 0; y up. This stays of
        order one at any depth, where positions in level 0 run out of digits.
    """
    levels = cumulative_octaves(placements)
    offsets = level_offsets(placements)
    if octaves >= levels[-1]:
        return (0.0, 0.0)
    if octaves <= 0.0:
        return (offsets[0][0] * 2.0**octaves, offsets[0][1] * 2.0**octaves)
    here = max(i for i in range(len(levels) - 1) if levels[i] <= octaves)
    scale = 2.0 ** (octaves - levels[here])
    ratio, deepest = 1.0 / scale, 2.0 ** (levels[here] - levels[here + 1])
    travelled = (1.0 - ratio) / (1.0 - deepest)
    step = steps_to_children(placements)[here]
    return (
        (offsets[here][0] + step[0] * travelled) * scale,
        (offsets[here][1] + step[1] * travelled) * scale,
    )


def opacity(octaves: float, parent: float, own: float, fade: float) -> float:
    """How visible a level is at a zoom, before its feathered border.

    It fades in linearly over the first ``fade`` of the octaves from its parent filling the
    frame (``parent``) to itself filling it (``own``): a minified picture shimmers.

    Args:
        fade: 0 (there at once) to 1.
    """
    if fade <= 0.0:
        return 1.0
    return min(max((octaves - parent) / (fade * (own - parent)), 0.0), 1.0)
