"""The engine looks for models, in the background."""

from __future__ import annotations

from ..engine.client.connection import Client
from ..engine.contract.messages import Message
from ..engine.contract.model_listing import read_listing
from ..settings.model_list import remember
from .question import Question


class ModelSearch(Question):
    """One request for the list of models.

    Attributes:
        problems: sentences about places that could not be looked through.
    """

    def __init__(self, client: Client) -> None:
        super().__init__(client, "models")
        self.problems: list[str] = []

    def take(self, answer: Message) -> None:
        """See ``Question``."""
        remember(read_listing(answer.get("models")))
        problems = answer.get("problems")
        self.problems = [str(each) for each in problems] if isinstance(problems, list) else []
