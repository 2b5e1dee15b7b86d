"""From the size at which a model samples to the size that the job asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image

from ..contract.job import LANCZOS
from ..pictures.colour import Floats
from .protocol import SuperResolution


def not_cancelled() -> None:
    """The ``check`` of callers who never cancel: it lets the work go on."""


class Upscaler(Protocol):
    """Anything that enlarges one picture, without knowing of the others.

    Attributes:
        name: as in a job's ``"upscaler"``.
        revision: identifies the weights; empty where there are none.
    """

    name: str
    revision: str

    def invents(self, before: tuple[int, int], after: tuple[int, int], /) -> bool:
        """Whether it adds detail of its own between two sizes (width, height)."""
        ...

    def resize(
        self, picture: Floats, size: tuple[int, int], check: Callable[[], None] = not_cancelled, /
    ) -> Floats:
        """Bring a picture to a size.

        Args:
            picture: (h, w, 3), sRGB values of 0 to 1.
            size: (width, height).
            check: called now and then where it takes long; an exception of its ends the work.

        Returns:
            (height, width, 3), 0 to 1; the input itself when its size is right already.
        """
        ...


class Lanczos:
    """Plain interpolation: invents nothing, keeps edges as sharp as a linear filter can."""

    name = LANCZOS
    revision = ""

    def invents(self, _before: tuple[int, int], _after: tuple[int, int], /) -> bool:
        return False

    def resize(
        self, picture: Floats, size: tuple[int, int], _check: Callable[[], None] = not_cancelled, /
    ) -> Floats:
        if (picture.shape[1], picture.shape[0]) == size:
            return picture
        channels = [
            np.asarray(
                Image.fromarray(np.ascontiguousarray(picture[..., channel])).resize(
                    size, Image.Resampling.LANCZOS
                )
            )
            for channel in range(picture.shape[2])
        ]
        enlarged: Floats = np.clip(np.stack(channels, axis=-1), 0.0, 1.0).astype(np.float32)
        return enlarged


@dataclass(frozen=True)
class Enlargement:
    """How the pictures come from the size of the first stage to that of the job.

    Attributes:
        stage: samples all levels together once more, larger; None without a second stage.
        upscaler: enlarges each picture by itself, for what is still missing.
    """

    stage: SuperResolution | None
    upscaler: Upscaler

    def describe(self, before: tuple[int, int], after: tuple[int, int]) -> dict[str, str] | None:
        """Name and revision of what invented detail, for ``stack.json``; None for interpolation.

        Args:
            before: (width, height) of the last pictures that were sampled.
            after: of the pictures that were written.
        """
        if self.stage is not None:
            return {"name": self.stage.name, "revision": self.stage.revision}
        if self.upscaler.invents(before, after):
            return {"name": self.upscaler.name, "revision": self.upscaler.revision}
        return None
