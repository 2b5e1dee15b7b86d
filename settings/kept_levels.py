"""Whether kept levels still lie in one another as in the zoom that their pictures come from."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.geometry import Nested, Place, levels_between, place_along
from ..engine.contract.ordinary_files import is_ordinary
from ..engine.contract.stack import Stack, read_stack

if TYPE_CHECKING:
    from .properties import ZOOMSTACK_PG_level, ZOOMSTACK_PG_settings

# Of the deeper level's own width; and what rounding makes of a focus.
_TOLERANCE = 0.01
_ROUNDING = 1e-5


def is_kept(level: ZOOMSTACK_PG_level) -> bool:
    """Whether a level's finished picture is kept."""
    return level.keep and bool(level.made)


@contextlib.contextmanager
def keeping_all_but(settings: ZOOMSTACK_PG_settings, index: int, seed: int) -> Iterator[None]:
    """Meanwhile every finished picture is kept but one, which wider levels follow.

    Args:
        index: of the level that is to be made again.
        seed: its own meanwhile.
    """
    again = settings.levels[index]
    keep = [level.keep for level in settings.levels]
    before = again.use_own_seed, again.seed, settings.wider_follow
    for level in settings.levels:
        level.keep = level != again
    again.use_own_seed, again.seed, settings.wider_follow = True, seed, True
    try:
        yield
    finally:
        for level, kept in zip(settings.levels, keep, strict=True):
            level.keep = kept
        again.use_own_seed, again.seed, settings.wider_follow = before


def check_kept(settings: ZOOMSTACK_PG_settings, placed: Sequence[Nested]) -> None:
    """Refuse to keep pictures that are gone, or that no longer fit into one another.

    Args:
        placed: how each of the settings' levels lies in the level before it.

    Raises:
        ZoomStackError: codes ``bad_picture``, ``bad_geometry``, naming the levels.
    """
    kept = [(n, picture_of(level)) for n, level in enumerate(settings.levels) if is_kept(level)]
    for number, file in kept:
        if not is_ordinary(file):
            raise ZoomStackError(
                "bad_picture",
                f"Level {number + 1} is kept, but its picture {file.name} is no longer in the "
                f"folder {file.parent.name}.",
                "Unlock the level to make it again.",
            )
    pairs = list(itertools.pairwise(kept))
    if settings.loop and kept:
        pairs.append((kept[-1], kept[0]))
    for (wider, wider_file), (deeper, deeper_file) in pairs:
        stack = _stack_of(wider_file, deeper_file)
        if stack is None or _follows(settings, wider):
            continue
        way = levels_between(wider, deeper, len(placed))
        if deeper <= wider and not stack.loop:  # a zoom that ended there becomes a loop
            if len(way) == 1:
                raise ZoomStackError(
                    "bad_geometry",
                    f"A loop wants level {deeper + 1} within level {wider + 1}, and both are kept.",
                    "Unlock one of them, or add a level at the end.",
                )
            continue
        there = _place_in_stack(stack, wider_file, deeper_file)
        if not _agree(place_along(placed[n] for n in way), there):
            raise ZoomStackError(
                "bad_geometry",
                f"Levels {wider + 1} and {deeper + 1} are kept, but no longer lie in one another "
                "as in their pictures.",
                "Undo what changed the zoom factor, the focus or the order, or unlock one of them.",
            )


def picture_of(level: ZOOMSTACK_PG_level) -> Path:
    """The file of a level's finished picture, where it has one."""
    return Path(os.path.normpath(bpy.path.abspath(level.made)))


def _follows(settings: ZOOMSTACK_PG_settings, index: int) -> bool:
    """Whether what a kept level shows inside it may change, as the engine sees it."""
    levels = list(settings.levels)
    deeper = levels if settings.loop else levels[index + 1 :]
    anything_new = not all(map(is_kept, deeper))
    return settings.wider_follow and bool(levels[index].prompt.strip()) and anything_new


def _stack_of(wider: Path, deeper: Path) -> Stack | None:
    """The stack that both pictures belong to; None where there is none, or a damaged one."""
    if wider.parent != deeper.parent:
        return None
    with contextlib.suppress(ZoomStackError):
        stack = read_stack(wider.parent)
        pictures = [stack.picture(number) for number in range(len(stack.levels))]
        return stack if wider in pictures and deeper in pictures else None
    return None


def _place_in_stack(stack: Stack, wider: Path, deeper: Path) -> Place:
    numbers = [stack.picture(number) for number in range(len(stack.levels))]
    first, last = numbers.index(wider), numbers.index(deeper)
    if first >= last and not stack.loop:  # their order has changed
        return place_along([])
    return place_along(stack.levels[n] for n in levels_between(first, last, len(stack.levels)))


def _agree(here: Place, there: Place) -> bool:
    slack = _TOLERANCE * there.size + _ROUNDING
    return all(abs(a - b) <= slack for a, b in zip(here, there, strict=True))
