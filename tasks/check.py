"""The preferences' Check: asks the engine what it is and what it has."""

from __future__ import annotations

from typing import Any

from ..engine.client.connection import Client
from ..engine.contract.messages import Message
from ..engine.contract.model_listing import read_listing
from ..settings.model_list import remember
from .question import Question


class Check(Question):
    """One request for the engine's report.

    Attributes:
        report: what ``python -m engine check`` says; None while unknown.
    """

    def __init__(self, client: Client) -> None:
        super().__init__(client, "check")
        self.report: dict[str, Any] | None = None

    def take(self, answer: Message) -> None:
        """See ``Question``."""
        self.report = {key: value for key, value in answer.items() if key != "type"}
        remember(read_listing(self.report.get("models")))
