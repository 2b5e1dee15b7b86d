"""The upscalers that are compared, watched while they work."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import numpy as np
import torch

from engine.contract.job import LANCZOS, REAL_ESRGAN, REAL_ESRGAN_QUICK
from engine.models.upscalers import Upscalers
from engine.models.upscaling import Lanczos, NetworkUpscaler, Progress, Upscaler, unobserved
from engine.pictures.back_projection import back_projected
from engine.pictures.colour import Floats

CONTROL = f"{LANCZOS} projected"
"""The name of ``Projected``, which is no job's upscaler."""

_SIDE = 16  # of a picture that only starts a network


class Watched:
    """An upscaler, passed through; keeps what it made and how long that took.

    Attributes:
        name, revision: see ``Upscaler``.
        made: what ``resize`` gave, one after another.
        raw: what the network gave for it, before anything corrected that; empty without a network.
        seconds: of each ``resize``.
    """

    def __init__(self, name: str, upscaler: Upscaler) -> None:
        self.name = name
        self.revision = upscaler.revision
        self.made: list[Floats] = []
        self.raw: list[Floats] = []
        self.seconds: list[float] = []
        if isinstance(upscaler, NetworkUpscaler):
            upscaler = _Tapped(upscaler)
        self._upscaler = upscaler

    @property
    def device(self) -> str:
        return self._upscaler.device

    def invents(self, before: tuple[int, int], after: tuple[int, int], /) -> bool:
        return self._upscaler.invents(before, after)

    def resize(
        self, picture: Floats, size: tuple[int, int], progress: Progress = unobserved, /
    ) -> Floats:
        started = time.perf_counter()
        larger = self._upscaler.resize(picture, size, progress)
        self.seconds.append(time.perf_counter() - started)
        self.made.append(larger)
        if isinstance(self._upscaler, _Tapped):
            self.raw.append(self._upscaler.raw)
        return larger

    def forget(self) -> None:
        """Begin anew with nothing kept; the network goes on running."""
        self.made, self.raw, self.seconds = [], [], []

    def start(self) -> None:
        """Load what is loaded at the first picture, so that no picture's time holds it."""
        grey = np.full((_SIDE, _SIDE, 3), 0.5, np.float32)
        self._upscaler.resize(grey, (4 * _SIDE, 4 * _SIDE), unobserved)

    def close(self) -> None:
        self._upscaler.close()


class _Tapped(NetworkUpscaler):
    """A network with all that the engine does around it; keeps the network's own last answer."""

    def __init__(self, upscaler: NetworkUpscaler) -> None:
        super().__init__(upscaler.name, upscaler.revision, upscaler.times)
        self._inner = upscaler
        self.raw: Floats = np.empty((0, 0, 3), np.float32)

    @property
    def device(self) -> str:
        return self._inner.device

    def enlarged(self, picture: Floats, progress: Progress) -> Floats:
        larger = self._inner.enlarged(picture, progress)
        self.raw = larger.copy()  # what follows changes it in place
        return larger

    def close(self) -> None:
        self._inner.close()


class Projected(Lanczos):
    """Lanczos with the networks' back projection: what a network adds is measured against it."""

    def resize(
        self, picture: Floats, size: tuple[int, int], progress: Progress = unobserved, /
    ) -> Floats:
        return back_projected(super().resize(picture, size, progress).copy(), picture)


class Candidates(AbstractContextManager["Candidates"]):
    """Lanczos, the control and all networks on the processor, loaded; closed at the end.

    Args:
        swin2sr: folder of a Swin2SR to compare as well.

    Raises:
        ZoomStackError: codes ``no_upscaler``, ``no_model``, ``bad_model``.
    """

    def __init__(self, swin2sr: Path | None = None) -> None:
        upscalers = Upscalers((), torch.device("cpu"), False, print)
        named = {name: name for name in (REAL_ESRGAN_QUICK, REAL_ESRGAN)}
        if swin2sr is not None:
            named[swin2sr.name] = str(swin2sr.resolve())
        self.all: Sequence[Watched] = [
            Watched(LANCZOS, Lanczos()),
            Watched(CONTROL, Projected()),
            *(Watched(shown, upscalers.single(name)) for shown, name in named.items()),
        ]

    def __enter__(self) -> Candidates:
        for each in self.all:
            each.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for each in self.all:
            each.close()
