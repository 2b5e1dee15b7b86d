"""Pins: a level that shows a given picture, whole or through a mask. Imports torch.

The paper grounds the widest level in a photograph with five Adam steps a round on
sum_i |D_i(x0_i) - M_i * xi|^2 (section 4.4). Reduction is linear, so the same is had exactly in one
step: the residual of the pinned level is added to it and, enlarged, to every deeper level::

    c_i = M (target - x_i)        c_j = U crop(c_{j-1})        x_j += c_j      for j > i

Since R U = I, levels that agreed agree afterwards as well, and level i is the target where M = 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from .colour import Floats
from .contract.errors import ZoomStackError
from .contract.job import Job
from .contract.job import Pin as PinSpec
from .footprint import Footprint
from .stack import render_with


@dataclass(frozen=True)
class Pin:
    """A target for one level.

    Attributes:
        level: which level is pinned.
        target: (C, H, W) in the values of the stack that it is applied to.
        mask: (1, H, W), 1 where the level shall be the target, 0 where it is free.
    """

    level: int
    target: torch.Tensor
    mask: torch.Tensor


def pinned(x: torch.Tensor, nesting: Sequence[Footprint], pins: Sequence[Pin]) -> torch.Tensor:
    """The rendered stack nearest to ``x`` that shows every pin's target.

    Where two pins contradict each other the deeper one prevails inside its own footprint: it is
    what one sees there.

    Args:
        x: (N, C, H, W), rendered: its levels agree.
        nesting: footprints of levels 1 ... N-1.

    Returns:
        (N, C, H, W), rendered; the input itself without pins.
    """
    if not pins:
        return x
    levels = list(x)
    for pin in sorted(pins, key=lambda pin: pin.level):
        own = levels[pin.level]
        correction = pin.mask.to(own) * (pin.target.to(own) - own)
        levels[pin.level] = own + correction
        for deeper in range(pin.level + 1, len(levels)):
            place = nesting[deeper - 1]
            correction = place.enlarge(place.crop(correction))
            levels[deeper] = levels[deeper] + correction
    return render_with(torch.stack(levels), nesting)


@dataclass(frozen=True)
class PinnedPicture:
    """A pin's picture as it was read.

    Attributes:
        picture: sRGB, RGB mode.
        mask: L mode, white where the level is pinned.
        digest: of both files, so that a run is not continued with other pictures.
    """

    level: int
    picture: Image.Image
    mask: Image.Image
    digest: str

    def fitted(self, size: tuple[int, int]) -> tuple[Floats, Floats]:
        """Picture (h, w, 3), sRGB 0 to 1, and mask (h, w), 0 to 1, at a size.

        A picture of another shape is cut to the level's shape around its centre.
        """
        picture, mask = (
            ImageOps.fit(image, size, Image.Resampling.LANCZOS)
            for image in (self.picture, self.mask)
        )
        return (
            np.asarray(picture, np.float32) / 255.0,
            np.asarray(mask, np.float32) / 255.0,
        )

    def at(self, size: tuple[int, int]) -> Pin:
        """The pin for a stack of values -1 to 1 at a size (width, height)."""
        picture, mask = self.fitted(size)
        target = torch.from_numpy(picture.transpose(2, 0, 1).copy()) * 2.0 - 1.0
        return Pin(self.level, target, torch.from_numpy(mask.copy())[None])


def read_pins(job: Job) -> list[PinnedPicture]:
    """Read the pictures that a job's levels are pinned to.

    Raises:
        ZoomStackError: code ``bad_picture``, naming the level and the file.
    """
    return [
        _read_pin(index, level.pin)
        for index, level in enumerate(job.levels)
        if level.pin is not None
    ]


def _read_pin(index: int, spec: PinSpec) -> PinnedPicture:
    picture = _open(Path(spec.image), index)
    digest = hashlib.sha256(Path(spec.image).read_bytes())
    if spec.mask is not None:
        mask = _open(Path(spec.mask), index).convert("L")
        digest.update(Path(spec.mask).read_bytes())
        mask = ImageOps.fit(mask, picture.size, Image.Resampling.LANCZOS)
    elif picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        mask = picture.convert("RGBA").getchannel("A")
    else:
        mask = Image.new("L", picture.size, 255)
    return PinnedPicture(index, picture.convert("RGB"), mask, digest.hexdigest())


def _open(path: Path, index: int) -> Image.Image:
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).copy()
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, SyntaxError):
        raise ZoomStackError(
            "bad_picture",
            f"Level {index + 1} is pinned to {path}, which cannot be read as a picture.",
            "Choose another picture, or save it again as PNG or JPEG.",
        ) from None
