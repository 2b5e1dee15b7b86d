"""From sampled levels to pictures on disk: final size, last Pi_image pass, PNG. Imports torch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path

import numpy as np
import torch

from ..contract.errors import Remedy, ZoomStackError
from ..contract.geometry import Placement
from ..method.footprint import Footprint
from ..method.nesting import footprints, is_loop, render_with
from ..method.pinning import Pin, pinned
from ..models.upscaling import Lanczos, Progress, Upscaler, unobserved
from ..pictures.colour import Bytes, Floats, linear_to_bytes, to_linear
from ..pictures.files import to_unit, write_png
from .given_pictures import GivenPicture, decided
from .output_folder import OutputFolder

_MOST_ROUNDS = 30  # pictures take a few; white noise is the worst case
_INVISIBLE = 1e-3  # of linear light


def final_pictures(
    levels: torch.Tensor,
    placements: Sequence[Placement],
    size: tuple[int, int],
    upscaler: Upscaler,
    given: Sequence[GivenPicture] = (),
    loop: bool = False,
    progress: Progress = unobserved,
) -> Iterator[tuple[int, Bytes]]:
    """Bring every level to its final size and let the levels agree once more, in linear light.

    Args:
        levels: (N, 3, h, w), about -1 to 1.
        placements: of all N levels.
        size: (width, height) of the pictures.
        given: pictures that levels show; at their full sharpness here.
        loop: the deepest level holds level 0.
        progress: called before each picture, and in the midst of what takes long.

    Yields:
        (index, picture), deepest first; pictures are (height, width, 3) 8-bit sRGB.

    Raises:
        ZoomStackError: code ``not_finite``.
    """
    if not bool(torch.isfinite(levels).all()):
        raise ZoomStackError(
            "not_finite",
            "The model answered with values that are no numbers.",
            "Try another device or fewer steps, or download the model again.",
        )
    sampled = levels.float().cpu().numpy()
    settled = decided(given)
    begun = 0

    def enlarged(index: int) -> torch.Tensor:
        """(3, height, width) linear light of 0 to 1."""
        nonlocal begun
        number, begun = begun, begun + 1

        def observed(share: float) -> None:
            progress((number + share) / len(sampled))

        observed(0.0)
        # Nothing of a level is seen whose picture is given whole.
        chosen = Lanczos() if index in settled else upscaler
        return channels_first(to_linear(chosen.resize(to_unit(sampled[index]), size, observed)))

    yield from nested(
        enlarged, placements, size, given, loop=loop, check=lambda: progress(begun / len(sampled))
    )


def nested(
    picture: Callable[[int], torch.Tensor],
    placements: Sequence[Placement],
    size: tuple[int, int],
    given: Sequence[GivenPicture] = (),
    *,
    loop: bool = False,
    check: Callable[[], None] = lambda: None,
) -> Iterator[tuple[int, Bytes]]:
    """Let pictures of one size show one another: Pi_image, in linear light.

    Args:
        picture: a level's, (3, height, width) linear light of 0 to 1; asked for once each.
        placements, size, given, loop: as of ``final_pictures``.
        check: called now and then; an exception of its ends the work.

    Yields:
        (index, picture), deepest first; pictures are (height, width, 3) 8-bit sRGB.
    """
    nesting = footprints(placements, size, loop)
    if given or loop:
        finished = _all_at_once(picture, nesting, len(placements), size, given, check)
    else:
        finished = _one_by_one(picture, nesting)
    for index, whole in finished:
        yield index, linear_to_bytes(whole.numpy().transpose(1, 2, 0))


def _one_by_one(
    enlarged: Callable[[int], torch.Tensor], nesting: Sequence[Footprint]
) -> Iterator[tuple[int, torch.Tensor]]:
    """Pi_image's recursion, x_i = paste(L_i, R x_{i+1}): two levels in memory, however many."""
    last = len(nesting)
    deeper = enlarged(last)
    yield last, deeper
    for index in range(last - 1, -1, -1):
        place = nesting[index]
        deeper = place.paste(enlarged(index), place.reduce(deeper)).clamp(0.0, 1.0)
        yield index, deeper


def _all_at_once(
    enlarged: Callable[[int], torch.Tensor],
    nesting: Sequence[Footprint],
    count: int,
    size: tuple[int, int],
    given: Sequence[GivenPicture],
    check: Callable[[], None],
) -> Iterator[tuple[int, torch.Tensor]]:
    """With all levels in memory: given pictures reach into every level, and a loop has no end."""
    pins = [picture.in_linear_light(size) for picture in given]
    levels = render_with(torch.stack([enlarged(i) for i in range(count)]), nesting)
    levels = _pinned_in_range(levels, nesting, pins, check)
    if pins:
        levels = _shown(levels, nesting, pins, {each.level for each in given if each.stays})
    for index in range(count - 1, -1, -1):
        check()
        yield index, levels[index]


def _pinned_in_range(
    levels: torch.Tensor,
    nesting: Sequence[Footprint],
    pins: Sequence[Pin],
    check: Callable[[], None],
) -> torch.Tensor:
    """``pinned`` for pictures, whose values end at 0 and 1.

    A wide view that is brought into a deep one carries some pixels past the end of the range;
    cutting them off would take the pin away again. Alternating the two projections converges, but
    slowly, or to nothing that meets both, where the picture is points of light: see ``_shown``.
    """
    for _ in range(_MOST_ROUNDS):
        check()
        levels = pinned(levels, nesting, pins)
        cut = levels.clamp(0.0, 1.0)
        if not pins or float((levels - cut).abs().max()) < _INVISIBLE:
            break
        levels = render_with(cut, nesting)
    return levels


def _shown(
    levels: torch.Tensor, nesting: Sequence[Footprint], pins: Sequence[Pin], staying: Set[int]
) -> torch.Tensor:
    """The levels with every pin's target exactly where that level is what one sees.

    Where a deeper pin lies, that one prevails, but in the levels ``staying``: their file is what is
    seen of them in wider levels as well.
    """
    by_level = {pin.level: pin for pin in pins}
    shown = list(levels)
    covered = torch.zeros_like(levels[0, :1])
    for index in range(len(shown) - 1, -1, -1):
        if index + 1 < len(shown):
            place = nesting[index]
            shown[index] = place.paste(shown[index], place.reduce(shown[index + 1]))
            covered = place.paste(torch.zeros_like(covered), place.reduce(covered))
        if index in by_level:
            pin = by_level[index]
            weight = pin.mask * (1.0 - covered.clamp(0.0, 1.0) * (index not in staying))
            shown[index] = shown[index] + weight * (pin.target - shown[index])
            covered = torch.maximum(covered, pin.mask)
    if is_loop(nesting, len(shown)):
        last = len(shown) - 1
        nested = nesting[-1].paste(shown[last], nesting[-1].reduce(shown[0]))
        mask = by_level[last].mask if last in by_level else torch.zeros_like(covered)
        shown[last] = nested + mask * (shown[last] - nested)
    return torch.stack(shown)


def channels_first(picture: Floats) -> torch.Tensor:
    """(h, w, 3) as (3, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def write_pictures(
    folder: OutputFolder,
    pictures: Iterator[tuple[int, Bytes]],
    given: Sequence[GivenPicture],
) -> None:
    """Write all pictures aside, then move them in together: old ones stay until all are made.

    An exception of ``pictures`` leaves the folder as it was.

    Args:
        given: pictures of the job; those that stay are copied byte for byte.

    Raises:
        ZoomStackError: codes ``unwritable``, ``bad_picture``.
    """
    stay = {picture.level: picture for picture in given if picture.stays}
    moves: list[tuple[Path, Path]] = []
    try:
        for index, picture in pictures:
            target = folder.picture_file(index)
            aside = folder.work / f".{target.name}.tmp"
            moves.append((aside, target))
            if index in stay:
                _copy(stay[index], aside)
            else:
                write_png(aside, picture)
        for aside, target in moves:
            _move(aside, target)
    finally:
        for aside, _ in moves:
            aside.unlink(missing_ok=True)


def _copy(kept: GivenPicture, target: Path) -> None:
    assert kept.file is not None
    try:
        content = kept.file.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != kept.digest:
        raise ZoomStackError(
            "bad_picture",
            f"{kept.file}, which level {kept.level + 1} keeps, has changed since the run began.",
            "Start the run again.",
        )
    target.write_bytes(content)


def _move(aside: Path, target: Path) -> None:
    try:
        aside.replace(target)
    except OSError as error:
        raise ZoomStackError(
            "unwritable",
            f"{target} cannot be written: {error.strerror or error}.",
            "Close whatever shows that picture, then go on with the run.",
            Remedy.GO_ON,
        ) from error
