"""The preferences' Check: asks the engine what it is and what it has."""

from __future__ import annotations

from typing import Any

from ..blender.screen import redraw
from ..engine.client.connection import Client
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.messages import error_of
from ..engine.contract.model_listing import read_listing
from ..settings.model_list import remember

TICK = 0.1


class Check:
    """One request for the engine's report.

    Attributes:
        report: what ``python -m engine check`` says; None while unknown.
        error: why there is none.
    """

    def __init__(self, client: Client) -> None:
        self.report: dict[str, Any] | None = None
        self.error: ZoomStackError | None = None
        self._client = client
        client.request({"type": "check"})

    def tick(self) -> float | None:
        for message in self._client.poll():
            if message["type"] == "check":
                self.report = {key: value for key, value in message.items() if key != "type"}
                remember(read_listing(self.report.get("models")))
            elif message["type"] == "error":
                self.error = error_of(message)
            elif message["type"] == "done":
                self._end()
                return None
        return TICK

    def cancel(self) -> None:
        self._client.cancel()

    def fail(self, error: ZoomStackError) -> None:
        self.error = error
        self._end()

    def abandon(self) -> None:
        self._client.close()

    def _end(self) -> None:
        self._client.close()
        redraw()
