"""The way of a camera through the levels: directions, holds and eases, as frames and keys. No bpy.

A way has one leg, inwards or outwards, or two, there and back. Along a leg the speed in octaves
is constant, but for an ease at either end: there it rises from 0, or falls to 0, as a parabola
that bends over halfway. What is travelled is then a cubic of the time, in two pieces, which is
what a Bézier curve with handles at thirds draws exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from .timing import remap

#: Where the legs of each direction lead: 1 inwards, -1 outwards.
LEGS = {"IN": (1,), "OUT": (-1,), "IN_OUT": (1, -1), "LOOP": (1, -1), "LOOP_OUT": (-1, 1)}
#: Directions that go on for ever.
ENDLESS = ("LOOP", "LOOP_OUT")
#: Seconds an octave, at the least and at the most.
FASTEST, SLOWEST = 0.01, 600.0
# Levels nearer to one another than this have keys between whole frames.
_APART = 2.0
# Keys nearer than this to one another would become one: Blender merges those within 0.01 frames.
_SAME_FRAME = 0.02


@dataclass(frozen=True)
class Way:
    """What makes a way.

    Attributes:
        stops: the zoom at each level in octaves, ascending; in a loop also at the turn's end.
        start: the frame in which it begins.
        fps: frames in a second.
        per_octave: seconds, without the eases.
        hold: seconds of rest where it begins, and where it comes back to.
        hold_end: seconds of rest at the other end.
        ease_in: seconds in which each leg gathers speed.
        ease_out: seconds in which each leg comes to rest.
        direction: a key of ``LEGS``.
        whole_frames: keys lie on whole frames where they are two frames apart.
        turns: the levels are a loop's, which goes on for ever at constant speed: it has no holds
            and no eases, and of the direction only the first leg.
    """

    stops: tuple[float, ...]
    start: float
    fps: float
    per_octave: float
    hold: float = 0.0
    hold_end: float = 0.0
    ease_in: float = 0.0
    ease_out: float = 0.0
    direction: str = "IN"
    whole_frames: bool = False
    turns: bool = False

    @property
    def legs(self) -> tuple[int, ...]:
        """See ``LEGS``."""
        legs = LEGS.get(self.direction, LEGS["IN"])
        return legs[:1] if self.turns else legs

    @property
    def octaves(self) -> float:
        """From the widest to the deepest level."""
        return self.stops[-1] - self.stops[0]

    @property
    def repeats(self) -> bool:
        """Whether it goes on for ever."""
        return self.octaves > 0.0 and (self.turns or self.direction in ENDLESS)

    @property
    def holds(self) -> float:
        """Seconds of rest in all."""
        if self.turns:
            return 0.0
        last = self.hold if len(self.legs) > 1 and not self.repeats else 0.0
        return self.hold + self.hold_end + last

    @property
    def seconds(self) -> float:
        """From the beginning to the end, or until it begins again."""
        return self.holds + len(self.legs) * _Leg(self).seconds


@dataclass(frozen=True)
class Key:
    """A key of the camera's zoom.

    Attributes:
        slope: octaves a frame, where a curved piece begins or ends.
        eased: the piece up to the next key is curved; otherwise it is straight.
    """

    frame: float
    value: float
    slope: float
    eased: bool


@dataclass(frozen=True)
class Schedule:
    """Frames of one way.

    Attributes:
        start: the frame in which the first hold begins.
        keys: the frame in which each stop is first reached, by its number; it may lie between
            two whole frames.
        end: the frame in which the last hold ends; of what repeats the last one before the first
            frame comes again.
        curve: the keys in time.
        repeats: the curve's keys come again and again.
    """

    start: float
    keys: tuple[float, ...]
    end: float
    curve: tuple[Key, ...]
    repeats: bool


class _Leg:
    """What is travelled along one leg, in octaves from its beginning, by seconds."""

    def __init__(self, way: Way) -> None:
        self.octaves = way.octaves
        self.speed = 1.0 / min(max(way.per_octave, FASTEST), SLOWEST)
        eases = (0.0, 0.0) if way.turns else (max(way.ease_in, 0.0), max(way.ease_out, 0.0))
        # Eases cover half of what they would at full speed; they are cut where the leg is shorter.
        room = 2.0 * self.octaves / self.speed
        fits = min(1.0, room / sum(eases)) if sum(eases) > 0.0 else 1.0
        self.ease_in, self.ease_out = eases[0] * fits, eases[1] * fits
        self.seconds = self.octaves / self.speed + (self.ease_in + self.ease_out) / 2.0

    def travelled(self, time: float) -> float:
        if time < self.ease_in:
            return self.speed * self.ease_in * _risen(time / self.ease_in)
        left = self.seconds - time
        if left < self.ease_out:
            return self.octaves - self.speed * self.ease_out * _risen(left / self.ease_out)
        return self.speed * (time - self.ease_in / 2.0)

    def speed_at(self, time: float) -> float:
        left = max(self.seconds - time, 0.0)
        if time < self.ease_in:
            return self.speed * _rising(time / self.ease_in)
        return self.speed * (_rising(left / self.ease_out) if left < self.ease_out else 1.0)

    def time_at(self, travelled: float) -> float:
        if travelled <= 0.0:
            return 0.0
        if travelled >= self.octaves:
            return self.seconds
        if (time := travelled / self.speed + self.ease_in / 2.0) >= self.ease_in and (
            self.seconds - time >= self.ease_out
        ):
            return time
        low, high = 0.0, self.seconds
        for _ in range(60):
            middle = (low + high) / 2.0
            low, high = (middle, high) if self.travelled(middle) < travelled else (low, middle)
        return (low + high) / 2.0

    def is_eased(self, time: float) -> bool:
        return time < self.ease_in or self.seconds - time < self.ease_out

    def bends(self) -> list[float]:
        """Where a curved piece begins or ends, in seconds."""
        found = [0.0, self.seconds]
        if self.ease_in > 0.0:
            found += [self.ease_in / 2.0, self.ease_in]
        if self.ease_out > 0.0:
            found += [self.seconds - self.ease_out / 2.0, self.seconds - self.ease_out]
        return sorted(found)


def _rising(share: float) -> float:
    """The speed after a share of an ease, from 0 to 1."""
    return 2.0 * share**2 if share < 0.5 else 1.0 - 2.0 * (1.0 - share) ** 2


def _risen(share: float) -> float:
    """Its integral."""
    if share < 0.5:
        return 2.0 * share**3 / 3.0
    return share - 0.5 + 2.0 * (1.0 - share) ** 3 / 3.0


@lru_cache(maxsize=64)  # panels ask in every redraw
def plan(way: Way) -> Schedule:
    """The frames and the keys of a way.

    What repeats takes whole frames, at least two, so that frames repeat as well as the zoom does.
    """
    legs = leg_frames(way, way.stops)
    curve = _curve(way)
    first: dict[int, float] = {}
    for frames in legs:
        for number, frame in enumerate(frames):
            first.setdefault(number, frame)
    keys = tuple(first[number] for number in range(len(way.stops)))
    end = curve[-1].frame - 1.0 if way.repeats else way.start + way.seconds * way.fps
    return Schedule(way.start, keys, end, tuple(curve), way.repeats)


def leg_frames(way: Way, values: Sequence[float]) -> list[list[float]]:
    """For each leg the frames in which it passes some values of the zoom, in octaves."""
    exact = [[start + _time(way, sign, value) for value in values] for start, sign in _legs(way)]
    if not way.whole_frames:
        return exact
    was = _exact_curve(way)
    old, new = [key.frame for key in was], [key.frame for key in _rounded(was)]
    return [[remap(frame, old, new) for frame in frames] for frames in exact]


def per_octave_of(way: Way, seconds: float) -> float:
    """The seconds an octave with which a way takes so long in all, as nearly as can be."""
    if way.octaves <= 0.0:
        return way.per_octave
    leg = max(seconds - way.holds, 0.0) / len(way.legs)
    eases = 0.0 if way.turns else max(way.ease_in, 0.0) + max(way.ease_out, 0.0)
    # Where the leg is no longer than its eases these are cut, and it takes twice as long as at
    # full speed.
    cruise = leg - eases / 2.0 if leg > eases else leg / 2.0
    return min(max(cruise / way.octaves, FASTEST), SLOWEST)


def _rate(way: Way) -> float:
    """Frames in a second; of what repeats so that all of it takes whole frames."""
    if not way.repeats or way.seconds <= 0.0:
        return way.fps
    return max(2, round(way.seconds * way.fps)) / way.seconds


def _time(way: Way, sign: int, value: float) -> float:
    travelled = value - way.stops[0] if sign > 0 else way.stops[-1] - value
    return _Leg(way).time_at(travelled) * _rate(way)


def _legs(way: Way) -> list[tuple[float, int]]:
    """The frame in which each leg begins, and where it leads."""
    rate, leg = _rate(way), _Leg(way).seconds
    hold, hold_end = (0.0, 0.0) if way.turns else (way.hold, way.hold_end)
    starts = (way.start + hold * rate, way.start + (hold + leg + hold_end) * rate)
    return list(zip(starts, way.legs, strict=False))


def _curve(way: Way) -> list[Key]:
    curve = _exact_curve(way)
    return _rounded(curve) if way.whole_frames else curve


def _exact_curve(way: Way) -> list[Key]:
    curve: list[Key] = []
    if way.octaves <= 0.0:
        return [Key(_legs(way)[0][0], way.stops[0], 0.0, eased=False)]
    if way.repeats and not way.turns and way.hold > 0.0:
        end = way.stops[0] if way.legs[0] > 0 else way.stops[-1]
        curve.append(Key(way.start, end, 0.0, eased=False))
    for start, sign in _legs(way):
        keys = _leg_keys(way, start, sign)
        if curve and abs(curve[-1].frame - keys[0].frame) < _SAME_FRAME:
            curve.pop()
        curve += keys
    return curve


def _leg_keys(way: Way, start: float, sign: int) -> list[Key]:
    """A key at each stop, and where a curved piece begins or ends; at both ends first of all."""
    leg, rate = _Leg(way), _rate(way)
    places = [(_time(way, sign, stop) / rate, stop) for stop in way.stops]
    for bend in leg.bends():
        travelled = leg.travelled(bend)
        value = way.stops[0] + travelled if sign > 0 else way.stops[-1] - travelled
        places.append((bend, value))
    times = dict((places[0], places[len(way.stops) - 1]))
    for place, value in places:
        if all(abs(place - time) * rate >= _SAME_FRAME for time in times):
            times[place] = value
    order = sorted(times)
    keys = []
    for time, following in zip(order, [*order[1:], leg.seconds], strict=True):
        eased = time < order[-1] and leg.is_eased((time + following) / 2.0)
        slope = sign * leg.speed_at(time) / rate
        keys.append(Key(start + time * rate, times[time], slope, eased))
    return keys


def _rounded(curve: Sequence[Key]) -> list[Key]:
    frames = [-math.inf, *(key.frame for key in curve), math.inf]
    near = zip(frames, frames[1:], frames[2:], strict=False)
    apart = [min(at - before, after - at) >= _APART for before, at, after in near]
    return [
        replace(key, frame=float(round(key.frame))) if free else key
        for key, free in zip(curve, apart, strict=True)
    ]
