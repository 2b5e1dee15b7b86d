"""Kinds of values that a message between two processes may have, with their ranges.

Nothing that comes down a pipe is believed: a field's ``read`` gives the value that may be used, or
raises. Texts that are only shown are cut and cleaned instead, since a long word of the other
side's must not end a job.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .validation import kind_of

#: Half characters, which no text that is shown or stored can have, and whatever moves a cursor.
_UNREADABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
_LONGEST_PATH = 32_767  # characters, of Windows


class FieldError(ValueError):
    """A value that is none of the field's; the text goes on after the field's name."""


class Field(Protocol):
    """One kind of value."""

    def read(self, value: object) -> Any:
        """The value as it may be used.

        Raises:
            FieldError: it is no such value.
        """
        ...


@dataclass(frozen=True)
class Whole:
    """A whole number within limits, both included."""

    low: int
    high: int

    def read(self, value: object) -> int:
        if type(value) is not int:
            raise FieldError(f"is no whole number but {kind_of(value)}")
        if not self.low <= value <= self.high:
            raise FieldError(f"is not between {self.low} and {self.high}")
        return value


@dataclass(frozen=True)
class Number:
    """A finite number within limits, both included."""

    low: float
    high: float

    def read(self, value: object) -> float:
        if type(value) is not int and type(value) is not float:
            raise FieldError(f"is no number but {kind_of(value)}")
        if not self.low <= value <= self.high or not math.isfinite(value):
            raise FieldError(f"is not between {self.low:g} and {self.high:g}")
        return value


@dataclass(frozen=True)
class Text:
    """A text for people: cut where it is longer, without what cannot be shown."""

    longest: int

    def read(self, value: object) -> str:
        if type(value) is not str:
            raise FieldError(f"is no text but {kind_of(value)}")
        return shown(value, self.longest)


@dataclass(frozen=True)
class Word:
    """A text for programs: taken whole or not at all.

    Attributes:
        pattern: what it has to match, whole; None is anything without NUL.
    """

    longest: int
    pattern: str | None = None

    def read(self, value: object) -> str:
        if type(value) is not str:
            raise FieldError(f"is no text but {kind_of(value)}")
        if len(value) > self.longest:
            raise FieldError(f"is longer than {self.longest} characters")
        if "\0" in value or (self.pattern and not re.fullmatch(self.pattern, value)):
            raise FieldError(f"is {shown(repr(value), 60)}")
        return value


#: A path as the system gives it, half characters of strange file names included.
PATH = Word(_LONGEST_PATH, r"(?s).+")


@dataclass(frozen=True)
class OneOf:
    """One of several texts."""

    choices: tuple[str, ...]

    def read(self, value: object) -> str:
        if type(value) is not str or value not in self.choices:
            raise FieldError(f"is none of {', '.join(self.choices)}")
        return value


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def read(self, value: object) -> bool:
        if type(value) is not bool:
            raise FieldError(f"is not true or false but {kind_of(value)}")
        return value


@dataclass(frozen=True)
class Maybe:
    """A value of a kind, or null."""

    kind: Field

    def read(self, value: object) -> Any:
        return None if value is None else self.kind.read(value)


@dataclass(frozen=True)
class Items:
    """A list; what is beyond the limit is left out.

    Attributes:
        lenient: items that are none of the kind are left out too.
    """

    kind: Field
    most: int
    lenient: bool = False

    def read(self, value: object) -> list[Any]:
        if type(value) is not list:
            raise FieldError(f"is no list but {kind_of(value)}")
        found = []
        for each in value[: self.most]:
            try:
                found.append(self.kind.read(each))
            except FieldError:
                if not self.lenient:
                    raise
        return found


@dataclass(frozen=True)
class OneOrMany:
    """A value of a kind, or a list of such; a list in any case."""

    kind: Field
    most: int

    def read(self, value: object) -> list[Any]:
        return Items(self.kind, self.most).read(value if type(value) is list else [value])


@dataclass(frozen=True)
class Pair:
    """Two values of a kind; what was read once is one too."""

    kind: Field

    def read(self, value: object) -> tuple[Any, Any]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise FieldError("is no pair")
        return self.kind.read(value[0]), self.kind.read(value[1])


@dataclass(frozen=True)
class Table:
    """An object with any keys, as texts, and values of a kind."""

    kind: Field
    most: int

    def read(self, value: object) -> dict[str, Any]:
        if type(value) is not dict:
            raise FieldError(f"is no object but {kind_of(value)}")
        pairs = list(value.items())[: self.most]
        return {shown(key, 100): self.kind.read(each) for key, each in pairs}


@dataclass(frozen=True)
class Unread:
    """An object whose own parser checks it, with sentences of its own."""

    def read(self, value: object) -> object:
        return value


@dataclass(frozen=True)
class Record:
    """An object with known keys; others are left out, for the other side may know more.

    Attributes:
        needed: keys that must be there.
        possible: keys that may be missing.
        also: a last check of the values, which says what is wrong; "" where nothing is.
    """

    needed: Mapping[str, Field] = field(default_factory=dict)
    possible: Mapping[str, Field] = field(default_factory=dict)
    also: Callable[[Mapping[str, Any]], str] = lambda _values: ""

    def read(self, value: object) -> dict[str, Any]:
        if type(value) is not dict:
            raise FieldError(f"is no object but {kind_of(value)}")
        missing = [name for name in self.needed if name not in value]
        if missing:
            raise FieldError(f'has no "{missing[0]}"')
        kinds = {**self.needed, **self.possible}
        values = {
            name: _read(name, kind, value[name]) for name, kind in kinds.items() if name in value
        }
        problem = self.also(values)
        if problem:
            raise FieldError(problem)
        return values


def _read(name: str, kind: Field, value: object) -> Any:
    try:
        return kind.read(value)
    except FieldError as error:
        raise FieldError(f'"{name}" {error}') from None


def shown(text: str, longest: int) -> str:
    """A text as it may be shown: no longer than so many characters, and all of them printable."""
    if len(text) > longest:
        text = f"{text[: longest - 1]}…"
    return _UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.splitlines()))
