"""A reader of what others wrote, as a function of a file's bytes, and inputs for it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.mutations import mutated_json

Read = Callable[[bytes, Path], object]
Mutate = Callable[[Any, random.Random], bytes]


@dataclass(frozen=True)
class Parser:
    """One reader.

    Attributes:
        seeds: sound inputs: documents for ``mutated_json``, else bytes.
        read: takes a mutated input's bytes and a folder that is its own.
        mutate: makes inputs of seeds.
        refuses: what it may raise besides ZoomStackError: courtesies that nobody is told of.
    """

    seeds: list[Any]
    read: Read
    mutate: Mutate = mutated_json
    refuses: tuple[type[Exception], ...] = ()


def example(parser: Parser, chance: random.Random, strangers: list[Any]) -> bytes:
    """One input for a parser.

    Args:
        strangers: sound inputs of other parsers, which it gets now and then.
    """
    seed = chance.choice(parser.seeds)
    if chance.random() < 0.05:
        seed = chance.choice([each for each in strangers if type(each) is type(seed)] or [seed])
    return parser.mutate(seed, chance)


def in_file(name: str, read: Callable[[Path], object]) -> Read:
    """Write the bytes into a file of the folder and read that."""

    def run(content: bytes, folder: Path) -> object:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return read(file)

    return run
