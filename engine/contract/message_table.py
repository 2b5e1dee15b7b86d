"""What may stand in each message of each protocol: one table for the side that writes and the side
that reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fields import (
    PATH,
    Flag,
    Items,
    Maybe,
    Number,
    OneOf,
    OneOrMany,
    Pair,
    Record,
    Table,
    Text,
    Unread,
    Whole,
    Word,
)
from .options import DEVICE_NAMES
from .stack import MAX_LEVELS

MOST_STEPS = 1_000_000
TIMES = range(2, 17)  # that finished pictures can be enlarged
LONGEST_ETA = 1e9  # seconds
LARGEST_PREVIEW = 2**20  # bytes
#: Bytes of a picture's file that one message carries: what is decoded at once holds up whoever
#: shares the interpreter.
PIECE = 2**19
MOST_PIECES = 800  # of one file, which is as large as the largest picture may become
#: Names of a finished stack's files; stack.json is the last one that is sent.
STACK_FILES = r"stack\.json|level_\d{2,3}(_\d{1,6})?\.png"

_CODE = Word(60, r"[\w.-]*")
_LINE = Text(200)
_SENTENCE = Text(2000)
_LEVEL = Whole(0, MAX_LEVELS - 1)
_LEVELS = Whole(1, MAX_LEVELS)
_STEP = Whole(0, MOST_STEPS)
_SECONDS = Number(0.0, LONGEST_ETA)
_BYTES = Number(0, 1e18)
_NAME = Word(500, r"(?s)[^\ud800-\udfff]+")


def _four_thirds(size: int) -> int:
    """Characters of so many bytes in base64."""
    return (size + 2) // 3 * 4


def _file_or_data(preview: Mapping[str, Any]) -> str:
    return "" if ("file" in preview) != ("data" in preview) else "has no picture, or two"


def _part_of_parts(piece: Mapping[str, Any]) -> str:
    return "" if piece["part"] < piece["parts"] else "is a part beyond its parts"


#: A model of the list; see ``model_listing.Listed``.
LISTED = Record(
    needed={"name": _NAME},
    possible={
        "kind": Word(20),
        "family": _LINE,
        "native_size": Maybe(Pair(Whole(1, 10**6))),
        "size": _BYTES,
        "draft": Flag(),
        "asks_prediction": Flag(),
        "pipeline": _LINE,
        "checkpoint": Word(20),
        "folder": Text(4000),
        "problem": _SENTENCE,
        "hint": _SENTENCE,
        "ok": Flag(),
    },
)
LISTING = Items(LISTED, 5000, lenient=True)

_ERROR = Record(needed={"code": _CODE, "text": _SENTENCE}, possible={"hint": _SENTENCE})
_STATUS = OneOf(("finished", "cancelled", "failed"))

#: From the worker.
MESSAGES: Mapping[str, Record] = {
    "hello": Record(
        needed={"protocol": Whole(0, 10**6)}, possible={"engine": _LINE, "python": _LINE}
    ),
    "alive": Record(),
    "check": Record(
        needed={"ok": Flag(), "problems": Items(_SENTENCE, 50)},
        possible={
            "engine": _LINE,
            "python": Record(possible={"version": _LINE, "executable": Text(4000)}),
            "platform": _LINE,
            "torch": Maybe(_LINE),
            "packages": Table(Maybe(_LINE), 100),
            "devices": Items(
                Record(
                    needed={"name": _LINE},
                    possible={
                        "label": _LINE,
                        "memory_total": Maybe(_BYTES),
                        "memory_free": Maybe(_BYTES),
                    },
                ),
                64,
            ),
            "device": Maybe(_LINE),
            "models": LISTING,
            "notes": Items(_SENTENCE, 50),
        },
    ),
    "models": Record(needed={"models": LISTING, "problems": Items(_SENTENCE, 50)}),
    "stage": Record(needed={"name": Word(40, r"\w+"), "text": _LINE}),
    "progress": Record(
        needed={"step": _STEP, "total": Whole(1, MOST_STEPS), "eta": Maybe(_SECONDS)},
        possible={"level": _LEVEL, "levels": _LEVELS},
    ),
    "preview": Record(
        needed={"step": _STEP, "level": _LEVEL, "levels": _LEVELS},
        possible={"file": PATH, "data": Word(_four_thirds(LARGEST_PREVIEW))},
        also=_file_or_data,
    ),
    "warning": Record(needed={"code": _CODE, "text": _SENTENCE}),
    "file": Record(
        needed={
            "name": Word(40, STACK_FILES),
            "part": Whole(0, MOST_PIECES - 1),
            "parts": Whole(1, MOST_PIECES),
            "data": Word(_four_thirds(PIECE)),
        },
        also=_part_of_parts,
    ),
    "result": Record(needed={"folder": PATH, "levels": _LEVELS}),
    "error": _ERROR,
    "done": Record(needed={"status": _STATUS}),
}

#: To the worker. What stands in a job, its own parser says in sentences.
REQUESTS: Mapping[str, Record] = {
    "generate": Record(
        needed={"job": Unread(), "out": PATH},
        possible={
            "resume": Flag(),
            "overwrite": Flag(),
            "device": OneOf(DEVICE_NAMES),
            "models": OneOrMany(PATH, 100),
        },
    ),
    "sharpen": Record(
        needed={"stack": PATH, "out": PATH},
        possible={
            "times": Whole(TIMES[0], TIMES[-1]),
            "upscaler": Text(500),
            "overwrite": Flag(),
            "device": OneOf(DEVICE_NAMES),
        },
    ),
    "check": Record(),
    "models": Record(),
    "cancel": Record(),
    "quit": Record(),
}

#: From an installation; see ``commands/install.py``.
INSTALLER: Mapping[str, Record] = {
    "stage": Record(needed={"text": _LINE}),
    "chosen": Record(needed={"backend": Word(40, r"[\w.]+")}),
    "progress": Record(
        needed={"done": _BYTES, "total": _BYTES, "speed": _BYTES}, possible={"what": Text(40)}
    ),
    "note": Record(needed={"text": _SENTENCE}),
    "error": _ERROR,
    "done": Record(needed={"status": _STATUS}, possible={"python": Text(4000)}),
}
