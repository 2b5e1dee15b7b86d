"""From sampled levels to pictures: final size, last Pi_image pass, 8 bits. Imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set

import numpy as np
import torch

from ..contract.errors import ZoomStackError
from ..contract.geometry import Placement
from ..method.footprint import Footprint
from ..method.nesting import footprints, is_loop, render_with
from ..method.pinning import Pin, pinned
from ..models.upscaling import Lanczos, Progress, Upscaler, unobserved
from ..pictures.colour import Bytes, Floats, in_strips, linear_to_bytes, to_linear
from ..pictures.files import to_unit
from .given_pictures import GivenPicture, decided

_MOST_ROUNDS = 30  # pictures take a few; white noise is the worst case
_INVISIBLE = 1e-3  # of linear light
_FEW = 1e-5  # of all values may go further past their range: single points of light
_ENLARGING = 0.75  # of the work with a picture; the rest is nesting and writing


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

    def enlarged(index: int, observed: Progress) -> Floats:
        # Nothing of a level is seen whose picture is given whole.
        chosen = Lanczos() if index in settled else upscaler
        return chosen.resize(to_unit(sampled[index]), size, observed)

    yield from nested(enlarged, placements, size, given, loop=loop, progress=progress)


def nested(
    picture: Callable[[int, Progress], Floats],
    placements: Sequence[Placement],
    size: tuple[int, int],
    given: Sequence[GivenPicture] = (),
    *,
    loop: bool = False,
    progress: Progress = unobserved,
) -> Iterator[tuple[int, Bytes]]:
    """Let pictures of one size show one another: Pi_image, in linear light.

    Args:
        picture: makes a level's, (height, width, 3) sRGB of 0 to 1; asked for once each.
        placements, size, given, loop: as of ``final_pictures``.
        progress: told the share of all work that is done, that of the caller with each picture
            included.

    Yields:
        (index, picture), deepest first; pictures are (height, width, 3) 8-bit sRGB.
    """
    tally = _Tally(len(placements), progress)
    nesting = footprints(placements, size, loop)

    def enlarged(index: int) -> torch.Tensor:
        """(3, height, width) linear light of 0 to 1."""
        encoded = picture(index, tally.tell)
        light = np.empty((3, *encoded.shape[:2]), np.float32)
        in_strips(to_linear, encoded, light.transpose(1, 2, 0), tally.check)
        tally.made += 1
        return torch.from_numpy(light)

    if given or loop:
        finished = _all_at_once(enlarged, nesting, len(placements), size, given, tally.check)
    else:
        finished = _one_by_one(enlarged, nesting)
    for index, whole in finished:
        light = whole.numpy().transpose(1, 2, 0)
        encoded = np.empty(light.shape, np.uint8)
        in_strips(linear_to_bytes, light, encoded, tally.check)
        del whole, light  # the next one is made while this generator waits
        yield index, encoded
        del encoded
        tally.finished += 1
        tally.check()


class _Tally:
    """How much is done of all pictures.

    Attributes:
        made: pictures that are enlarged.
        finished: pictures that the caller is done with.
    """

    def __init__(self, count: int, progress: Progress) -> None:
        self._count = count
        self._progress = progress
        self.made = 0
        self.finished = 0

    def tell(self, share: float) -> None:
        """How far the present picture is enlarged, 0 to 1."""
        done = _ENLARGING * (self.made + share) + (1.0 - _ENLARGING) * self.finished
        self._progress(done / self._count)

    def check(self) -> None:
        self.tell(0.0)


def _one_by_one(
    enlarged: Callable[[int], torch.Tensor], nesting: Sequence[Footprint]
) -> Iterator[tuple[int, torch.Tensor]]:
    """Pi_image's recursion, x_i = paste(L_i, R x_{i+1}): one level in memory, however many."""
    last = len(nesting)
    whole = enlarged(last)
    yield last, whole
    for index in range(last - 1, -1, -1):
        place = nesting[index]
        seen = place.reduce(whole).clamp(0.0, 1.0)
        del whole
        whole = enlarged(index)
        place.fill(whole, seen)
        yield index, whole


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
    levels = torch.empty(count, 3, size[1], size[0])
    for index in range(count):
        levels[index] = enlarged(index)
    levels = render_with(levels, nesting, check)
    staying = {each.level for each in given if each.stays}
    levels = _pinned_in_range(levels, nesting, pins, staying, check)
    if pins:
        levels = _shown(levels, nesting, pins, staying)
    for index in range(count - 1, -1, -1):
        check()
        yield index, levels[index]


def _pinned_in_range(
    levels: torch.Tensor,
    nesting: Sequence[Footprint],
    pins: Sequence[Pin],
    staying: Set[int],
    check: Callable[[], None],
) -> torch.Tensor:
    """``pinned`` for pictures, whose values end at 0 and 1; not of levels that stay as they are.

    A wide view that is brought into a deep one carries some pixels past the end of the range;
    cutting them off would take the pin away again. Alternating the two projections converges, but
    slowly, or to nothing that meets both, where the picture is points of light: see ``_shown``.
    """
    for _ in range(_MOST_ROUNDS):
        levels = pinned(levels, nesting, pins, check)
        cut = levels.clamp(0.0, 1.0)
        free = [index for index in range(len(levels)) if index not in staying]
        beyond = sum(int(((levels[i] - cut[i]).abs() > _INVISIBLE).sum()) for i in free)
        if not pins or beyond <= _FEW * levels[0].numel() * len(free):
            break
        levels = render_with(cut, nesting, check)
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
