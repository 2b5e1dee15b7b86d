"""How far a stage has come, and the time that is left of it."""

from __future__ import annotations

import time


class StepClock:
    """Estimates the time that is left.

    The first step of a session is left out where possible: it warms caches and kernels up.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._first: float | None = None
        self._counted = 0

    def tick(self, remaining: int) -> float | None:
        """Call after each step; seconds left, or None when nothing is known."""
        now = time.monotonic()
        if self._first is None:
            self._first = now
            return 0.0 if remaining == 0 else (now - self._started) * remaining
        self._counted += 1
        return (now - self._first) / self._counted * remaining


class ShareClock:
    """What of a stage without steps is worth telling, and the time that is left of it.

    Attributes:
        percent: that were told last.
        eta: seconds left then; None while unknown.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.percent = 0
        self.eta: float | None = None

    def is_news(self, share: float) -> bool:
        """Whether another per cent, 1 to 100, is reached by a share of 0 to 1."""
        percent = int(share * 100)
        if percent <= self.percent:
            return False
        self.percent = percent
        self.eta = (time.monotonic() - self._started) * (1.0 - share) / share
        return True
