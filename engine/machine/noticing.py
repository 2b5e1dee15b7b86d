"""What is noticed deep inside while a model works, for whoever can tell a person.

Models know nothing of messages; a run listens to them. Nobody has to.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

_LOG = logging.getLogger("zoom_stack.noticed")
_LOG.addHandler(logging.NullHandler())
_LOG.setLevel(logging.INFO)
_LOG.propagate = False


def notice(sentence: str) -> None:
    """Say, in a sentence, what goes otherwise than it should, though it goes on."""
    _LOG.info(sentence)


@contextlib.contextmanager
def noticed(tell: Callable[[str], None]) -> Iterator[None]:
    """Have ``tell`` called with each sentence, as long as this is entered."""
    listener = _Listener(tell)
    _LOG.addHandler(listener)
    try:
        yield
    finally:
        _LOG.removeHandler(listener)


class _Listener(logging.Handler):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())
