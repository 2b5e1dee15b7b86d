"""The preferences' Check: asks the engine what it is and what it has."""

from __future__ import annotations

from typing import Any

from ..blender import folders
from ..engine.client.connection import Client
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.job import BUNDLED, BUNDLED_SECOND
from . import runner

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
                _remember_models(self.report)
            elif message["type"] == "error":
                self.error = ZoomStackError(message["code"], message["text"], message["hint"])
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
        jobs.redraw()


def _remember_models(report: dict[str, Any]) -> None:
    """For the choice of model: a remote engine's models are known from its report alone."""
    models = report.get("models") or []
    names = [model["name"] for model in models if isinstance(model, dict) and model.get("name")]
    folders.preferences().remote_models = "\n".join(
        name for name in names if name not in (BUNDLED, BUNDLED_SECOND)
    )
