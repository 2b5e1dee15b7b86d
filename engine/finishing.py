"""From sampled levels to pictures on disk: final size, final Pi_image pass, PNG. Imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from .colour import Bytes, Floats, linear_to_bytes, to_linear
from .contract.errors import ZoomStackError
from .contract.geometry import Placement
from .output import OutputFolder
from .pictures import to_unit, write_png
from .pinning import Pin, PinnedPicture, pinned
from .stack import footprints, render, render_with
from .upscaling import Upscaler


def final_pictures(
    levels: torch.Tensor,
    placements: Sequence[Placement],
    size: tuple[int, int],
    upscaler: Upscaler,
    pins: Sequence[PinnedPicture] = (),
) -> Iterator[tuple[int, Bytes]]:
    """Bring every level to its final size and let the levels agree once more, in linear light.

    The recursion of Pi_image, x_i = paste(L_i, R x_{i+1}), needs two levels at a time: so a stack
    of any depth takes the memory of two. Pins reach from their level into every deeper one, so with
    them all levels are in memory at once.

    Args:
        levels: (N, 3, h, w), about -1 to 1.
        placements: of all N levels.
        size: (width, height) of the pictures.
        pins: pictures that levels show; at their full sharpness here.

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

    def enlarged(index: int) -> torch.Tensor:
        return _channels_first(to_linear(upscaler.resize(to_unit(sampled[index]), size)))

    if pins:
        nesting = footprints(placements, size)
        stack = render_with(torch.stack([enlarged(i) for i in range(len(placements))]), nesting)
        stack = pinned(stack, nesting, [_in_linear_light(pin, size) for pin in pins])
        for index in range(len(placements) - 1, -1, -1):
            yield index, linear_to_bytes(stack[index].numpy().transpose(1, 2, 0))
        return
    deeper: torch.Tensor | None = None
    for index in range(len(placements) - 1, -1, -1):
        level = enlarged(index)
        if deeper is not None:
            pair = [placements[index], placements[index + 1]]
            level = render(torch.stack([level, deeper]), pair)[0]
        yield index, linear_to_bytes(level.numpy().transpose(1, 2, 0))
        deeper = level


def _in_linear_light(pin: PinnedPicture, size: tuple[int, int]) -> Pin:
    picture, mask = pin.fitted(size)
    return Pin(pin.level, _channels_first(to_linear(picture)), torch.from_numpy(mask.copy())[None])


def _channels_first(picture: Floats) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def write_pictures(
    folder: OutputFolder, pictures: Iterator[tuple[int, Bytes]], check: Callable[[], None]
) -> None:
    """Write all pictures aside, then move them in together: old ones stay until all are made.

    Args:
        check: called between pictures; an exception of its leaves the folder as it was.

    Raises:
        ZoomStackError: code ``unwritable``.
    """
    moves: list[tuple[Path, Path]] = []
    try:
        for index, picture in pictures:
            check()
            target = folder.picture_file(index)
            aside = folder.work / f".{target.name}.tmp"
            moves.append((aside, target))
            write_png(aside, picture)
        for aside, target in moves:
            _move(aside, target)
    finally:
        for aside, _ in moves:
            aside.unlink(missing_ok=True)


def _move(aside: Path, target: Path) -> None:
    try:
        aside.replace(target)
    except OSError as error:
        raise ZoomStackError(
            "unwritable",
            f"{target} cannot be written: {error.strerror or error}.",
            "Close whatever shows that picture, then go on with --resume.",
        ) from error
