"""Pictures as files: 8-bit sRGB PNG, never seen half written."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..contract.errors import ZoomStackError
from ..contract.stack import write_atomically
from .colour import Bytes, Floats

_EFFORT = 4  # of zlib's 9: files as small as those of its usual 6, in a third of the time


class _Watched(io.BytesIO):
    """Memory that a picture is encoded into, piece by piece."""

    def __init__(self, check: Callable[[], None]) -> None:
        super().__init__()
        self._check = check

    def write(self, piece: Any) -> int:
        self._check()
        return super().write(piece)


def encode_png(picture: Bytes, check: Callable[[], None] = lambda: None) -> bytes:
    """(h, w, 3) 8-bit sRGB as a PNG file; the same picture gives the same bytes.

    Args:
        check: called now and then; an exception of its ends the work.
    """
    buffer = _Watched(check)
    Image.fromarray(picture).save(buffer, format="PNG", compress_level=_EFFORT)
    return buffer.getvalue()


def write_png(
    target: Path,
    picture: Bytes,
    check: Callable[[], None] = lambda: None,
    *,
    lasting: bool = False,
) -> None:
    """Write (h, w, 3) 8-bit sRGB; readers meanwhile see the old file or the new one.

    Args:
        check: as of ``encode_png``.
        lasting: as of ``write_atomically``.

    Raises:
        ZoomStackError: code ``unwritable``.
    """
    content = encode_png(picture, check)
    try:
        write_atomically(target, content, lasting=lasting)
    except OSError as error:
        raise unwritable(target, error) from error


def unwritable(target: Path, error: OSError) -> ZoomStackError:
    """What to tell of a picture that the system did not let be written."""
    return ZoomStackError(
        "unwritable",
        f"{target} cannot be written: {error.strerror or error}.",
        "Choose another folder, or free some space.",
    )


def to_unit(values: npt.NDArray[np.float32]) -> Floats:
    """A model's picture, (3, h, w) of about -1 to 1, as (h, w, 3) sRGB values of 0 to 1."""
    return np.ascontiguousarray(np.clip(values * 0.5 + 0.5, 0.0, 1.0).transpose(1, 2, 0))


def to_bytes(picture: Floats) -> Bytes:
    """Values of 0 to 1 as 8 bits, rounded to the nearest."""
    rounded: Bytes = np.rint(np.clip(picture, 0.0, 1.0) * 255.0).astype(np.uint8)
    return rounded
