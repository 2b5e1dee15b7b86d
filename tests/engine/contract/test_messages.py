"""Errors travel through the protocol unchanged."""

from __future__ import annotations

from engine.contract.errors import ZoomStackError
from engine.contract.messages import decode, encode, error_message, error_of


def test_an_error_comes_through_the_pipe_as_it_was() -> None:
    error = ZoomStackError("bad_job", "Level 2: “a\nb” is wrong.", "Correct it.")
    received = error_of(decode(encode(error_message(error))))
    expected = (error.code, "Level 2: “a b” is wrong.", error.hint)
    assert (received.code, received.text, received.hint) == expected


def test_an_error_without_a_hint_is_one_too() -> None:
    error = error_of({"type": "error", "code": "odd", "text": "Something."})
    assert (error.code, str(error), error.hint) == ("odd", "Something.", "")
