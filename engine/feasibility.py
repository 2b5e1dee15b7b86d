"""Whether a job can be done at all: found out before a model is loaded. Imports torch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from .colour import to_linear
from .contract.errors import ZoomStackError
from .contract.geometry import Placement
from .contract.job import Job
from .footprint import footprint
from .given_pictures import GivenPicture
from .stack import footprints

# Root mean square, of 255, of two kept neighbours' views of the same place. Neighbours of one
# stack differ by rounding, or by some 15 where a pinned picture is all points of light.
_MOST_DIFFERENCE = 20.0


def check(
    job: Job,
    given: Sequence[GivenPicture],
    sample_size: tuple[int, int],
    size: tuple[int, int] | None,
) -> None:
    """Refuse a job whose levels cannot lie in one another as it says.

    Args:
        sample_size: (width, height) at which a model samples.
        size: of the pictures; None where it is not decided yet, and larger.

    Raises:
        ZoomStackError: codes ``bad_geometry``, ``bad_picture``, naming the levels.
    """
    placements = [Placement(level.zoom_factor, level.focus) for level in job.levels]
    for each in (sample_size, size):
        if each is not None:
            footprints(placements, each, job.loop)
    check_kept_sizes(given, size)
    check_loop(job, given, size or sample_size)
    check_kept_neighbours(job, given)


def check_folder(given: Sequence[GivenPicture], folder: Path) -> None:
    """Kept pictures must not lie where the new ones are written.

    An interruption between two of them would leave a mixture that nothing can go on from.

    Raises:
        ZoomStackError: code ``exists``.
    """
    for picture in given:
        if picture.file is not None and picture.file.resolve().parent == folder.resolve():
            raise ZoomStackError(
                "exists",
                f"Level {picture.level + 1} keeps {picture.file}, which lies in the folder that "
                "the new zoom is written to.",
                "Choose another folder.",
            )


def check_kept_sizes(given: Sequence[GivenPicture], size: tuple[int, int] | None) -> None:
    """Kept pictures must have the size of the new ones, or one size where that is not decided.

    Raises:
        ZoomStackError: code ``bad_picture``.
    """
    for kept in given:
        if kept.file is None:
            continue
        size = size or kept.picture.size
        if kept.picture.size != size:
            there, wanted = ("{}x{}".format(*s) for s in (kept.picture.size, size))
            raise ZoomStackError(
                "bad_picture",
                f"Level {kept.level + 1} keeps {kept.file}, which has {there} pixels, and the "
                f"other levels have {wanted}.",
                "Use the size of the stack that it comes from.",
            )


def check_kept_neighbours(job: Job, given: Sequence[GivenPicture]) -> None:
    """A kept level that stays as it is must show the given level inside it as that one is.

    Raises:
        ZoomStackError: code ``bad_geometry``, naming both levels.
    """
    by_level = {picture.level: picture for picture in given}
    count = len(job.levels)
    for wider in given:
        number = (wider.level + 1) % count
        deeper = by_level.get(number)
        last = wider.level == count - 1
        if not wider.stays or deeper is None or (last and not job.loop):
            continue
        size = wider.picture.size
        level = job.levels[number]
        place = footprint(Placement(level.zoom_factor, level.focus), size)
        views = []
        for picture, seen in ((wider, place.crop), (deeper, place.reduce)):
            pixels, mask = picture.fitted(size)
            light = torch.from_numpy(np.concatenate([to_linear(pixels), mask[..., None]], -1))
            views.append(seen(light.permute(2, 0, 1)).numpy())
        colours = [np.clip(view[:3], 0.0, 1.0) ** (1 / 2.2) for view in views]
        both = views[1][3] > 0.99
        if not both.any():
            continue
        difference = 255.0 * math.sqrt(float(np.mean((colours[0] - colours[1])[:, both] ** 2)))
        if difference > _MOST_DIFFERENCE:
            relation = "kept" if deeper.file else "pinned to a picture"
            raise ZoomStackError(
                "bad_geometry",
                f"Level {wider.level + 1} is kept and level {number + 1} is {relation}, but what "
                f"level {wider.level + 1} shows there is something else.",
                f"Correct the zoom factor and focus of level {number + 1}, or let one of the two "
                "be made again.",
            )


def check_loop(job: Job, given: Sequence[GivenPicture], size: tuple[int, int]) -> None:
    """In a loop every level lies in every other one; pins must leave the place free.

    A deeper pin prevails over a wider one that holds it. In a loop the wider one lies in the
    deeper one again, and a level in itself once round: there both would have to prevail.

    Raises:
        ZoomStackError: code ``bad_geometry``, naming the levels and the place to be left free.
    """
    if not job.loop:
        return
    pins = [picture for picture in given if picture.file is None]
    for inner, outer in _pairs(pins):
        x, y, share = _inside(job, outer.level, inner.level)
        width, height = size
        pixels = share * min(size)
        left, top = (x - share / 2) * width, (y - share / 2) * height
        right, bottom = left + share * width, top + share * height
        _, mask = outer.fitted(size)
        there = mask[round(top) : round(bottom), round(left) : round(right)]
        if pixels < 1.0 or not there.any():
            continue
        shown = (
            "that level within itself" if inner is outer else f"level {inner.level + 1}, pinned too"
        )
        raise ZoomStackError(
            "bad_geometry",
            f"Level {outer.level + 1} is pinned to a picture where the loop shows {shown}, "
            f"{pixels:.0f} pixels large around ({x:.2f}, {y:.2f}).",
            "Leave that place free with a mask, or let the loop zoom further.",
        )


def _pairs(pins: Sequence[GivenPicture]) -> Iterator[tuple[GivenPicture, GivenPicture]]:
    """(inner, outer): every pin within itself, and every one within the deeper ones."""
    for i, inner in enumerate(pins):
        for outer in pins[i:]:
            yield inner, outer


def _inside(job: Job, outer: int, inner: int) -> tuple[float, float, float]:
    """Where level ``inner`` lies in level ``outer`` of a loop, further in or once round.

    Returns:
        Centre (x, y), y down, and size, all in the outer level's own width.
    """
    x, y, share = 0.5, 0.5, 1.0
    count = len(job.levels)
    steps = (inner - outer) % count or count
    for step in range(1, steps + 1):
        deeper = job.levels[(outer + step) % count]
        x += (deeper.focus[0] - 0.5) * share
        y += (deeper.focus[1] - 0.5) * share
        share /= deeper.zoom_factor
    return x, y, share
