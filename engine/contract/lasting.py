"""What is written outlasts a power cut: it is on the drive, not only in the system's memory."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path

if sys.platform == "darwin":
    import fcntl

    def _flush(descriptor: int) -> None:
        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError:  # a drive that does not know it
            os.fsync(descriptor)

else:
    _flush = os.fsync

_UNKNOWN = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}


def sync_file(descriptor: int) -> None:
    """Bring an open file's content to the drive, if that is a thing which the drive can do.

    Raises:
        OSError: the content could not be written.
    """
    try:
        _flush(descriptor)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the drive, after something in it was renamed.

    Does nothing where that cannot be done: on Windows, or on a drive that does not know it.
    """
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            _flush(descriptor)
        finally:
            os.close(descriptor)
