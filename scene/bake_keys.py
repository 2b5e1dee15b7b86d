"""Plain keys that go through recorded values."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from .bake_channels import Channel

# Blender's numbers for these words, which a whole curve takes at once.
_CONSTANT, _BEZIER = 0, 2
_FREE = 0
# Of a value: single precision tells no less apart.
_SAME = 1.2e-7


def value_between(channel: Channel, key: int, share: float) -> float:
    """What the written curve is between a key and the next one.

    Args:
        share: of the way, 0-1.
    """
    first = channel.values[2 * key]
    if channel.stepped or share == 0.0:
        return first
    middle, last = channel.values[2 * key + 1 : 2 * key + 3]
    return (
        first * (1.0 - share) * (1.0 - 2.0 * share)
        + 4.0 * middle * share * (1.0 - share)
        + last * share * (2.0 * share - 1.0)
    )


def is_still(channel: Channel) -> bool:
    """Whether a channel is the same in all frames."""
    values = channel.values[::2] if channel.stepped else channel.values
    return all(_is_same(channel, value, values[0]) for value in values)


def _is_same(channel: Channel, one: float, other: float) -> bool:
    return abs(one - other) <= max(_SAME * abs(one), channel.tolerance)


def _kept(channel: Channel) -> list[int]:
    """Numbers of the keys that are needed: not those within what stays as it is."""
    values, last = channel.values, (len(channel.values) - 1) // 2
    if channel.stepped:
        return [n for n in range(last + 1) if n == 0 or values[2 * n] != values[2 * n - 2]]
    flat = [
        _is_same(channel, values[2 * n + 1], values[2 * n])
        and _is_same(channel, values[2 * n + 2], values[2 * n])
        for n in range(last)
    ]
    return [n for n in range(last + 1) if n in (0, last) or not (flat[n - 1] and flat[n])]


def write(curve: Any, channel: Channel, frames: Sequence[float]) -> int:
    """Give an empty F-curve the keys of a channel; returns their number.

    Between keys it is the parabola through the value halfway, which what grows by the same factor
    in each frame leaves by a ten-millionth.
    """
    values, kept = channel.values, _kept(channel)
    places = array("f")
    left, right = array("f"), array("f")
    # Handles at thirds: the curve runs evenly in time.
    left.extend((frames[0] - 1.0, values[0]))
    for at, after in pairwise(kept):
        third = (frames[after] - frames[at]) / 3.0
        first, last = values[2 * at], values[2 * after]
        middle = values[2 * at + 1] if after == at + 1 else (first + last) / 2.0
        corner = 2.0 * middle - (first + last) / 2.0
        right.extend((frames[at] + third, first + 2.0 / 3.0 * (corner - first)))
        left.extend((frames[after] - third, last + 2.0 / 3.0 * (corner - last)))
    right.extend((frames[kept[-1]] + 1.0, values[2 * kept[-1]]))
    for key in kept:
        places.extend((frames[key], values[2 * key]))
    points, count = curve.keyframe_points, len(kept)
    points.add(count)
    kind = _CONSTANT if channel.stepped else _BEZIER
    points.foreach_set("interpolation", [kind] * count)
    for side in ("handle_left_type", "handle_right_type"):
        points.foreach_set(side, [_FREE] * count)
    points.foreach_set("co", places)
    points.foreach_set("handle_left", left)
    points.foreach_set("handle_right", right)
    curve.extrapolation = "CONSTANT"
    curve.update()
    return count
