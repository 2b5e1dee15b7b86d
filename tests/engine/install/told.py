"""A listener that an installation is told of."""

from __future__ import annotations


class Told:
    """Keeps what a listener is told."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.backends: list[str] = []
        self.notes: list[str] = []

    def stage(self, text: str) -> None:
        self.stages.append(text)

    def chosen(self, backend: str) -> None:
        self.backends.append(backend)

    def progress(self, done: int, total: int, speed: float, what: str) -> None:
        assert done >= 0
        assert total >= 0

    def note(self, text: str) -> None:
        self.notes.append(text)
