"""Locks on files, between processes; the system lets go of them when a process ends."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path


class NoLocks(OSError):
    """The drive knows no locks."""


if sys.platform == "win32":
    import msvcrt

    def take(descriptor: int, shared: bool = False) -> bool:  # noqa: ARG001 - see below
        """Take a lock on a file without waiting; False where another process has it.

        Args:
            shared: together with others that share it. Windows has no such lock: the first takes
                it alone, which tells installations the same.

        Raises:
            OSError: on a drive without locks.
        """
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def release(descriptor: int) -> None:
        """Let go of a lock."""
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def take(descriptor: int, shared: bool = False) -> bool:
        """Take a lock on a file without waiting; False where another process has it.

        Args:
            shared: together with others that share it.

        Raises:
            OSError: on a drive without locks.
        """
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # the latter on some drives of a network
            return False
        return True

    def release(descriptor: int) -> None:
        """Let go of a lock."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_TRIES = 100
# A link is not followed, and a pipe in the place of the file does not let anybody wait.
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def hold(file: Path, *, make: bool = True, shared: bool = False) -> int | None:
    """Open a file and lock it, until the descriptor is closed; None where another process has it.

    Args:
        make: the file, where there is none.
        shared: as of ``take``.

    Raises:
        NoLocks: on a drive without locks.
        OSError: the file cannot be opened, or is a link or another thing that is no file.
    """
    for _ in range(_TRIES):
        descriptor = os.open(file, os.O_RDWR | (os.O_CREAT if make else 0) | _PLAIN, 0o666)
        locked = False
        try:
            if file.is_symlink() or not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(f"{file.name} is no ordinary file")
            try:
                taken = take(descriptor, shared)
            except OSError as error:
                raise NoLocks(*error.args) from None
            if not taken:
                return None
            # Whoever had it may have removed it: then it keeps nobody away.
            locked = is_at(descriptor, file)
            if locked:
                return descriptor
        finally:
            if not locked:
                os.close(descriptor)
    raise NoLocks(f"{file} does not stay the same file")


def is_at(descriptor: int, file: Path) -> bool:
    """Whether an open file is still the one of that name."""
    if sys.platform == "win32":  # nobody can remove what is open
        return True
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(file))
    except OSError:
        return False
