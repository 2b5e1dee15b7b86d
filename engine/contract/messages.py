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

    {"type": "hello", "protocol": 2, "engine": "0.3.0", "python": "3.11.7"}
    {"type": "alive"}                                        # every few seconds, whatever goes on
    {"type": "check", ...}                                   # the report of run/check_report.py
    {"type": "models", "models": [...], "problems": [...]}   # see model_listing.Listed
    {"type": "stage", "name": "load", "text": "Loading the model"}
    {"type": "progress", "step": 3, "total": 24, "level": 0, "levels": 6, "eta": 12.5}
    {"type": "preview", "step": 3, "level": 0, "levels": 6, "file": "/.../preview_00.png"}
    {"type": "warning", "code": "size", "text": "..."}
    {"type": "file", "name": "level_00.png", "part": 0, "parts": 3, "data": "..."}
    {"type": "result", "folder": "/.../stack", "levels": 6}
    {"type": "error", "code": "bad_job", "text": "...", "hint": "..."}
    {"type": "done", "status": "finished"}                   # or "cancelled", "failed"

Every request but "quit" and "cancel" ends with exactly one "done". With ``--inline-pictures``
(a worker behind ssh) "preview" carries ``"data"`` (base64 of the PNG) in the place of "file",
and before "result" the stack's files come in pieces as "file", stack.json last.
``eta`` is in seconds, or null while unknown. ``step`` counts from 1 and is finished.

``message_table`` says what may stand in each; both sides read by it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ZoomStackError
from .fields import FieldError, Record
from .message_table import MESSAGES

PROTOCOL_VERSION = 2
MAX_LINE_BYTES = 4 * 2**20
MOST_PARTS = 20_000
LONGEST_SHORT = 64 * 2**10  # characters of a line of any type but the long ones
ALIVE_SECONDS = 2.0  # between two words of a worker, at most


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

Message = dict[str, Any]


def encode(message: Message) -> str:
    """One line, newline included; newlines within texts are escaped by JSON."""
    text = json.dumps(message, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character, which JSON can carry in ASCII alone
        text = json.dumps(message, allow_nan=False)
    return text + "\n"


_LONG = re.compile(r'\s*\{"type":\s*"(?:check|models|preview|file)"')


def is_long(line: str) -> bool:
    """Whether a line begins as a message that may be long, before it is parsed as a whole.

    One with more parts than any message has would hold up whoever shares the interpreter.
    """
    parts = line.count("{") + line.count("[") + line.count(",") // 8
    return _LONG.match(line) is not None and parts < MOST_PARTS


def decode(line: str, table: Mapping[str, Record] = MESSAGES) -> Message | None:
    """Parse one line.

    Args:
        table: what may come from this direction.

    Returns:
        The message with the keys that the table knows; None for a line that is no message, as
        libraries and remote shells print them.

    Raises:
        ZoomStackError: code ``bad_message``, for a message with other values than it may have.
    """
    message = read_object(line)
    if message is None or "type" not in message:
        return None
    kind = message["type"]
    if not isinstance(kind, str):
        raise _not_understood("a type that is no text")
    return checked(message, table) if kind in table else None


def checked(message: Message, table: Mapping[str, Record] = MESSAGES) -> Message:
    """A message of a type that the table has, with what the table has of it.

    Raises:
        ZoomStackError: code ``bad_message``.
    """
    kind = message["type"]
    try:
        return {"type": kind, **table[kind].read(message)}
    except FieldError as error:
        raise _not_understood(f'in "{kind}", {error}') from None


def _not_understood(what: str) -> ZoomStackError:
    return ZoomStackError(
        "bad_message",
        f"The engine said something that is not understood: {what}.",
        "Install the same version of Zoom Stack at both ends.",
    )


def read_object(line: str) -> Message | None:
    """A line that is one JSON object; None for any other."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


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
