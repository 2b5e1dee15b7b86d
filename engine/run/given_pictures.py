"""The pictures that a job names: those that levels are pinned to, and finished ones to keep.

Imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from ..contract.geometry import Placement
from ..contract.job import Job, Keep
from ..contract.job import Pin as PinSpec
from ..contract.ordinary_files import sha256_of
from ..contract.picture_header import NoPictureError
from ..method.footprint import footprint
from ..method.pinning import Pin
from ..pictures.colour import Floats, to_linear
from ..pictures.opening import as_rgb, decoded
from .given_files import KEPT, PINNED, THROUGH, check_given_files, told_of


@dataclass(frozen=True)
class GivenPicture:
    """A level's given picture as it was read.

    Attributes:
        picture: sRGB, RGB mode.
        mask: L mode, white where the level is the picture.
        digest: of the files, so that a run is not continued with other pictures.
        sampled: whether the model is asked for the level all the same.
        free: where the next level lies, if what it shows there is not the picture's.
        file: of a kept level; None of a pinned one.
    """

    level: int
    picture: Image.Image
    mask: Image.Image
    digest: str
    sampled: bool = True
    free: Placement | None = None
    file: Path | None = None

    @property
    def stays(self) -> bool:
        """Whether the file is the level's picture, byte for byte."""
        return self.file is not None and self.free is None

    def fitted(self, size: tuple[int, int], aspect: float | None = None) -> tuple[Floats, Floats]:
        """Picture (h, w, 3), sRGB 0 to 1, and mask (h, w), 0 to 1, at a size.

        A picture of another shape is cut to the level's shape around its centre.

        Args:
            aspect: width over height of the level's final picture; a model may sample it a little
                stretched, and then the given one must be stretched alike. None: that of the size.
        """
        picture, mask = (
            np.asarray(_cut_and_resized(image, size, aspect), np.float32) / 255.0
            for image in (self.picture, self.mask)
        )
        if self.free is not None:
            place = footprint(self.free, size)
            mask = place.paste(torch.from_numpy(mask.copy()), torch.zeros(())).numpy()
        return picture, mask

    def at(self, size: tuple[int, int], aspect: float) -> Pin:
        """The pin for sampled levels, of values -1 to 1, at a size (width, height)."""
        picture, mask = self.fitted(size, aspect)
        target = torch.from_numpy(picture.transpose(2, 0, 1).copy()) * 2.0 - 1.0
        return Pin(self.level, target, torch.from_numpy(mask.copy())[None], self.sampled)

    def in_linear_light(self, size: tuple[int, int]) -> Pin:
        """The pin for finished pictures of a size (width, height), in linear light of 0 to 1."""
        picture, mask = self.fitted(size)
        target = np.ascontiguousarray(to_linear(picture).transpose(2, 0, 1))
        return Pin(self.level, torch.from_numpy(target), torch.from_numpy(mask.copy())[None])


def read_given(job: Job) -> list[GivenPicture]:
    """Read the pictures of a job's pinned and kept levels.

    Raises:
        ZoomStackError: code ``bad_picture``, naming the level and the file.
    """
    check_given_files(job)
    given = []
    for index, level in enumerate(job.levels):
        if level.pin is not None:
            given.append(_read_pin(index, level.pin))
        elif level.keep is not None:
            given.append(_read_kept(index, level.keep, job))
    return given


def decided(given: Sequence[GivenPicture]) -> set[int]:
    """Numbers of the levels that their picture decides alone: no model is asked for them."""
    return {picture.level for picture in given if not picture.sampled}


def kept_size(given: Sequence[GivenPicture]) -> tuple[int, int] | None:
    """(width, height) of the kept levels' pictures; None when none is kept."""
    return next((picture.picture.size for picture in given if picture.file), None)


def _cut_and_resized(
    image: Image.Image, size: tuple[int, int], aspect: float | None
) -> Image.Image:
    width, height = image.size
    aspect = aspect or size[0] / size[1]
    cut_width, cut_height = min(width, height * aspect), min(height, width / aspect)
    left, top = (width - cut_width) / 2, (height - cut_height) / 2
    box = (left, top, left + cut_width, top + cut_height)
    return image.resize(size, Image.Resampling.LANCZOS, box)


def _read_pin(index: int, spec: PinSpec) -> GivenPicture:
    path = Path(spec.image)
    picture, files = _open(path, index, PINNED), [path]
    if spec.mask is not None:
        files.append(Path(spec.mask))
        mask = _open(files[1], index, THROUGH).convert("L")
        if mask.size != picture.size:
            mask = ImageOps.fit(mask, picture.size, Image.Resampling.LANCZOS)
    elif picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        mask = picture.convert("RGBA").getchannel("A")
    else:
        mask = Image.new("L", picture.size, 255)
    whole = mask.getextrema()[0] == 255
    return GivenPicture(index, as_rgb(picture), mask, sha256_of(*files), sampled=not whole)


def _read_kept(index: int, keep: Keep, job: Job) -> GivenPicture:
    path = Path(keep.image)
    picture = as_rgb(_open(path, index, KEPT))
    deeper = [*job.levels[index + 1 :], *(job.levels[: index + 1] if job.loop else ())]
    follows = keep.follow and any(level.keep is None for level in deeper)
    return GivenPicture(
        index,
        picture,
        Image.new("L", picture.size, 255),
        sha256_of(path),
        sampled=follows and deeper[0].keep is None,
        free=Placement(deeper[0].zoom_factor, deeper[0].focus) if follows else None,
        file=path,
    )


def _open(path: Path, index: int, relation: str) -> Image.Image:
    try:
        return decoded(path)
    except NoPictureError as error:
        raise told_of(error, index, relation, path) from None
