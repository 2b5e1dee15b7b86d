"""A new level at a place in the picture of a level that is there; and a level's place, moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..blender.texts import times_text
from ..engine.contract.geometry import (
    FOCUS_SLACK,
    MAX_ZOOM_FACTOR,
    MIN_ZOOM_FACTOR,
    Nested,
    Place,
    Placement,
    place_along,
)
from ..engine.contract.job import MAX_LEVELS
from .kept_levels import is_kept
from .levels import put, zoom_factor_of

if TYPE_CHECKING:
    from .properties import ZOOMSTACK_PG_settings


@dataclass(frozen=True)
class NewLevel:
    """What becomes of the levels when one is added at a place.

    Attributes:
        parent: the level, from 0, that it lies in; it comes after it.
        place: where, in the parent's picture.
        child: the level that lies in the parent until then, and in the new one afterwards; None
            where there is none, or it does not stay.
        in_new: where that one lies in the new one, so that it stays where it is.
        leaving: the levels that lie elsewhere and have to leave.
        problem: why it cannot be, for people; empty where it can.
    """

    parent: int
    place: Place
    child: int | None = None
    in_new: Placement | None = None
    leaving: range = range(0)
    problem: str = ""

    @property
    def factor(self) -> float:
        """How many times closer than its parent it is."""
        return 1.0 / self.place.size

    def closer(self) -> str:
        """Where it lies, for people, in a few words."""
        return f"{times_text(self.factor)} closer in level {self.parent + 1}"

    def conflict(self) -> str:
        """Which levels lie elsewhere, for people; empty where none does."""
        if not self.leaving:
            return ""
        lie = "lies" if len(self.leaving) == 1 else "lie"
        return f"{span(self.leaving).capitalize()} {lie} elsewhere"

    def them(self) -> str:
        """The levels that leave, for people, where they were named before."""
        return "it" if len(self.leaving) == 1 else "them"

    def deed(self) -> str:
        """What is done, for people, as a button says it."""
        if self.leaving:
            return f"Replace {span(self.leaving).capitalize()}"
        return f"Add Level {self.parent + 2}"

    def outcome(self) -> str:
        """What comes of it, for people, as a line."""
        new = self.parent + 2
        if self.child is None:
            return f"New level {new}: {self.closer()}"
        after = 1 if self.child <= self.parent else new + 1
        return f"New level {new}: {self.closer()}; level {after} stays where it is"


def span(levels: Sequence[int]) -> str:
    """Levels in ascending order, for people: "level 3", "levels 3 and 5", "levels 3 to 6"."""
    if len(levels) == 1:
        return f"level {levels[0] + 1}"
    first, last = levels[0] + 1, levels[-1] + 1
    if len(levels) > 2 and last - first == len(levels) - 1:
        return f"levels {first} to {last}"
    return f"levels {', '.join(str(number + 1) for number in levels[:-1])} and {last}"


def placed_levels(settings: ZOOMSTACK_PG_settings) -> list[Placement]:
    """How each of the settings' levels lies in the one before it."""
    return [
        Placement(zoom_factor_of(settings, level), (level.focus[0], level.focus[1]))
        for level in settings.levels
    ]


def plan_level(placed: Sequence[Nested], loop: bool, parent: int, place: Place) -> NewLevel:
    """What becomes of the levels when one is added at a place in a level's picture.

    Args:
        placed: how each level lies in the one before it.
        loop: whether the first of them lies in the last one.
        parent: from 0.
    """
    if len(placed) >= MAX_LEVELS:
        return NewLevel(parent, place, problem=f"At most {MAX_LEVELS} levels are possible")
    child = parent + 1 if parent + 1 < len(placed) else 0 if loop else None
    if child is None:
        return NewLevel(parent, place)
    there = place_along([placed[child]])
    size = there.size / place.size
    x, y = ((a - b) / place.size + 0.5 for a, b in ((there.x, place.x), (there.y, place.y)))
    within = all(abs(value - 0.5) + size / 2 <= 0.5 + FOCUS_SLACK for value in (x, y))
    if within and not MIN_ZOOM_FACTOR <= 1.0 / size <= MAX_ZOOM_FACTOR:
        problem = f"Level {child + 1} is there already: leave more room around it"
        return NewLevel(parent, place, problem=problem)
    if within:
        return NewLevel(parent, place, child, Placement(1.0 / size, (x, y)))
    if loop:
        # In a loop every level leads to every other, so none can be left out.
        problem = f"A loop goes on through level {child + 1}: draw the rectangle around it"
        return NewLevel(parent, place, problem=problem)
    return NewLevel(parent, place, leaving=range(child, len(placed)))


def add_level(settings: ZOOMSTACK_PG_settings, plan: NewLevel, prompt: str) -> None:
    """Do as planned: the new level becomes the active one, and every picture that is there is kept.

    Args:
        plan: made of these settings, without a problem.
    """
    levels = settings.levels
    for _ in plan.leaving:
        levels.remove(plan.leaving.start)
    for level in levels:
        level.keep = bool(level.made)
    position = plan.parent + 1
    levels.add()
    levels.move(len(levels) - 1, position)
    levels[position].prompt = prompt
    put(levels[position], plan.factor, (plan.place.x, plan.place.y))
    if plan.in_new is not None:
        deeper = levels[(position + 1) % len(levels)]
        put(deeper, plan.in_new.zoom_factor, plan.in_new.focus)
    settings.active_level = position


def parent_of(settings: ZOOMSTACK_PG_settings, index: int) -> int | None:
    """The level in which one lies; None for the widest."""
    if index > 0:
        return index - 1
    return len(settings.levels) - 1 if settings.loop and settings.levels else None


def levels_to_unlock(settings: ZOOMSTACK_PG_settings, index: int, follow: bool) -> list[int]:
    """The kept levels that have to be made again once a level lies elsewhere in its parent.

    Pictures hold the deeper ones. Where the kept picture around the level follows, it takes the
    level in at the new place, and what lies in the level moves along: the level alone is made anew,
    to fit both. Otherwise, of what is kept on both sides of the level, the deeper side goes; in a
    loop every level is both.

    Args:
        follow: whether wider levels follow.
    """
    kept = [number for number, level in enumerate(settings.levels) if is_kept(level)]
    around = [number for number in kept if number < index]
    if settings.loop:  # the nearest one around it, once round
        around = [number for number in kept if number >= index] + around
    if not around:
        return []
    if follow and settings.levels[around[-1]].prompt.strip():
        return [index] if index in kept else []
    return kept if settings.loop else [number for number in kept if number >= index]


def move_level(
    settings: ZOOMSTACK_PG_settings, index: int, focus: Sequence[float], follow: bool
) -> list[int]:
    """Let a level lie elsewhere in its parent; returns the levels that are unlocked for it.

    Args:
        follow: whether wider levels follow from now on.
    """
    unlocked = levels_to_unlock(settings, index, follow)
    settings.levels[index].focus = focus
    settings.wider_follow = follow
    for number in unlocked:
        settings.levels[number].keep = False
    return unlocked


def levels_made_again(settings: ZOOMSTACK_PG_settings) -> list[int]:
    """The levels with a finished picture that the next generation makes again."""
    return [n for n, level in enumerate(settings.levels) if level.made and not level.keep]


def made_again_text(levels: Sequence[int]) -> str:
    """Which levels are made again, for people, as a line."""
    if not levels:
        return "Every finished picture stays"
    return f"{span(levels).capitalize()} {'is' if len(levels) == 1 else 'are'} made again"
