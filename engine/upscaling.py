"""From the size at which a model samples to the size that the job asks for."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from PIL import Image

from .colour import Floats


class Upscaler(Protocol):
    """Anything that enlarges one picture."""

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
