"""Small checks of values that come out of somebody's JSON file."""

from __future__ import annotations

import json
import math
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import ZoomStackError

MAX_FILE_BYTES = 16 * 2**20
# JSON can name them, and no text that is shown or stored can have them: halves of characters, and
# what ends a text in C.
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_READABLE = "\N{REPLACEMENT CHARACTER}"


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
        return ZoomStackError(self.code, f"{self.document}: {text}", hint)

    def mapping(self, value: object, where: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise self.fail(f"{where} must be an object in braces, not {_kind(value)}.")
        return value

    def items(self, value: object, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise self.fail(f"{where} must be a list in square brackets, not {_kind(value)}.")
        return value

    def known_keys(self, value: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
        """A misspelt key would otherwise be a setting silently lost."""
        unknown = sorted(set(value) - allowed)
        if unknown:
            raise self.fail(
                f"{where} has an unknown key {unknown[0]!r}.",
                f"Known keys: {', '.join(sorted(allowed))}.",
            )

    def text(self, value: object, where: str) -> str:
        if not isinstance(value, str):
            raise self.fail(f"{where} must be a text in quotes, not {_kind(value)}.")
        return value

    def boolean(self, value: object, where: str) -> bool:
        if not isinstance(value, bool):
            raise self.fail(f"{where} must be true or false, not {_kind(value)}.")
        return value

    def choice(self, value: object, choices: tuple[str, ...], where: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise self.fail(f"{where} is {value!r}.", f"It can be: {', '.join(choices)}.")
        return value

    def integer(self, value: object, where: str, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fail(f"{where} must be a whole number, not {_kind(value)}.")
        if not low <= value <= high:
            raise self.fail(f"{where} is {value}; it must lie between {low} and {high}.")
        return value

    def number(self, value: object, where: str, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.fail(f"{where} must be a number, not {_kind(value)}.")
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
            raise self.fail(f'"version" must be a whole number from 1, not {value!r}.')
        if value > newest:
            raise self.fail(
                f"its version is {value}, and this Zoom Stack knows versions up to {newest}.",
                "Install a newer Zoom Stack.",
            )


def read_json(path: Path, code: str) -> object:
    """Parse a JSON file.

    Raises:
        ZoomStackError: with ``code``, when the file is missing, unreadable, too large or no JSON.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            raise ZoomStackError(code, f"{path} is no ordinary file.")  # a pipe would never end
        if about.st_size > MAX_FILE_BYTES:
            raise ZoomStackError(code, f"{path} is larger than 16 MiB, so it is no such file.")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ZoomStackError(code, f"There is no file {path}.", "Check the path.") from None
    except IsADirectoryError:
        raise ZoomStackError(code, f"{path} is a folder, not a file.") from None
    except OSError as error:
        raise ZoomStackError(code, f"{path} cannot be read: {error.strerror or error}.") from None
    except json.JSONDecodeError as error:
        raise ZoomStackError(
            code,
            f"{path} is not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}.",
            "Correct that line.",
        ) from None
    except (ValueError, RecursionError):  # also numbers of thousands of digits
        raise ZoomStackError(code, f"{path} is not a text file with JSON in it.") from None


def readable(value: Any) -> Any:
    """A value out of JSON, whose texts can be shown: U+FFFD stands for what is no character."""
    if isinstance(value, str):
        return _UNREADABLE.sub(_READABLE, value)
    if isinstance(value, Mapping):
        return {readable(key): readable(each) for key, each in value.items()}
    return [readable(each) for each in value] if isinstance(value, list) else value


def _kind(value: object) -> str:
    names = {type(None): "null", bool: "true or false", str: "a text", list: "a list"}
    names |= {dict: "an object", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)
