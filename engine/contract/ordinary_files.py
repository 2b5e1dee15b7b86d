"""Files that anybody may have put there: only ordinary ones are opened, and so much is read."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

_PIECE = 2**20


class NotOrdinaryError(OSError):
    """A folder, a pipe, a device, a path that no system has, or too much in it.

    Attributes:
        reason: a clause about "it".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason)
        self.reason = reason


def open_ordinary(path: Path | str) -> BinaryIO:
    """Open a file to read its bytes, never waiting for whoever writes into a pipe.

    Raises:
        OSError: it cannot be opened; ``NotOrdinaryError`` where it is no ordinary file.
    """
    try:
        file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller closes it
    except (IsADirectoryError, PermissionError):  # Windows has one word for both
        if not os.path.isdir(path):
            raise
        raise NotOrdinaryError("it is a folder, not a file") from None
    except ValueError:  # NUL, or half of a character, in its name
        raise NotOrdinaryError("no file can have such a name") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotOrdinaryError("it is no ordinary file")
    return file


def is_ordinary(path: Path) -> bool:
    """Whether there is such a file; a name that the system cannot have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether there is such a folder, as of ``is_ordinary``."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def read_ordinary(path: Path, most: int) -> bytes:
    """What a file holds.

    Args:
        most: bytes; a longer file is left unread.

    Raises:
        OSError: as of ``open_ordinary``, and where it is longer.
    """
    with open_ordinary(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise NotOrdinaryError(f"it is larger than {most >> 20 or 1} MiB")
        content = file.read(most + 1)
    if len(content) > most:  # it grew meanwhile, or its size was none
        raise NotOrdinaryError(f"it is larger than {most >> 20 or 1} MiB")
    return content


def sha256_of(*paths: Path) -> str:
    """The digest of all that files hold together, in hexadecimal digits; a piece at a time.

    Raises:
        OSError: as of ``open_ordinary``.
    """
    digest = hashlib.sha256()
    for path in paths:
        with open_ordinary(path) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    return digest.hexdigest()


def _without_waiting(path: str, flags: int) -> int:
    # A named pipe would otherwise block until somebody writes into it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
