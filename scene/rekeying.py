"""The camera's keys where levels came, went or moved: as they were made, or carried along."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import bpy

from .camera import zoom_curve
from .carrying import carry_values
from .finding import stops_of, turn_of
from .followers import Followers
from .keying import is_as_made, write_curve
from .retiming import present_schedule


class Followed:
    """What goes by a zoom's levels in time, as it is before they change.

    Keys that nobody has touched are made anew for the new levels, with the scene's range and
    markers where these were the zoom's. An artist's own keys stay in their frames, and show what
    they showed.
    """

    def __init__(self, root: bpy.types.Object) -> None:
        self._stops, self._turn = stops_of(root), turn_of(root)
        self._ours = is_as_made(root)
        self._followers = Followers(root)

    def follow(
        self,
        root: bpy.types.Object,
        camera: bpy.types.Object,
        levels: Sequence[tuple[float, float]],
    ) -> None:
        """Follow the new levels.

        Args:
            levels: the zoom at each level that stays, before and now.
        """
        curve = zoom_curve(camera)
        still = self._stops == stops_of(root) and self._turn == turn_of(root)
        if still:
            curve = None  # not a handle is touched
        if curve is not None and self._ours:
            write_curve(curve, present_schedule(root))
            self._followers.follow(root)
            return
        if curve is not None and levels:
            turn = turn_of(root)
            ends = [] if self._turn is None or turn is None else [(self._turn, turn)]
            carry_values(curve, _rising(sorted([*levels, *ends])))
        self._followers.follow_markers(root)


def _rising(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The most pairs whose second values rise with the first: levels that changed places apart."""
    ends: list[float] = []  # the lowest end of a rising row of each length
    rows: list[list[tuple[float, float]]] = []
    for pair in pairs:
        place = bisect.bisect_left(ends, pair[1])
        row = [*(rows[place - 1] if place else []), pair]
        if place == len(ends):
            ends.append(pair[1])
            rows.append(row)
        else:
            ends[place], rows[place] = pair[1], row
    return rows[-1]
