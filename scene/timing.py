"""When the zoom is where: usual durations, the re-mapping of keys, passages. No bpy."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

SECONDS_PER_OCTAVE = 0.83
HOLD_SECONDS = 1.3
# F-curves are single precision.
SAME_VALUE = 1e-4


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


def passages(samples: Sequence[tuple[float, float]], values: Sequence[float]) -> list[list[float]]:
    """The times at which a sampled curve (time, value) reaches or passes each of ``values``.

    A rest at a value counts once, when it begins.

    Args:
        values: ascending.
    """
    found: list[list[float]] = [[] for _ in values]
    resting = None
    for index, (time, value) in enumerate(samples):
        if index:
            before, was = samples[index - 1]
            low = bisect.bisect_right(values, min(was, value) + SAME_VALUE)
            high = bisect.bisect_left(values, max(was, value) - SAME_VALUE)
            for number in range(low, high):
                share = (values[number] - was) / (value - was)
                found[number].append(before + share * (time - before))
        number = bisect.bisect_left(values, value - SAME_VALUE)
        at = number < len(values) and abs(values[number] - value) <= SAME_VALUE
        if at and resting != number:
            found[number].append(time)
        resting = number if at else None
    return found
