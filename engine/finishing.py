"""From sampled levels to pictures on disk: final size, final Pi_image pass, PNG. Imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from .colour import Bytes, linear_to_bytes, to_linear
from .contract.errors import ZoomStackError
from .contract.geometry import Placement
from .output import OutputFolder
from .pictures import to_unit, write_png
from .stack import render
from .upscaling import Upscaler


def final_pictures(
    levels: torch.Tensor, placements: Sequence[Placement], size: tuple[int, int], upscaler: Upscaler
) -> Iterator[tuple[int, Bytes]]:
    """Bring every level to its final size and let the levels agree once more, in linear light.

    The recursion of Pi_image, x_i = paste(L_i, R x_{i+1}), needs two levels at a time: so a stack
    of any depth takes the memory of two.

    Args:
        levels: (N, 3, h, w), about -1 to 1.
        placements: of all N levels.
        size: (width, height) of the pictures.

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
    deeper: torch.Tensor | None = None
    for index in range(len(placements) - 1, -1, -1):
        enlarged = to_linear(upscaler.resize(to_unit(sampled[index]), size))
        level = torch.from_numpy(np.ascontiguousarray(enlarged.transpose(2, 0, 1)))
        if deeper is not None:
            pair = [placements[index], placements[index + 1]]
            level = render(torch.stack([level, deeper]), pair)[0]
        yield index, linear_to_bytes(level.numpy().transpose(1, 2, 0))
        deeper = level


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
