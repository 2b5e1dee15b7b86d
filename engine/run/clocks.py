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
        step: of ``STEPS``, told last.
        eta: seconds left then; None while unknown.
    """

    STEPS = 1000  # a per cent of large pictures takes a minute on a slow machine

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.step = 0
        self.eta: float | None = None

    def is_news(self, share: float) -> bool:
        """Whether another step, from 1 on, is reached by a share of 0 to 1."""
        step = int(share * self.STEPS)
        if step <= self.step:
            return False
        self.step = step
        self.eta = (time.monotonic() - self._started) * (1.0 - share) / share
        return True
