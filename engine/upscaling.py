"""From the size at which a model samples to the size that the job asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image

from .colour import Floats
from .contract.job import LANCZOS
from .models.protocol import SuperResolution


class Upscaler(Protocol):
    """Anything that enlarges one picture, without knowing of the others.

    Attributes:
        name: as in a job's ``"upscaler"``.
        revision: identifies the weights; empty where there are none.
    """

    name: str
    revision: str

    def resize(self, picture: Floats, size: tuple[int, int]) -> Floats:
        """Bring a picture to a size.

        Args:
            picture: (h, w, 3), sRGB values of 0 to 1.
            size: (width, height).

        Returns:
            (height, width, 3), 0 to 1; the input itself when its size is right already.
        """
        ...


class Lanczos:
    """Plain interpolation: invents nothing, keeps edges as sharp as a linear filter can."""

    name = LANCZOS
    revision = ""

    def resize(self, picture: Floats, size: tuple[int, int]) -> Floats:
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

    def describe(self) -> dict[str, str] | None:
        """Name and revision of what invents detail, for ``stack.json``; None for interpolation."""
        used = self.stage or self.upscaler
        return {"name": used.name, "revision": used.revision} if used.revision else None
