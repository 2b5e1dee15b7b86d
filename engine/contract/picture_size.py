"""How large pictures become where a job leaves that to the model."""

from __future__ import annotations

LEAST_SIDE = 256  # of a picture, in pixels


def default_size(native: tuple[int, int], times: int = 1) -> tuple[int, int]:
    """As large as a second stage makes pictures, and at least ``LEAST_SIDE`` pixels.

    A level then shows what the next one adds. A small model's own size has no room for that: at 64
    pixels and a zoom factor of 2, the next level's detail would be reduced to 32 pixels again.
    """
    times = max(times, -(-LEAST_SIDE // min(native)))
    return native[0] * times, native[1] * times
