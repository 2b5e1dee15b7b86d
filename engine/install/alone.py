"""One at a time: who makes or removes an engine waits for whoever does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from ..contract.locking import take
from ..contract.own_engine import Home

_ASKED = 0.5  # seconds between two looks


class Waiting(Protocol):
    """Who is told that something else begins."""

    def stage(self, text: str) -> None:
        """What begins, for people."""
        ...


@contextmanager
def alone(home: Home, listener: Waiting) -> Iterator[int]:
    """Nobody else makes or removes an engine in the home meanwhile.

    Yields:
        The descriptor of the lock, for programs that are to keep it when this process is killed.

    Raises:
        OSError: the home cannot be written to, or has no locks.
    """
    with home.lock.open("a+b") as file:
        file.seek(0)
        if not take(file.fileno()):
            listener.stage("Waiting for another installation to end")
            while not take(file.fileno()):
                time.sleep(_ASKED)
        yield file.fileno()
