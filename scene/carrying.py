"""From the frames of one way to those of another: the map, and F-curves carried by it. No bpy."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .way import Way, leg_frames, plan

# Points in each ease: what lies between levels moves with the zoom to a tenth of a frame.
_IN_EASE = 8
_FAR = 1e6  # seconds: beyond every key
_SAME_FRAME = 1e-3
_SWAPPED = {"EASE_IN": "EASE_OUT", "EASE_OUT": "EASE_IN"}


@dataclass(frozen=True)
class Piece:
    """Frames and what becomes of them, linear between: both rise, or the new ones fall."""

    old: tuple[float, ...]
    new: tuple[float, ...]

    @property
    def is_mirrored(self) -> bool:
        """Whether time runs the other way."""
        return self.new[-1] < self.new[0]

    def __call__(self, frame: float) -> float:
        """Outside of its ends a frame goes along with the nearest of them, unscaled."""
        sign = -1.0 if self.is_mirrored else 1.0
        if frame < self.old[0]:
            return self.new[0] + sign * (frame - self.old[0])
        for (start, end), (low, high) in zip(pairwise(self.old), pairwise(self.new), strict=True):
            # Where a rest was 0 long, what is there belongs to the level.
            if frame <= end and end > start:
                return low + (frame - start) / (end - start) * (high - low)
        return self.new[-1] + sign * (frame - self.old[-1])


@dataclass(frozen=True)
class TimeMap:
    """Where each frame goes.

    Attributes:
        pieces: in the order of their old frames.
        turns: of what repeats: (frame of the beginning, frames of a turn), before and now. There is
            one piece then.
    """

    pieces: tuple[Piece, ...]
    turns: tuple[tuple[float, float], tuple[float, float]] | None = None

    def at(self, frame: float) -> tuple[Piece, float, float]:
        """What moves a key in a frame, and what to take from its frames before and add after."""
        before = after = 0.0
        if self.turns is not None:
            (start, length), (_, new_length) = self.turns
            turn = math.floor((frame - start) / length + 1e-6)
            before, after = turn * length, turn * new_length
            if self.pieces[0].is_mirrored:
                after = -after
        inside = frame - before
        for piece, following in pairwise(self.pieces):
            if inside <= (piece.old[-1] + following.old[0]) / 2.0:
                return piece, before, after
        return self.pieces[-1], before, after

    def __call__(self, frame: float) -> float:
        piece, before, after = self.at(frame)
        return piece(frame - before) + after

    def shift(self, frames: Sequence[float]) -> float:
        """What to add, so that what is run through backwards stays in the turns in which it is."""
        if self.turns is None or not frames or not self.pieces[0].is_mirrored:
            return 0.0
        (start, length), (_, new_length) = self.turns
        first = math.floor((min(frames) - start) / length + 1e-6)
        last = math.ceil((max(frames) - start) / length - 1e-6) - 1
        return (first + max(first, last)) * new_length

    def is_still(self) -> bool:
        """Whether nothing moves."""
        pairs = [pair for each in self.pieces for pair in zip(each.old, each.new, strict=True)]
        still = all(abs(old - new) < 1e-6 for old, new in pairs)
        return still and (self.turns is None or self.turns[0] == self.turns[1])


def between(old: Way, new: Way) -> TimeMap:
    """What was at some zoom before is at that zoom again.

    There and back, each of the legs has its own; where one of them is new or gone, what goes by
    the other one stays with that. A way in the opposite direction is run through backwards.
    """
    values = _values(old, new)
    was, now = leg_frames(old, values), leg_frames(new, values)
    turns = None
    if plan(old).repeats and plan(new).repeats:
        turns = (_turn(old), _turn(new))
    if old.legs == new.legs:
        middle = [(sorted(before), sorted(after)) for before, after in zip(was, now, strict=True)]
        rows = (
            [frame for each, _ in middle for frame in each],
            [frame for _, each in middle for frame in each],
        )
        return TimeMap((_piece(old, new, *rows),), turns)
    if len(old.legs) == len(new.legs) == 1:
        return TimeMap((_mirrored(old, new, was[0], now[0]),), turns)
    if turns is not None:
        return TimeMap((_half_a_turn_on(old, new, was, now),), turns)
    if len(old.legs) == len(new.legs):
        swapped = zip(was, now[::-1], strict=True)
        pieces = (Piece(tuple(sorted(a)), tuple(sorted(b))) for a, b in swapped)
        return TimeMap(tuple(pieces), turns)
    shared = old.legs[0] if len(old.legs) == 1 else new.legs[0]
    before, after = sorted(was[old.legs.index(shared)]), sorted(now[new.legs.index(shared)])
    return TimeMap((Piece(tuple(before), tuple(after)),), turns)


def rescaled(old: Way, fps: float) -> TimeMap:
    """Every frame keeps its seconds at another frame rate, from the way's beginning on."""
    far, new = _FAR * old.fps, _FAR * fps
    return TimeMap((Piece((old.start - far, old.start + far), (old.start - new, old.start + new)),))


def _values(old: Way, new: Way) -> list[float]:
    """The stops, and points within the eases."""
    found = set(old.stops)
    for way in (old, new):
        if way.turns or not (way.ease_in or way.ease_out):
            continue
        half = way.octaves / 2.0
        for ease in (way.ease_in, way.ease_out):
            reach = min(ease / (2.0 * max(way.per_octave, 1e-6)), half)
            for number in range(1, _IN_EASE + 1):
                part = reach * (number / _IN_EASE) ** 2
                found |= {way.stops[0] + part, way.stops[-1] - part}
    return sorted(found)


def _turn(way: Way) -> tuple[float, float]:
    schedule = plan(way)
    return schedule.start, schedule.end + 1.0 - schedule.start


def _piece(old: Way, new: Way, was: Sequence[float], now: Sequence[float]) -> Piece:
    return _with_rests(list(zip(was, now, strict=True)), _ends(old), _ends(new))


def _mirrored(old: Way, new: Way, was: Sequence[float], now: Sequence[float]) -> Piece:
    start, end = _ends(new)
    return _with_rests(sorted(zip(was, now, strict=True)), _ends(old), (end, start))


def _with_rests(
    pairs: list[tuple[float, float]], old: tuple[float, float], new: tuple[float, float]
) -> Piece:
    """Where there was no rest, what lies at that end goes by the level and not by the end."""
    if pairs[0][0] - old[0] > _SAME_FRAME:
        pairs.insert(0, (old[0], new[0]))
    if old[1] - pairs[-1][0] > _SAME_FRAME:
        pairs.append((old[1], new[1]))
    return Piece(tuple(before for before, _ in pairs), tuple(after for _, after in pairs))


def _ends(way: Way) -> tuple[float, float]:
    """The frames of the beginning and of the end; of what repeats where it begins again."""
    schedule = plan(way)
    return schedule.start, schedule.end + schedule.repeats


def _half_a_turn_on(
    old: Way, new: Way, was: Sequence[Sequence[float]], now: Sequence[Sequence[float]]
) -> Piece:
    """There and back for ever, begun at the other end: later by a leg, or earlier again."""
    (start, length), (_, new_length) = _turn(old), _turn(new)
    back = 0.0 if old.legs[0] > 0 else new_length
    rests = max(now[0]) - back
    legs = [frame - back for frame in sorted(now[1])]
    legs += [frame - back + new_length for frame in sorted(now[0])]
    return Piece(
        (start, *sorted(was[0]), *sorted(was[1]), start + length),
        (rests, *legs, rests + new_length),
    )


def move_curve(curve: Any, moved: TimeMap) -> None:
    """Carry an F-curve's keys and handles, and the frames between which its modifiers act."""
    mirrored = moved.pieces[0].is_mirrored
    points = curve.keyframe_points
    shift = moved.shift([point.co[0] for point in points])
    kinds = [(point.interpolation, point.easing) for point in points]
    for point in points:
        piece, before, after = moved.at(point.co[0])

        def at(place: Sequence[float], piece: Piece = piece, turn: Any = (before, after)) -> Any:
            if moved.turns is not None:
                return moved(place[0]) + shift, place[1]
            return piece(place[0] - turn[0]) + turn[1], place[1]

        left, centre, right = map(at, (point.handle_left[:], point.co[:], point.handle_right[:]))
        if mirrored:
            left, right = right, left
            types = point.handle_right_type, point.handle_left_type
            point.handle_left_type, point.handle_right_type = types
        point.co, point.handle_left, point.handle_right = centre, left, right
    if mirrored:
        # The piece that began at a key ends there.
        for point, (kind, easing) in zip(points[1:], kinds, strict=False):
            point.interpolation, point.easing = kind, _SWAPPED.get(easing, easing)
    for modifier in curve.modifiers:
        if modifier.use_restricted_range:
            ends = sorted(moved(end) + shift for end in (modifier.frame_start, modifier.frame_end))
            modifier.frame_start = min(ends[0], modifier.frame_end)
            modifier.frame_end, modifier.frame_start = ends[1], ends[0]
    curve.update()


def carry_values(curve: Any, values: Iterable[tuple[float, float]]) -> None:
    """Carry an F-curve's values and handles to where the stops of the zoom are.

    Args:
        values: the zoom at each stop that stays, before and now; both rise.
    """
    by = Piece(*(tuple(row) for row in zip(*values, strict=True)))
    for point in curve.keyframe_points:
        left, right = point.handle_left[:], point.handle_right[:]
        point.co = (point.co[0], by(point.co[1]))
        point.handle_left = (left[0], by(left[1]))
        point.handle_right = (right[0], by(right[1]))
    curve.update()
