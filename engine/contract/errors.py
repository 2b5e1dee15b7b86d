"""The one exception that reaches a person."""

from __future__ import annotations


class ZoomStackError(Exception):
    """Something the user can mend: what is wrong and where, then what to do.

    Attributes:
        code: short, stable and lower-case, for programs ("bad_job", "missing_picture", ...).
        text: one sentence that says what is wrong and where.
        hint: one sentence that says what to do; may be empty.
    """

    def __init__(self, code: str, text: str, hint: str = "") -> None:
        self.code = code
        self.text = text
        self.hint = hint
        super().__init__(f"{text} {hint}".strip())
