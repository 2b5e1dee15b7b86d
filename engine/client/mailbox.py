"""What a worker has said and nobody has fetched yet: bounded, whatever the worker says.

Of what only the last word counts, the last word is kept; previews wait until the one before was
looked at for a moment; the same warning is told once, and not too many of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable

from ..contract.messages import Message

MOST_WARNINGS = 50
PREVIEW_SECONDS = 0.25  # between two previews of one level
_HELLO = ("hello", None)
_MORE = {"type": "warning", "code": "more", "text": "The engine said more than is shown here."}


class Mailbox:
    """Messages from a thread to the one that polls; safe to use from both."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, Message] = {}
        self._shown: dict[int, float] = {}  # when a level's preview was fetched
        self._warnings: set[str] = set()

    def begin(self) -> None:
        """A new request: its warnings count anew. A hello is of the worker, and stays."""
        with self._lock:
            self._waiting = {key: said for key, said in self._waiting.items() if key == _HELLO}
            self._warnings.clear()
            self._shown.clear()

    def put(self, message: Message) -> None:
        """Add a message of the table; it may take the place of an older one."""
        with self._lock:
            kind = message["type"]
            if kind == "warning" and not self._is_news(message["text"]):
                return
            if kind == "warning" and len(self._warnings) > MOST_WARNINGS:
                message = _MORE
            if ("done", None) in self._waiting:
                return  # what comes after it is of nobody's request
            key = (kind, message.get("level") if kind == "preview" else message.get("text"))
            if kind in ("stage", "error"):
                key = (kind, None)
            self._waiting.pop(key, None)
            self._waiting[key] = message

    def take(self) -> list[Message]:
        """What has come since, oldest first."""
        now = time.monotonic()
        with self._lock:
            at_the_end = bool({("result", None), ("done", None)} & self._waiting.keys())
            ready = [
                key
                for key, message in self._waiting.items()
                if at_the_end or message["type"] != "preview" or self._is_due(message, now)
            ]
            return [self._waiting.pop(key) for key in ready]

    def _is_news(self, text: str) -> bool:
        if text in self._warnings or len(self._warnings) > MOST_WARNINGS:
            return False
        self._warnings.add(text)
        return True

    def _is_due(self, preview: Message, now: float) -> bool:
        level = preview["level"]
        if now - self._shown.get(level, 0.0) < PREVIEW_SECONDS:
            return False
        self._shown[level] = now
        return True
