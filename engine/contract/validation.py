"""Small checks of values that come out of somebody's JSON file."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .errors import ZoomStackError
from .ordinary_files import NotOrdinaryError, read_ordinary

MAX_FILE_BYTES = 16 * 2**20
MAX_TEXT = 20_000  # characters of a prompt, a name or a path
MAX_DEPTH = 100  # of lists and objects in one another, in a file
_MOST_BRACKETS = 1_000_000  # in a file: each takes a hundred times its own size of memory
_LONGEST_SHOWN = 80  # characters of a value in a complaint
_LONGEST_COMPLAINT = 1000
# JSON can name them, and no text that is shown or stored can have them: halves of characters, and
# what ends a text in C.
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_READABLE = "\N{REPLACEMENT CHARACTER}"


class NewerError(ZoomStackError):
    """A document of a newer Zoom Stack: nothing is wrong with it."""


class Checker:
    """Reads values of one JSON document and names the place of whatever is wrong.

    Args:
        code: the ``ZoomStackError`` code that every complaint carries.
        document: what the document is called in the complaint, such as ``"the job"``.
    """

    def __init__(self, code: str, document: str) -> None:
        self.code = code
        self.document = document

    def fail(self, text: str, hint: str = "") -> ZoomStackError:
        return ZoomStackError(self.code, f"{self.document}: {_cut(text, _LONGEST_COMPLAINT)}", hint)

    def mapping(self, value: object, where: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise self.fail(f"{where} must be an object in braces, not {kind_of(value)}.")
        return value

    def items(self, value: object, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise self.fail(f"{where} must be a list in square brackets, not {kind_of(value)}.")
        return value

    def known_keys(self, value: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
        """A misspelt key would otherwise be a setting silently lost."""
        unknown = sorted(set(value) - allowed)
        if unknown:
            raise self.fail(
                f"{where} has an unknown key {shown(unknown[0])}.",
                f"Known keys: {', '.join(sorted(allowed))}.",
            )

    def text(self, value: object, where: str) -> str:
        if not isinstance(value, str):
            raise self.fail(f"{where} must be a text in quotes, not {kind_of(value)}.")
        if len(value) > MAX_TEXT:
            raise self.fail(
                f"{where} has {len(value):,} characters; at most {MAX_TEXT:,} are possible.",
                "Make it shorter.",
            )
        return value

    def readable(self, value: object, where: str) -> str:
        """A text that can be shown, stored and read by models."""
        text = self.text(value, where)
        bad = _UNREADABLE.search(text)
        if bad:
            raise self.fail(
                f"{where} has {_ascii(bad[0])} in it, which is no character: {shown(text)}.",
                "Write it again.",
            )
        return text

    def path(self, value: object, where: str) -> str:
        """The path of a file or folder, as this system can have it."""
        text = self.text(value, where)
        try:
            bad = b"\0" in os.fsencode(text)
        except UnicodeEncodeError:
            bad = True
        if bad:
            raise self.fail(
                f"{where} is {shown(text)}, which no file can be called.", "Correct its name."
            )
        return text

    def boolean(self, value: object, where: str) -> bool:
        if not isinstance(value, bool):
            raise self.fail(f"{where} must be true or false, not {kind_of(value)}.")
        return value

    def choice(self, value: object, choices: tuple[str, ...], where: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise self.fail(f"{where} is {shown(value)}.", f"It can be: {', '.join(choices)}.")
        return value

    def integer(self, value: object, where: str, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fail(f"{where} must be a whole number, not {kind_of(value)}.")
        if not low <= value <= high:
            raise self.fail(f"{where} is {shown(value)}; it must lie between {low} and {high}.")
        return value

    def number(self, value: object, where: str, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.fail(f"{where} must be a number, not {kind_of(value)}.")
        if isinstance(value, int):  # of any length, in JSON
            value = float(max(min(value, 10**300), -(10**300)))
        if not math.isfinite(value) or not low <= value <= high:
            raise self.fail(f"{where} is {value:g}; it must lie between {low:g} and {high:g}.")
        return float(value)

    def pair(self, value: object, where: str) -> tuple[object, object]:
        if not isinstance(value, (list, tuple)) or len(value) != 2:
            raise self.fail(f"{where} must be a pair of numbers such as [0.5, 0.5].")
        return value[0], value[1]

    def version(self, value: object, newest: int) -> None:
        """Accept versions 1 to ``newest``; a newer file needs a newer Zoom Stack."""
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.fail(f'"version" must be a whole number from 1, not {shown(value)}.')
        if value > newest:
            raise NewerError(
                self.code,
                f"{self.document}: its version is {shown(value)}, and this Zoom Stack knows "
                f"versions up to {newest}.",
                "Install a newer Zoom Stack.",
            )


def read_json(path: Path, code: str, called: str = "", *, finite: bool = True) -> object:
    """Parse a JSON file.

    Args:
        called: what complaints call it; by default its path.
        finite: refuse NaN and the infinities, which JSON has not; libraries of models write them.

    Raises:
        ZoomStackError: with ``code``, when the file is missing, unreadable, too large or no JSON.
    """
    called = called or str(path)
    try:
        content = read_ordinary(path, MAX_FILE_BYTES)
    except FileNotFoundError:
        raise ZoomStackError(code, f"There is no file {called}.", "Check the path.") from None
    except NotOrdinaryError as error:
        raise ZoomStackError(code, f"{called} cannot be read: {error.reason}.") from None
    except OSError as error:
        raise ZoomStackError(code, f"{called} cannot be read: {error.strerror or error}.") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ZoomStackError(
            code,
            f"{called} is not a text file with JSON in it: byte {error.start + 1} is no UTF-8.",
            "Save it as UTF-8.",
        ) from None
    return parse_json(text, code, called, finite=finite)


def parse_json(text: str, code: str, called: str, *, finite: bool = True) -> object:
    """Parse JSON out of somebody's hands; it is at most ``MAX_DEPTH`` deep.

    Args:
        called: what complaints call it.
        finite: as in ``read_json``.

    Raises:
        ZoomStackError: with ``code``.
    """
    try:
        if text.count("[") + text.count("{") > _MOST_BRACKETS:
            raise ZoomStackError(code, f"{called} has more than a million lists and objects.")
        content = json.loads(text, parse_constant=_no_number if finite else None)
    except json.JSONDecodeError as error:
        raise ZoomStackError(
            code,
            f"{called} is not valid JSON: {error.msg} in line {error.lineno}, column "
            f"{error.colno}.",
            "Correct that line.",
        ) from None
    except _NoNumberError as error:
        raise ZoomStackError(
            code, f"{called} is not valid JSON: {error} is no number there.", "Write a number."
        ) from None
    except ValueError:
        raise ZoomStackError(
            code,
            f"{called} is not a text file with JSON in it: a number has thousands of digits.",
            "Write it shorter.",
        ) from None
    except RecursionError:
        raise _too_deep(code, called) from None
    level = [content]
    for _ in range(MAX_DEPTH):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return content
    raise _too_deep(code, called)


class _NoNumberError(Exception):
    """NaN or an infinity, which Python reads and writes, and other programs refuse."""


def _no_number(name: str) -> float:
    raise _NoNumberError(name)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep(code: str, called: str) -> ZoomStackError:
    return ZoomStackError(
        code,
        f"{called} has lists and objects in one another more than {MAX_DEPTH} deep.",
        "Correct it, or write it again.",
    )


def shown(value: object) -> str:
    """A value as a complaint has it: as Python writes it, short, and all of it readable."""
    if isinstance(value, str):
        return repr(str(readable(_cut(value, _LONGEST_SHOWN))))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_LONGEST_SHOWN:
        return "a number of very many digits"
    if isinstance(value, (dict, list)):
        return kind_of(value)
    return repr(value)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _ascii(letter: str) -> str:
    return f"U+{ord(letter):04X}"


def readable(value: Any) -> Any:
    """A value out of JSON, whose texts can be shown: U+FFFD stands for what is no character."""
    if isinstance(value, str):
        return _UNREADABLE.sub(_READABLE, value)
    if isinstance(value, Mapping):
        return {readable(key): readable(each) for key, each in value.items()}
    return [readable(each) for each in value] if isinstance(value, list) else value


def kind_of(value: object) -> str:
    """What a value out of JSON is, for people."""
    names = {type(None): "null", bool: "true or false", str: "a text", list: "a list"}
    names |= {dict: "an object", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)
