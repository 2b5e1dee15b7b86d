"""Whether a job can be done at all: found out before a model is loaded. Imports torch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from ..contract.errors import ZoomStackError
from ..contract.file_names import short_path
from ..contract.geometry import Place, Placement, levels_between, place_along
from ..contract.job import Job, LevelSpec
from ..contract.picture_size import default_size
from ..method.footprint import check_pixels, footprint
from ..models.entries import ModelEntry
from ..pictures.colour import to_srgb
from .given_pictures import GivenPicture
from .output_folder import OutputFolder

# Root mean square, of 255, of two neighbours' views of the same place, and the blocks of pixels
# that it is taken over: points of light that pinning could not bring into a deeper level, up to 14
# in neighbours of one stack, are no jump.
_MOST_DIFFERENCE = 20.0
_BLOCK = 8


def check(
    job: Job,
    given: Sequence[GivenPicture],
    sample_size: tuple[int, int],
    size: tuple[int, int] | None,
) -> None:
    """Refuse a job whose levels cannot lie in one another as it says.

    Args:
        sample_size: (width, height) at which a model samples.
        size: of the pictures; None where it is not decided yet.

    Raises:
        ZoomStackError: codes ``bad_geometry``, ``bad_picture``, naming the levels.
    """
    for number, level in enumerate(job.levels):
        if number == 0 and not job.loop:  # it lies in nothing
            continue
        placement, name = _placement(level), f"Level {number + 1}"
        check_pixels(placement, sample_size, name, ", the size at which the model works")
        if size is not None:
            check_pixels(placement, size, name)
    if size is not None:
        check_kept_sizes(given, size)
    check_loop(job, given, size or default_size(sample_size))


def check_latents(job: Job, size: tuple[int, int]) -> None:
    """Refuse levels that are next to nothing of what the model samples.

    Args:
        size: (width, height) of that.

    Raises:
        ZoomStackError: code ``bad_geometry``, naming the level.
    """
    for number, level in enumerate(job.levels):
        if number or job.loop:
            words = ", the size of the model's latents"
            check_pixels(_placement(level), size, f"Level {number + 1}", words)


def check_before_loading(job: Job, given: Sequence[GivenPicture], entry: ModelEntry | None) -> None:
    """``check`` as far as it can be known before a model is loaded, which may take minutes.

    Args:
        entry: what is known of the model.

    Raises:
        ZoomStackError: as ``check``.
    """
    if entry is not None and entry.native_size is not None:
        aspect = 1.0 if job.size is None else job.size[0] / job.size[1]
        size = entry.sample_size(aspect)
        check(job, given, size, job.size)
        check_latents(job, (size[0] // entry.grid, size[1] // entry.grid))


def check_folder(job: Job, given: Sequence[GivenPicture], folder: OutputFolder) -> None:
    """Given pictures must not lie where the new ones are written and older ones removed.

    Raises:
        ZoomStackError: code ``exists``.
    """
    for number, level in enumerate(job.levels):
        for file in (level.pin.image, level.pin.mask) if level.pin else ():
            if file and folder.may_replace(Path(file)):
                raise ZoomStackError(
                    "exists",
                    f"Level {number + 1} is pinned to {short_path(file)}, which the new zoom "
                    "would replace.",
                    "Choose another folder.",
                )
    for picture in given:
        if picture.file is not None and picture.file.resolve().parent == folder.path.resolve():
            raise ZoomStackError(
                "exists",
                f"Level {picture.level + 1} keeps {short_path(picture.file)}, which lies in the "
                "folder that the new zoom is written to.",
                "Choose another folder.",
            )


def check_kept_sizes(given: Sequence[GivenPicture], size: tuple[int, int]) -> None:
    """Kept pictures must have the size of the new ones.

    Raises:
        ZoomStackError: code ``bad_picture``.
    """
    for kept in given:
        if kept.file is not None and kept.picture.size != size:
            there, wanted = ("{}x{}".format(*s) for s in (kept.picture.size, size))
            raise ZoomStackError(
                "bad_picture",
                f"Level {kept.level + 1} keeps {short_path(kept.file)}, which has {there} "
                f"pixels, and the other levels have {wanted}.",
                "Use the size of the stack that it comes from.",
            )


def kept_apart(job: Job, given: Sequence[GivenPicture]) -> list[str]:
    """Sentences about kept levels that show something else where the given level inside them lies.

    They are no error: of one's own pictures a zoom may jump from one to the next on purpose.
    """
    by_level = {picture.level: picture for picture in given}
    count = len(job.levels)
    sentences = []
    for wider in given:
        if not wider.stays:
            continue
        ways = range(wider.level + 1, wider.level + count if job.loop else count)
        number = next((n % count for n in ways if n % count in by_level), None)
        if number is None:
            continue
        x, y, share = _inside(job, wider.level, number)
        if share * min(wider.picture.size) < _BLOCK:  # too small for a jump to be seen
            continue
        placement = Placement(1.0 / share, (x, y))
        if _difference(job, wider, by_level[number], placement) > _MOST_DIFFERENCE:
            sentences.append(
                f"Level {wider.level + 1} is kept and shows something else where level "
                f"{number + 1} lies, so the zoom will jump there. Correct the zoom factor and "
                f"focus of level {number + 1}, unlock one of the two, or let wider levels follow."
            )
    return sentences


def _difference(job: Job, wider: GivenPicture, deeper: GivenPicture, placement: Placement) -> float:
    """Root mean square, of 255, of what both show of the deeper level, in blocks.

    Args:
        placement: how the deeper level lies in the wider one.
    """
    size = wider.picture.size
    place = footprint(placement, size)
    seen, shown = wider.in_linear_light(size).target, deeper.in_linear_light(size)
    mask = shown.mask
    number = (deeper.level + 1) % len(job.levels)
    if not deeper.stays and number > deeper.level:
        # There a still deeper level prevails, which the wider one shows as well.
        inner = footprint(_placement(job.levels[number]), size)
        mask = inner.paste(mask, torch.zeros(()))
    views = [place.crop(seen), place.reduce(shown.target)]
    counts = place.reduce(mask) > 0.99
    blocks = torch.nn.functional.avg_pool2d
    weight = blocks(counts.float()[None], _BLOCK, ceil_mode=True)
    colours = [
        to_srgb(
            (blocks((view * counts)[None], _BLOCK, ceil_mode=True) / weight.clamp(min=1e-6))
            .clamp(0.0, 1.0)
            .numpy()
        )
        for view in views
    ]
    known = (weight > 0.5).expand(-1, 3, -1, -1).numpy()
    if not known.any():
        return 0.0
    return 255.0 * math.sqrt(float(np.mean((colours[0] - colours[1])[known] ** 2)))


def _placement(level: LevelSpec) -> Placement:
    return Placement(level.zoom_factor, level.focus)


def check_loop(job: Job, given: Sequence[GivenPicture], size: tuple[int, int]) -> None:
    """In a loop every level lies in every other one; pins must leave the place free.

    A deeper pin prevails over a wider one that holds it. In a loop the wider one lies in the
    deeper one again, and a level in itself once round: there both would have to prevail.

    Raises:
        ZoomStackError: code ``bad_geometry``, naming the levels and the place to be left free.
    """
    if not job.loop:
        return
    for inner, outer in _pairs([each for each in given if each.file is None or each.stays]):
        x, y, share = _inside(job, outer.level, inner.level)
        width, height = size
        pixels = share * min(size)
        left, top = (x - share / 2) * width, (y - share / 2) * height
        right, bottom = left + share * width, top + share * height
        _, mask = outer.fitted(size)
        there = mask[round(top) : round(bottom), round(left) : round(right)]
        if pixels < 1.0 or not (there > 0.5).any():  # a mask's edge is soft
            continue
        relation = "kept" if inner.file else "pinned too"
        shown = f"level {inner.level + 1}, {relation}"
        if inner is outer:
            shown = "that level within itself"
        raise ZoomStackError(
            "bad_geometry",
            f"Level {outer.level + 1} is pinned to a picture where the loop shows {shown}, "
            f"{pixels:.0f} pixels large around ({x:.2f}, {y:.2f}).",
            "Leave that place free with a mask, or let the loop zoom further.",
        )


def _pairs(given: Sequence[GivenPicture]) -> Iterator[tuple[GivenPicture, GivenPicture]]:
    """(inner, outer): every pin within itself, and every given level within deeper pins."""
    for i, inner in enumerate(given):
        for outer in given[i:]:
            if outer.file is None:
                yield inner, outer


def _inside(job: Job, outer: int, inner: int) -> Place:
    """Where level ``inner`` lies in level ``outer``, further in or, in a loop, once round."""
    return place_along(job.levels[n] for n in levels_between(outer, inner, len(job.levels)))
