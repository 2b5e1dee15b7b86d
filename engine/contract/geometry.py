"""Where the levels lie in one another, and the path of a zoom through them.

Units: "world" is a plane in which level 0 is ``1`` wide and centred on the origin, x to the
right and y *up*. A zoom of ``z`` octaves shows a frame ``2**-z`` of the frame at zoom 0.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class LevelFrame:
    """A level in world units.

    Attributes:
        octaves: log2 of the magnification at which the view is exactly this level; level 0: 0.
        width: ``2**-octaves``.
        height: width over the picture's aspect.
        centre: (x, y), y up, relative to level 0's centre.
    """

    octaves: float
    width: float
    height: float
    centre: tuple[float, float]


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


def level_frames(placements: Sequence[Placement]) -> list[LevelFrame]:
    """Chain the placements into world frames, level 0 first."""
    frames = [LevelFrame(0.0, 1.0, 1.0 / placements[0].aspect, (0.0, 0.0))]
    for placement in placements[1:]:
        parent = frames[-1]
        x = parent.centre[0] + (placement.focus[0] - 0.5) * parent.width
        y = parent.centre[1] - (placement.focus[1] - 0.5) * parent.height
        width = parent.width / placement.zoom_factor
        octaves = parent.octaves + math.log2(placement.zoom_factor)
        frames.append(LevelFrame(octaves, width, width / placement.aspect, (x, y)))
    return frames


def view_centre(frames: Sequence[LevelFrame], octaves: float) -> tuple[float, float]:
    """The centre of the view at a zoom of ``octaves``, in world units.

    Between levels i and i+1 it moves linearly in the view's size s = 2**-octaves,
    C_i + (C_{i+1} - C_i)(s_i - s)/(s_i - s_{i+1}): a straight dive that never leaves level i.
    Before the first level and after the last it stays at that level's centre.
    """
    if octaves <= frames[0].octaves:
        return frames[0].centre
    for here, deeper in itertools.pairwise(frames):
        if octaves <= deeper.octaves:
            # Ratios to the wider level keep this exact however deep the stack is.
            ratio = 2.0 ** (here.octaves - octaves)
            deepest = 2.0 ** (here.octaves - deeper.octaves)
            t = (1.0 - ratio) / (1.0 - deepest)
            return (
                here.centre[0] + (deeper.centre[0] - here.centre[0]) * t,
                here.centre[1] + (deeper.centre[1] - here.centre[1]) * t,
            )
    return frames[-1].centre


def view_offset(frames: Sequence[LevelFrame], octaves: float) -> tuple[float, float]:
    """``view_centre`` relative to the deepest level's centre, in widths of the view.

    This quantity stays of order one at any depth, where the world position runs out of digits.
    """
    last = len(frames) - 1
    below = next((i for i in range(last) if octaves <= frames[i + 1].octaves), last)
    scale = 2.0**octaves
    # Sum the steps below the view, smallest first, each already in view widths.
    x = y = 0.0
    for i in range(last - 1, below, -1):
        x -= (frames[i + 1].centre[0] - frames[i].centre[0]) * scale
        y -= (frames[i + 1].centre[1] - frames[i].centre[1]) * scale
    if below < last:
        here, deeper = frames[below], frames[below + 1]
        ratio = 2.0 ** (here.octaves - max(octaves, here.octaves))
        deepest = 2.0 ** (here.octaves - deeper.octaves)
        remaining = 1.0 - (1.0 - ratio) / (1.0 - deepest)
        x -= (deeper.centre[0] - here.centre[0]) * remaining * scale
        y -= (deeper.centre[1] - here.centre[1]) * remaining * scale
    return (x, y)


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
