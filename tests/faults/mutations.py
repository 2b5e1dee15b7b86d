"""Hostile inputs out of sound ones: values that JSON can carry and no program expects, and bytes
that are flipped, cut, doubled or moved."""

from __future__ import annotations

import json
import random
from typing import Any

_LONG = "1" * 5000
#: Stand-ins that ``_with_numbers`` makes numbers which no encoder writes.
_NUMBERS = {"@digits@": _LONG, "@huge@": "1" + "0" * 400, "@inf@": "Infinity", "@nan@": "NaN"}


def _deep(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


_STRANGE: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63) - 1,
    1e308,
    -1e308,
    1e-320,
    0.1,
    *_NUMBERS,
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\udcff.png",
    "\x1b[31mred",
    "\u202egnp.a",
    "x" * 300,
    "x" * 100_000,
    "é" * 300,
    "../../../../etc/passwd",
    "/etc/passwd",
    "/dev/zero",
    "/dev/stdin",
    "C:\\Windows\\system.ini",
    "\\\\server\\share\\a.png",
    "CON",
    "NUL.png",
    "a.png:stream",
    "sub/C:x.png",
    "a.png.",
    "%s%n{0}",
    "$(touch escaped)",
    "__class__",
    [],
    {},
    [None] * 1000,
    {"": {}},
    {"version": 10**9},
    [[[]]],
    {str(n): n for n in range(300)},
]


def mutated_json(value: Any, chance: random.Random) -> bytes:
    """A JSON document with one to four places changed, and now and then no JSON at all."""
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        value = _changed(value, chance)
    if chance.random() < 0.02:
        value = _deep(chance.choice([50, 500, 900])) if chance.random() < 0.5 else value
    try:
        text = json.dumps(value, ensure_ascii=chance.random() < 0.7)
    except (ValueError, RecursionError):
        text = "[" * 100_000
    for name, number in _NUMBERS.items():
        text = text.replace(f'"{name}"', number)
    content = text.encode("utf-8", "surrogatepass")
    return mutated_bytes(content, chance) if chance.random() < 0.15 else content


def _changed(value: Any, chance: random.Random) -> Any:
    """The same with one place changed, anywhere in it."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        changed = dict(value)
        key = chance.choice(list(changed))
        kind = chance.random()
        if kind < 0.1:
            del changed[key]
        elif kind < 0.2:
            changed[str(chance.choice(_STRANGE))[:50]] = changed[key]
        else:
            changed[key] = _changed(changed[key], chance)
        return changed
    if isinstance(value, list) and value and chance.random() < 0.85:
        items = list(value)
        place = chance.randrange(len(items))
        kind = chance.random()
        if kind < 0.1:
            del items[place]
        elif kind < 0.2:
            items += items * chance.choice([1, 3, 100])
        else:
            items[place] = _changed(items[place], chance)
        return items
    return chance.choice(_STRANGE)


def mutated_bytes(content: bytes, chance: random.Random) -> bytes:
    """Some of a file's bytes are flipped, cut out, doubled, zeroed or made as large as they go."""
    data = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 8])):
        place = chance.randrange(len(data) + 1)
        length = chance.choice([1, 2, 4, 8, 64])
        match chance.randrange(7):
            case 0:
                data[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[place : place + length]
            case 2:
                del data[place:]
            case 3:
                data[place:place] = data[place : place + length] * chance.choice([1, 2, 50])
            case 4:
                data[place : place + length] = bytes(length)
            case 5:
                data[place : place + length] = b"\xff" * length
            case _:
                data[place:place] = chance.randbytes(length)
    return bytes(data)
