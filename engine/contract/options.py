"""Every option of a job, declared once: a field of a dataclass, made by :func:`option`.

From the declaration come the job's parser and its sentences, Blender's properties and the rows that
show them, both ways between settings and job, and the table in ``docs/formats.md``. A field that
needs code of its own (``by_hand``) is declared for the table alone.

JSON, dataclass and Blender's property call an option by the same name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .validation import Checker

LARGEST_INTEGER = 2**31 - 1  # a property of Blender's holds no larger one
MAX_SEED = 2**53  # JSON readers elsewhere hold numbers as doubles

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Choice:
    """One of the values of an option, or of a setting like one.

    Attributes:
        name: as in JSON.
        title, text: for people.
    """

    name: str
    title: str
    text: str


#: What the engine can compute on.
DEVICES = (
    Choice("auto", "Automatic", "A graphics card when the engine finds one, else the processor"),
    Choice("cpu", "Processor", "Works everywhere"),
    Choice("cuda", "CUDA", "An NVIDIA card, or an AMD card with a ROCm build of torch"),
    Choice("mps", "Metal", "Apple's graphics processor"),
)
DEVICE_NAMES = tuple(each.name for each in DEVICES)


@dataclass(frozen=True)
class Switch:
    """A property of Blender's that is on where an option has a value of its own, not null."""

    name: str
    text: str


@dataclass(frozen=True)
class Option:
    """What is known of an option besides its name.

    Attributes:
        default: where the job says nothing; None is JSON's null.
        start: what a new panel holds; its type is the option's.
        title, text: label and tooltip.
        words: how complaints call it; empty is its name in quotes.
        low, high: limits of a number, or of both of a pair.
        choices: all values, where they are few.
        switch: of an option that can be null.
        parts: where a pair is two properties of Blender's, their names and tooltips.
        stripped: a text without the space around it, and the default where it is blank.
        listed: a model's name: the panel shows the property ``<name>_choice`` in its place, a list
            of those that are there.
        advanced: a row of the panel's Advanced section.
        only_with: another option and the value of it without which this one does nothing.
        hints: more for Blender's property: soft limits, step, precision, subtype.
        by_hand: parsed and shown by code of its own.
        values, meaning: the table's words, where others than these serve better.
    """

    default: Any
    start: Any
    title: str
    text: str
    words: str = ""
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Choice, ...] = ()
    switch: Switch | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    stripped: bool = False
    listed: bool = False
    advanced: bool = False
    only_with: tuple[str, str] | None = None
    hints: Mapping[str, Any] = field(default_factory=dict)
    by_hand: bool = False
    values: str = ""
    meaning: str = ""


def option(default: Any, title: str, text: str, *, start: Any = None, **known: Any) -> Any:
    """Declare a field of a dataclass as an option; keywords as of :class:`Option`.

    Args:
        default: of the field; ``dataclasses.MISSING`` where there is none.
        start: the default, where it is left out.
    """
    declared = Option(default, default if start is None else start, title, text, **known)
    return field(default=default, metadata={Option: declared})


@cache
def options_of(declaring: type) -> dict[str, Option]:
    """The options that a dataclass declares, in their order."""
    fields = dataclasses.fields(declaring)
    return {each.name: each.metadata[Option] for each in fields if Option in each.metadata}


def plain_options(declaring: type) -> dict[str, Option]:
    """Those that are read, shown and written by their declaration alone."""
    return {name: each for name, each in options_of(declaring).items() if not each.by_hand}


def read_options(
    declaring: type,
    data: Mapping[str, Any],
    check: Checker,
    of: str = "",
    names: Collection[str] | None = None,
) -> dict[str, Any]:
    """A class's plain options out of a JSON object.

    Args:
        of: what they belong to, for complaints: "level 2".
        names: these alone.

    Raises:
        ZoomStackError: with the checker's code, naming the option.
    """
    values = {}
    for name, declared in plain_options(declaring).items():
        if names is None or name in names:
            words = declared.words or f'"{name}"'
            where = f"{words} of {of}" if of else words
            values[name] = _read(declared, data.get(name, declared.default), check, where)
    return values


def cleaned(declared: Option, value: Any) -> Any:
    """A value as a job holds it."""
    return (value.strip() or declared.default) if declared.stripped else value


def _read(declared: Option, value: object, check: Checker, where: str) -> Any:
    if value is None and declared.default is None:
        return None
    if declared.choices:
        return check.choice(value, tuple(each.name for each in declared.choices), where)
    match declared.start:
        case bool():
            return check.boolean(value, where)
        case int():
            return check.integer(value, where, int(declared.low), int(declared.high))
        case float():
            return check.number(value, where, declared.low, declared.high)
        case str():
            return cleaned(declared, check.readable(value, where))
        case (int(), int()):
            pair = zip(check.pair(value, where), declared.parts, strict=True)
            limits = int(declared.low), int(declared.high)
            return tuple(check.integer(side, f"the {part}", *limits) for side, part in pair)
        case _:
            low, high = declared.low, declared.high
            return tuple(check.number(each, where, low, high) for each in check.pair(value, where))


def table_of(declaring: type, prefix: str = "") -> list[str]:
    """A class's rows of the table in ``docs/formats.md``: | key | values; default | meaning |.

    Args:
        prefix: of each key.
    """
    rows = []
    for name, declared in options_of(declaring).items():
        meaning = declared.meaning or declared.text[:1].lower() + declared.text[1:]
        rows.append(f"| `{prefix}{name}` | {declared.values or _values(declared)} | {meaning} |")
    return rows


def _values(declared: Option) -> str:
    null = declared.default is None
    match declared.start:
        case str() if declared.choices:
            values = ", ".join(f"`{each.name}`" for each in declared.choices)
        case bool():
            values = "true or false"
        case str():
            return "text"
        case _:
            values = f"{_number(declared.low)} to {_number(declared.high)}"
    return f"{values} or null; null" if null else f"{values}; {_default(declared.default)}"


def _default(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"`{value}`"
        case tuple():
            return f"`[{', '.join(map(_number, value))}]`"
        case _:
            return _number(value)


def _number(value: float) -> str:
    if value > LARGEST_INTEGER:  # of these only powers of two are limits
        return f"2{str(int(value).bit_length() - 1).translate(_SUPERSCRIPTS)}"
    return f"{value:g}"
