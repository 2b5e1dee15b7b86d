"""A reporter that keeps what a job says."""

from __future__ import annotations

from engine.contract.messages import Message
from engine.run.reporting import Reporter


class Recorder(Reporter):
    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        self.messages.append(message)

    def of(self, kind: str) -> list[Message]:
        return [message for message in self.messages if message["type"] == kind]
