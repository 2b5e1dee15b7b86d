"""From the size at which a model samples to the size that the job asks for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np
from PIL import Image

from ..contract.job import LANCZOS
from ..pictures.back_projection import back_projected
from ..pictures.colour import Floats

# Told the share that is done, 0 to 1; an exception of its ends the work.
Progress = Callable[[float], None]

_LITTLE = 1.25  # times: a network four times larger would cost sixteen times as much


def unobserved(_share: float) -> None:
    """The ``Progress`` of callers who neither watch nor cancel."""


class Upscaler(Protocol):
    """Anything that enlarges one picture, without knowing of the others.

    Attributes:
        name: as in a job's ``"upscaler"``.
        revision: identifies the weights; empty where there are none.
        device: what it computes on, for ``stack.json``; empty where that says nothing.
    """

    name: str
    revision: str

    @property
    def device(self) -> str: ...

    def invents(self, before: tuple[int, int], after: tuple[int, int], /) -> bool:
        """Whether it adds detail of its own between two sizes (width, height)."""
        ...

    def resize(
        self, picture: Floats, size: tuple[int, int], progress: Progress = unobserved, /
    ) -> Floats:
        """Bring a picture to a size.

        Args:
            picture: (h, w, 3), sRGB values of 0 to 1.
            size: (width, height).
            progress: called now and then where it takes long.

        Returns:
            (height, width, 3), 0 to 1; the input itself when its size is right already. Where
            detail was invented, it is nearly the picture when it is reduced again.
        """
        ...

    def close(self) -> None:
        """Give back what it holds; it can be used again."""
        ...


class Lanczos:
    """Plain interpolation: invents nothing, keeps edges as sharp as a linear filter can."""

    name = LANCZOS
    revision = ""
    device = ""

    def invents(self, _before: tuple[int, int], _after: tuple[int, int], /) -> bool:
        return False

    def resize(
        self, picture: Floats, size: tuple[int, int], progress: Progress = unobserved, /
    ) -> Floats:
        if (picture.shape[1], picture.shape[0]) == size:
            return picture
        channels = picture.shape[2]
        enlarged = np.empty((size[1], size[0], channels), np.float32)
        for channel in range(channels):
            progress(channel / channels)
            plane = Image.fromarray(np.ascontiguousarray(picture[..., channel]))
            enlarged[..., channel] = np.asarray(plane.resize(size, Image.Resampling.LANCZOS))
        return np.clip(enlarged, 0.0, 1.0, out=enlarged)

    def close(self) -> None:
        """It holds nothing."""


class NetworkUpscaler:
    """An upscaler by a network of a fixed factor; a subclass says which.

    Attributes:
        name, revision, device: see ``Upscaler``.
        times: the network's factor.
    """

    def __init__(self, name: str, revision: str, times: int) -> None:
        self.name = name
        self.revision = revision
        self.times = times

    @property
    def device(self) -> str:
        return ""

    def enlarged(self, picture: Floats, progress: Progress) -> Floats:
        """(h, w, 3) to (h * times, w * times, 3), 0 to 1."""
        raise NotImplementedError

    def close(self) -> None:
        """By default it holds nothing."""

    def invents(self, before: tuple[int, int], after: tuple[int, int]) -> bool:
        """Whether the network is used at all between two sizes (width, height)."""
        return not is_little(before, after)

    def resize(
        self, picture: Floats, size: tuple[int, int], progress: Progress = unobserved, /
    ) -> Floats:
        """By the network's factor until little is missing, then plainly; see ``Upscaler``."""
        inputs = self._inputs((picture.shape[1], picture.shape[0]), size)
        if not inputs:
            return Lanczos().resize(picture, size, progress)
        total = sum(map(math.prod, inputs))
        begun, larger = 0.0, picture
        for each in inputs:
            share = math.prod(each) / total
            larger = self.enlarged(Lanczos().resize(larger, each), _part(progress, begun, share))
            begun += share
        progress(1.0)
        return back_projected(Lanczos().resize(larger, size), picture, lambda: progress(1.0))

    def _inputs(self, before: tuple[int, int], after: tuple[int, int]) -> list[tuple[int, int]]:
        """The sizes (width, height) that the network is given, one after another.

        From the second on no larger than it takes to reach the size: what the network has invented
        itself may be reduced again.
        """
        sizes: list[tuple[int, int]] = []
        while self.invents(before, after):
            if sizes:
                ratio = _ratio(before, after) / self.times
                before = (_scaled(before[0], ratio), _scaled(before[1], ratio))
            sizes.append(before)
            before = (before[0] * self.times, before[1] * self.times)
        return sizes


def _part(progress: Progress, begun: float, share: float) -> Progress:
    """The progress of a part that begins there and is that much of the whole."""
    return lambda done: progress(begun + done * share)


def is_little(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether plain interpolation does between two sizes (width, height)."""
    return _ratio(before, after) <= _LITTLE


def _ratio(before: tuple[int, int], after: tuple[int, int]) -> float:
    return max(after[0] / before[0], after[1] / before[1])


def _scaled(side: int, ratio: float) -> int:
    return side if ratio >= 1.0 else math.ceil(round(side * ratio, 3))
