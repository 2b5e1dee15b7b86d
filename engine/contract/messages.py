"""The worker protocol: one JSON object a line, in both directions.

Blender's side writes requests to the worker's standard input; the worker writes messages to its
standard output and everything else (logs, libraries' chatter) to standard error. End of file at
its standard input ends the worker.

Requests::

    {"type": "generate", "job": {...}, "out": "DIR", "resume": false, "device": "auto"}
    {"type": "sharpen", "stack": "DIR", "out": "DIR", "times": 4, "upscaler": "automatic"}
    {"type": "check"}
    {"type": "models"}
    {"type": "cancel"}          # ends the running job after its present step
    {"type": "quit"}

Messages, in the order in which they come::

    {"type": "hello", "protocol": 1, "engine": "0.3.0", "python": "3.11.7"}
    {"type": "check", ...}                                   # the report of run/check_report.py
    {"type": "models", "models": [...], "problems": [...]}   # see model_listing.Listed
    {"type": "stage", "name": "load", "text": "Loading the model"}
    {"type": "progress", "step": 3, "total": 24, "level": 0, "levels": 6, "eta": 12.5}
    {"type": "preview", "step": 3, "level": 0, "levels": 6, "file": "/.../preview_00.png"}
    {"type": "warning", "code": "size", "text": "..."}
    {"type": "result", "folder": "/.../stack", "levels": 6}
    {"type": "error", "code": "bad_job", "text": "...", "hint": "..."}
    {"type": "done", "status": "finished"}                   # or "cancelled", "failed"

Every request but "quit" and "cancel" ends with exactly one "done". With ``--inline-pictures``
(a worker behind ssh) "preview" carries ``"data"`` (base64 of the PNG) in the place of "file",
and "result" carries ``"files": {"stack.json": base64, ...}``.
``eta`` is in seconds, or null while unknown. ``step`` counts from 1 and is finished.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .errors import ZoomStackError

PROTOCOL_VERSION = 1
MAX_LINE_BYTES = 512 * 2**20


@dataclass(frozen=True)
class Stage:
    """A part of a job, as "stage" names it.

    Attributes:
        name: for programs.
        text: for people.
        can_save: a cancel waits until the present step is saved; elsewhere nothing would be lost,
            and it is answered at once.
    """

    name: str
    text: str
    can_save: bool


#: In the order in which a job runs through them; "refine" where it has a second stage, and
#: "enlarge" in the place of "finish" where enlarging takes its time: its progress is in per cent.
LOAD = Stage("load", "Loading the model", can_save=False)
PROMPTS = Stage("prompts", "Reading the prompts", can_save=False)
FIT = Stage("fit", "Seeing how the model codes pictures of two scales", can_save=False)
SAMPLE = Stage("sample", "Sampling all levels together", can_save=True)
REFINE = Stage("refine", "Refining all levels together", can_save=True)
ENLARGE = Stage("enlarge", "Enlarging the pictures", can_save=True)
FINISH = Stage("finish", "Writing the pictures", can_save=True)

MESSAGE_TYPES = frozenset(
    {
        "hello",
        "check",
        "models",
        "stage",
        "progress",
        "preview",
        "warning",
        "result",
        "error",
        "done",
    }
)
REQUEST_TYPES = frozenset({"generate", "sharpen", "check", "models", "cancel", "quit"})

Message = dict[str, Any]


def encode(message: Message) -> str:
    """One line, newline included; newlines within texts are escaped by JSON."""
    text = json.dumps(message, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character, which JSON can carry in ASCII alone
        text = json.dumps(message, allow_nan=False)
    return text + "\n"


def decode(line: str, types: frozenset[str] = MESSAGE_TYPES) -> Message:
    """Parse one line.

    Args:
        types: the types that may come from this direction.

    Raises:
        ZoomStackError: code ``bad_message``, when the line is no message of the protocol.
    """
    message = read_object(line)
    if message is None or not _is_one_of(message.get("type"), types):
        raise ZoomStackError("bad_message", f"Not a message of the protocol: {line[:200]!r}.")
    return message


def read_object(line: str) -> Message | None:
    """A line that is one JSON object; None for any other."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_one_of(value: object, types: frozenset[str]) -> bool:
    return isinstance(value, str) and value in types


def error_message(error: ZoomStackError) -> Message:
    """The "error" message that carries an exception."""
    return {"type": "error", "code": error.code, "text": error.text, "hint": error.hint}


def error_of(message: Message) -> ZoomStackError:
    """The exception that an "error" message carries; the inverse of ``error_message``.

    Another version, or another machine, may have sent it: what it leaves out is empty.
    """
    return ZoomStackError(
        str(message.get("code", "")), str(message.get("text", "")), str(message.get("hint", ""))
    )
