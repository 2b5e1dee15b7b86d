"""Edits of the list of levels that leave kept ones where they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..engine.contract.geometry import MAX_ZOOM_FACTOR
from .kept_levels import is_kept

if TYPE_CHECKING:
    from .properties import ZOOMSTACK_PG_level, ZOOMSTACK_PG_settings


def zoom_factor_of(settings: ZOOMSTACK_PG_settings, level: ZOOMSTACK_PG_level) -> float:
    """A level's zoom factor: its own, or the common one."""
    return level.zoom_factor if level.use_own_zoom_factor else settings.zoom_factor


def share_the_step(settings: ZOOMSTACK_PG_settings, position: int) -> None:
    """A new level goes between its neighbours, and they stay where they are.

    Both steps then have the root of the factor, and the focus for which going twice to it leads
    to where the deeper neighbour lies: h + (h - 1/2)/a = g.
    """
    new, deeper = settings.levels[position], _deeper(settings, position)
    factor = math.sqrt(zoom_factor_of(settings, deeper))
    focus = [0.5 + (value - 0.5) / (1 + 1 / factor) for value in deeper.focus]
    for level in (new, deeper):
        put(level, factor, focus)


def join_the_steps(settings: ZOOMSTACK_PG_settings, position: int) -> bool:
    """A level leaves its place, and the next one lies where it was: f + (g - 1/2)/a.

    Returns:
        False, and nothing is done, where the next level is too far away for one step.
    """
    old, deeper = settings.levels[position], _deeper(settings, position)
    factor = zoom_factor_of(settings, old)
    whole = factor * zoom_factor_of(settings, deeper)
    if whole > MAX_ZOOM_FACTOR:
        return False
    focus = [f + (g - 0.5) / factor for f, g in zip(old.focus, deeper.focus, strict=True)]
    put(deeper, whole, focus)
    return True


def put(level: ZOOMSTACK_PG_level, factor: float, focus: Sequence[float]) -> None:
    """Give a level a place of its own in the level before it."""
    level.use_own_zoom_factor, level.zoom_factor = True, factor
    level.focus = focus


def _deeper(settings: ZOOMSTACK_PG_settings, position: int) -> ZOOMSTACK_PG_level:
    return settings.levels[(position + 1) % len(settings.levels)]


def is_between_kept(settings: ZOOMSTACK_PG_settings, position: int) -> bool:
    """Whether kept levels lie on both sides, which then must stay where they are."""
    kept = [is_kept(level) for level in settings.levels]
    wider, deeper = kept[:position], kept[position + 1 :]
    if settings.loop:
        return any(wider + deeper)
    return any(wider) and any(deeper)


def swap(settings: ZOOMSTACK_PG_settings, upper: int) -> bool:
    """Exchange two neighbours so that kept levels stay where they are; False where it cannot be."""
    levels = settings.levels
    kept = [is_kept(level) for level in levels[upper : upper + 2]]
    if all(kept):
        return False
    moved = upper + kept[0]  # the one that is not kept
    target = upper if kept[0] else upper + 1
    if any(kept) and is_between_kept(settings, moved) and not join_the_steps(settings, moved):
        return False
    if not any(kept) and is_between_kept(settings, upper):
        first, second = levels[upper], levels[upper + 1]
        places = [
            (zoom_factor_of(settings, level), tuple(level.focus)) for level in (first, second)
        ]
        put(first, *places[1])
        put(second, *places[0])
    levels.move(moved, target)
    if any(kept) and is_between_kept(settings, target):
        share_the_step(settings, target)
    return True
