"""The engine looks for models, in the background."""

from __future__ import annotations

import time

from ..blender.screen import redraw
from ..engine.client.connection import Client
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.messages import error_of
from ..engine.contract.model_listing import read_listing
from ..settings.model_list import remember

TICK = 0.1


class ModelSearch:
    """One request for the list of models.

    Attributes:
        problems: sentences about places that could not be looked through.
        error: why there is no list.
        ended: when, by the monotonic clock; None while it goes on.
    """

    def __init__(self, client: Client) -> None:
        self.problems: list[str] = []
        self.error: ZoomStackError | None = None
        self.ended: float | None = None
        self._client = client
        client.request({"type": "models"})

    def tick(self) -> float | None:
        for message in self._client.poll():
            if message["type"] == "models":
                remember(read_listing(message.get("models")))
                problems = message.get("problems")
                self.problems = [str(each) for each in problems or []]
            elif message["type"] == "error":
                self.error = error_of(message)
            elif message["type"] == "done":
                self._end()
                return None
        return TICK

    def fail(self, error: ZoomStackError) -> None:
        self.error = error
        self._end()

    def abandon(self) -> None:
        self._client.close()

    def _end(self) -> None:
        self.ended = time.monotonic()
        self._client.close()
        redraw()
