"""A stack's levels in the order in which a zoom meets them.

Of a loop that is one turn, from level 0 to level 0 again, and before it as many levels as show
around level 0: so the frame at the end of the turn is the one at its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import geometry
from .geometry import FOCUS_SLACK, Placement, cumulative_octaves, level_offsets
from .stack import Stack

# Where a focus near its limit brings the soft borders of several levels together, each wider one
# shows less. One that is 2**6 times wider is not missed.
_OCTAVES_BEFORE = 6.0
_MOST_BEFORE = 16


@dataclass(frozen=True)
class Unrolled:
    """What a zoom meets, widest first.

    Attributes:
        levels: which level of the stack each one is. Without a loop: 0 ... N-1. A loop has the
            deepest level before level 0 (and where needed more of them), and level 0 at the end.
        placements: of each one in the one before it.
        octaves: the zoom at which each one is the view; 0 for level 0, below 0 before it.
        turn: octaves after which the zoom repeats; None without a loop.
    """

    levels: tuple[int, ...]
    placements: tuple[Placement, ...]
    octaves: tuple[float, ...]
    turn: float | None

    @property
    def first(self) -> int:
        """The position of level 0, at which the zoom begins."""
        return self.octaves.index(0.0)

    def wrapped(self, octaves: float) -> float:
        """The zoom within the first turn that shows the same; without a loop the zoom itself.

        Args:
            octaves: 0 or more.
        """
        return octaves if self.turn is None else octaves % self.turn

    def view_offset(self, octaves: float) -> tuple[float, float]:
        """``geometry.view_offset`` at a zoom that counts from level 0."""
        return geometry.view_offset(self.placements, octaves - self.octaves[0])

    def opacity(self, position: int, octaves: float, fade: float) -> float:
        """How visible one of the levels is, before its feathered border; the widest one: 1.

        In a loop a level never shows before the one before it fills the view, also with a fade of
        0: at the end of a turn there is nothing deeper to show.
        """
        if position == 0:
            return 1.0
        parent, own = self.octaves[position - 1], self.octaves[position]
        if self.turn is not None and octaves <= parent:
            return 0.0
        return geometry.opacity(octaves, parent, own, fade)


def unroll(stack: Stack, sizes: Sequence[tuple[int, int]]) -> Unrolled:
    """Lay a stack's levels out along its zoom.

    Args:
        sizes: (width, height) in pixels of each level's picture.

    Raises:
        ZoomStackError: code ``bad_geometry``, when a footprint leaves its parent.
    """
    placements = stack.placements(sizes)
    numbers = list(range(len(placements)))
    octaves = cumulative_octaves(placements)
    if not stack.loop:
        return Unrolled(tuple(numbers), tuple(placements), tuple(octaves), None)
    before = _levels_before(placements, stack.display.feather)
    chain = cumulative_octaves([placements[i] for i in [*before, 0]])
    levels = [*before, *numbers, 0]
    turn = cumulative_octaves([*placements, placements[0]])[-1]
    return Unrolled(
        tuple(levels),
        tuple(placements[i] for i in levels),
        (*(value - chain[-1] for value in chain[:-1]), *octaves, turn),
        turn,
    )


def _levels_before(placements: Sequence[Placement], feather: float) -> list[int]:
    """The levels before level 0, up to one whose soft border is outside of all that is seen.

    The widest of them is drawn without a border, at the end of the turn the same level has one:
    nobody may see the difference.
    """
    before: list[int] = []
    while len(before) < _MOST_BEFORE:
        before.insert(0, -(len(before) + 1) % len(placements))
        chain = [placements[i] for i in [*before, 0]]
        if _holds(chain, feather) or cumulative_octaves(chain)[-1] >= _OCTAVES_BEFORE:
            break
    return before


def _holds(chain: Sequence[Placement], feather: float) -> bool:
    """Whether the first level of a chain holds the last one inside its soft border."""
    width = 2.0 ** -cumulative_octaves(chain)[-1]
    half = (width / 2, width / 2 / chain[-1].aspect)
    outer = (0.5, 0.5 / chain[0].aspect)
    border = feather * 2 * min(outer)
    return all(
        abs(offset) + inside <= outside - border + FOCUS_SLACK
        for offset, inside, outside in zip(level_offsets(chain)[0], half, outer, strict=True)
    )
