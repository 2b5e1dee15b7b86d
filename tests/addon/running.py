"""What add-on tests of a run share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devtools import bpy_session

PROMPTS = ("a spiral galaxy", "a star field", "a planet")

# Lets the fake engine do as a word says; see tests/doubles/fake_worker.py.
UseWorker = Callable[[str], None]


def latest() -> Any:
    """Where the extension keeps what goes on."""
    return bpy_session.submodule("tasks.latest")
