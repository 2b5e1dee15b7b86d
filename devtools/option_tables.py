"""The tables of a job's options in ``docs/formats.md``, written from the options' declarations.

``dev.py format`` writes them; a test holds the document against the declarations.
"""

from __future__ import annotations

import re

from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.options import table_of

from .paths import REPO

DOCUMENT = REPO / "docs" / "formats.md"
_HEAD = ["| key | values; default | meaning |", "|---|---|---|"]
_TABLES = {"job": (Job, ""), "level": (LevelSpec, ""), "sampler": (SamplerSettings, "sampler.")}


def with_tables(text: str) -> str:
    """A document with its tables as they should be.

    Each lies between a line ``<!-- options of a job -->`` (or ``level``, ``sampler``) and a line
    ``<!-- end of the options -->``.
    """
    for name, (declaring, prefix) in _TABLES.items():
        begin, end = f"<!-- options of a {name} -->\n", "<!-- end of the options -->"
        places = list(re.finditer(f"{begin}.*?{end}", text, re.DOTALL))
        if len(places) != 1:
            raise ValueError(
                f"{DOCUMENT.name} has {len(places)} places for the options of a {name}."
            )
        rows = "\n".join([*_HEAD, *table_of(declaring, prefix)])
        start, stop = places[0].span()
        text = f"{text[:start]}{begin}{rows}\n{end}{text[stop:]}"
    return text


def write_tables() -> None:
    """Bring the document up to date."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_tables(text), encoding="utf-8")
