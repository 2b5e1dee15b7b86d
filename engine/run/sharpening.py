"""A finished stack, larger: the same levels, each enlarged by itself, lying in one another again.

Imports torch.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from ..contract.errors import ZoomStackError
from ..contract.job import MAX_SIZE
from ..contract.messages import ENLARGE
from ..contract.stack import SHARPENED, Stack
from ..machine.devices import choose_device
from ..machine.environment import versions
from ..machine.failures import Cancelled
from ..method.footprint import footprint
from ..models.upscalers import Enlargement, Upscalers
from ..models.upscaling import Progress, Upscaler
from ..pictures.colour import Bytes, Floats, bytes_to_linear, to_srgb
from ..pictures.view import load_picture, picture_size
from .clocks import ShareClock
from .finishing import nested
from .output_folder import OutputFolder
from .reporting import Reporter
from .request import SharpenRequest
from .sampling import IsCancelled
from .writing import write_zoom

Size = tuple[int, int]

# Root mean square of what a level and the next one show in one place; bytes alone make 0.3 of 255.
_SAME = 2.0 / 255.0


class Sharpening:
    """One stack under way.

    Args:
        request: what is asked for.
        stack: the request's, read.
        folder: the new stack's, prepared.
        reporter: is told of progress and of what may surprise.
        is_cancelled: asked several times a second.
    """

    def __init__(
        self,
        request: SharpenRequest,
        stack: Stack,
        folder: OutputFolder,
        reporter: Reporter,
        is_cancelled: IsCancelled,
    ) -> None:
        self._request = request
        self._stack = stack
        self._folder = folder
        self._reporter = reporter
        self._is_cancelled = is_cancelled
        self._clock = ShareClock()

    def run(self) -> Stack:
        """Write the larger stack; the other one stays as it is.

        Raises:
            Cancelled: nothing is written then.
            ZoomStackError: of any part of the engine.
        """
        request = self._request
        started = time.monotonic()
        stack, folder = self._stack, self._folder
        sizes = [picture_size(stack.picture(index)) for index in range(len(stack.levels))]
        for index in range(len(sizes)):  # a damaged one is told before the first is enlarged
            self._stop_if_cancelled()
            load_picture(stack.picture(index))
        larger = [_larger(size, request.times, number) for number, size in enumerate(sizes, 1)]
        device = choose_device(request.device)
        upscalers = Upscalers(request.models, device, request.device != "cpu", self._note)
        upscaler = upscalers.single(request.upscaler)
        self._reporter.stage(ENLARGE)

        def describe(names: Sequence[str]) -> Stack:
            made_with: dict[str, Any] = {
                "from": list(sizes[0]),
                "times": request.times,
                "upscaler": Enlargement(None, upscaler).describe(sizes[0], larger[0]),
                "versions": versions(),
                "seconds": round(time.monotonic() - started, 2),
            }
            return dataclasses.replace(
                stack,
                folder=folder.path,
                levels=tuple(
                    dataclasses.replace(level, image=name)
                    for name, level in zip(names, stack.levels, strict=True)
                ),
                made_with={**stack.made_with, SHARPENED: made_with},
            )

        with contextlib.closing(upscaler):
            return write_zoom(
                folder,
                self._pictures(stack, larger, upscaler),
                len(sizes),
                describe,
                check=self._stop_if_cancelled,
            )

    def _pictures(
        self, stack: Stack, sizes: list[Size], upscaler: Upscaler
    ) -> Iterator[tuple[int, Bytes]]:
        """(index, picture), deepest first."""

        def enlarged(index: int, progress: Progress) -> Floats:
            progress(0.0)
            picture = load_picture(stack.picture(index)).astype(np.float32)
            picture /= 255.0
            return upscaler.resize(picture, sizes[index], progress)

        def chain(first: int, end: int, loop: bool) -> Iterator[tuple[int, Bytes]]:
            finished = nested(
                lambda number, progress: enlarged(first + number, progress),
                stack.placements(sizes)[first:end],
                sizes[first],
                loop=loop,
                progress=lambda share: self._tell(
                    (len(sizes) - end + share * (end - first)) / len(sizes), len(sizes)
                ),
            )
            return ((first + number, picture) for number, picture in finished)

        for each in _chains(stack, self._stop_if_cancelled):
            yield from chain(*each)

    def _tell(self, share: float, levels: int) -> None:
        self._stop_if_cancelled()
        if self._clock.is_news(share):
            self._reporter.progress(self._clock.step, self._clock.STEPS, levels, self._clock.eta)

    def _stop_if_cancelled(self) -> None:
        if self._is_cancelled():
            raise Cancelled

    def _note(self, sentence: str) -> None:
        self._reporter.warning("upscaler", sentence)


def _chains(stack: Stack, check: Callable[[], None]) -> list[tuple[int, int, bool]]:
    """The levels that show one another, deepest first: begin, end, and whether they are a loop.

    The engine makes all of them so, but for levels that kept a picture of their own; those of a
    person may begin anew anywhere, and what they show there is theirs.
    """
    count = len(stack.levels)
    sizes = [picture_size(stack.picture(index)) for index in range(count)]
    placements = stack.placements(sizes)

    def light(index: int) -> torch.Tensor:
        """(3, height, width) linear light."""
        picture = bytes_to_linear(load_picture(stack.picture(index)))
        return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))

    def shows(wider: int, deeper: int) -> bool:
        check()
        if sizes[wider] != sizes[deeper]:
            return False
        try:
            place = footprint(placements[deeper], sizes[deeper])
        except ZoomStackError:  # it is a pixel wide there, or less
            return False
        seen, expected = place.crop(light(wider)), place.reduce(light(deeper))
        difference = to_srgb(seen.numpy()) - to_srgb(expected.numpy())
        return float(np.sqrt(np.mean(difference**2))) <= _SAME

    breaks = [n for n in range(1, count) if not shows(n - 1, n)]
    loop = stack.loop and not breaks and shows(count - 1, 0)
    return [
        (first, end, loop) for first, end in reversed(list(itertools.pairwise([0, *breaks, count])))
    ]


def _larger(size: Size, times: int, number: int) -> Size:
    width, height = size[0] * times, size[1] * times
    if max(width, height) > MAX_SIZE:
        raise ZoomStackError(
            "bad_request",
            f"The picture of level {number} would be {width}x{height} pixels; at most {MAX_SIZE} "
            "are possible.",
            "Enlarge it fewer times.",
        )
    return width, height
