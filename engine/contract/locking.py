"""Locks on files, between processes; the system lets go of them when a process ends."""

from __future__ import annotations

import sys

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
        except BlockingIOError:
            return False
        return True

    def release(descriptor: int) -> None:
        """Let go of a lock."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)
