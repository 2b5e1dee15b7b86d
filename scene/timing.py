"""When the zoom is where: durations in seconds and the re-mapping of keys. No bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SECONDS_PER_OCTAVE = 0.83
HOLD_SECONDS = 1.3
# F-curves are single precision.
SAME_VALUE = 1e-4


@dataclass(frozen=True)
class Schedule:
    """Frames of one zoom.

    Attributes:
        start: the frame in which the hold on the widest level begins.
        keys: the frame of each level's key, which may lie between two whole frames; in a loop
            also that of the turn's end.
        end: the frame in which the hold on the deepest level ends; in a loop the last one before
            the first frame comes again.
    """

    start: float
    keys: tuple[float, ...]
    end: float


def schedule(
    octaves: Sequence[float], start: float, fps: float, per_octave: float, hold: float
) -> Schedule:
    """Constant speed in octaves between two holds.

    Args:
        octaves: each level's zoom, ascending from 0.
        fps: frames in a second.
        per_octave: seconds.
        hold: seconds at each end.
    """
    first = start + hold * fps
    keys = tuple(first + value * per_octave * fps for value in octaves)
    return Schedule(start, keys, keys[-1] + hold * fps)


def loop_schedule(stops: Sequence[float], start: float, fps: float, per_octave: float) -> Schedule:
    """Constant speed without holds, for ever: one turn of a loop.

    A turn takes whole frames, at least two, so that frames repeat as well as the zoom does.

    Args:
        stops: each level's zoom, ascending from 0, and the turn's end.
        fps: frames in a second.
        per_octave: seconds.
    """
    frames = max(2, round(stops[-1] * per_octave * fps))
    keys = tuple(start + frames * (value / stops[-1]) for value in stops)
    return Schedule(start, keys, keys[-1] - 1.0)


def remap(value: float, old: Sequence[float], new: Sequence[float]) -> float:
    """Carry ``value`` from the anchors ``old`` to the anchors ``new``, piecewise linearly.

    Outside the anchors it moves along with the nearest one, unscaled. Both sequences ascend and
    have one length; a piece of no length in ``old`` goes to its first anchor.
    """
    if value <= old[0]:
        return value - old[0] + new[0]
    for i in range(len(old) - 1):
        if value <= old[i + 1]:
            length = old[i + 1] - old[i]
            share = (value - old[i]) / length if length > 0.0 else 0.0
            return new[i] + share * (new[i + 1] - new[i])
    return value - old[-1] + new[-1]


def crossing(samples: Sequence[tuple[float, float]], target: float) -> float | None:
    """The first time at which a sampled curve (time, value) reaches ``target``; None if never."""
    for (t0, v0), (t1, v1) in zip(samples, [*samples[1:], samples[-1]], strict=True):
        if abs(v0 - target) <= SAME_VALUE:
            return t0
        if (v0 - target) * (v1 - target) < 0.0:
            return t0 + (t1 - t0) * (target - v0) / (v1 - v0)
    return None
