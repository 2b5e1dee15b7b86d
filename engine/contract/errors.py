"""The one exception that reaches a person."""

from __future__ import annotations

from enum import Enum, auto


class Remedy(Enum):
    """What a hint says to do, where the command line has an argument for it.

    Blender has buttons; only the hint's words travel to it.
    """

    GO_ON = auto()  # with the unfinished run
    START_ANEW = auto()  # and leave the unfinished run
    REPLACE = auto()  # what is in the folder
    CHOOSE_MODELS = auto()  # another models folder


class ZoomStackError(Exception):
    """Something the user can mend: what is wrong and where, then what to do.

    Attributes:
        code: short, stable and lower-case, for programs ("bad_job", "missing_picture", ...).
        text: one sentence that says what is wrong and where.
        hint: one sentence that says what to do; may be empty. It suits a panel and a terminal.
        remedy: what of it the command line has an argument for.
    """

    def __init__(self, code: str, text: str, hint: str = "", remedy: Remedy | None = None) -> None:
        self.code = code
        self.text = text
        self.hint = hint
        self.remedy = remedy
        super().__init__(f"{text} {hint}".strip())
