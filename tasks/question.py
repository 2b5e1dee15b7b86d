"""One request to the engine that is answered by one message."""

from __future__ import annotations

from ..blender.screen import redraw
from ..engine.client.connection import Client
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.messages import Message, error_of

_TICK = 0.1
_PATIENCE = 60.0  # seconds of silence; a worker that is well says something every two


class Question:
    """Asks, and waits for the answer.

    Args:
        client: a worker of its own.
        kind: the type of the request, and of the message that answers it.

    Attributes:
        error: why there is no answer.
    """

    def __init__(self, client: Client, kind: str) -> None:
        self.error: ZoomStackError | None = None
        self._client = client
        self._kind = kind
        client.request({"type": kind})

    def take(self, answer: Message) -> None:
        """Keep the answer; nothing in it is taken for granted."""
        raise NotImplementedError

    def tick(self) -> float | None:
        for message in self._client.poll():
            if message["type"] == self._kind:
                self.take(message)
            elif message["type"] == "error":
                self.error = error_of(message)
            elif message["type"] == "done":
                self._end()
                return None
        if self._client.silent_seconds() > _PATIENCE:
            text = f"The engine has not said a word for {_PATIENCE:g} seconds."
            self.fail(ZoomStackError("silent", text, "Check the engine in the preferences."))
            return None
        return _TICK

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
