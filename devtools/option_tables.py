"""What ``docs/formats.md`` says of a job's options, written from the options' declarations.

``dev.py format`` writes it; a test holds the document against the declarations.
"""

from __future__ import annotations

import json
import re

from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.options import table_of

from .paths import REPO

DOCUMENT = REPO / "docs" / "formats.md"
_TABLES = {"job": (Job, ""), "level": (LevelSpec, ""), "sampler": (SamplerSettings, "sampler.")}


def with_options(text: str) -> str:
    """A document with the parts about options as they should be.

    Each lies between a line such as ``<!-- options of a job -->`` (or ``level``, ``sampler``, or
    ``<!-- the complete job -->``) and a line ``<!-- end -->``.

    Raises:
        ValueError: there is no place for a part, or more than one.
    """
    for name, (declaring, prefix) in _TABLES.items():
        head = ["| key | values; default | meaning |", "|---|---|---|"]
        text = _with_part(
            text, f"options of a {name}", "\n".join([*head, *table_of(declaring, prefix)])
        )
    job = Job((LevelSpec("a spiral galaxy"), LevelSpec("a planet")))
    written = json.dumps(job.to_dict(), indent=2)
    written = re.sub(r"\[\s+([\d.]+),\s+([\d.]+)\s+\]", r"[\1, \2]", written)  # pairs in a line
    return _with_part(text, "the complete job", f"```json\n{written}\n```")


def write_options() -> None:
    """Bring the document up to date."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_options(text), encoding="utf-8")


def _with_part(text: str, title: str, content: str) -> str:
    begin, end = f"<!-- {title} -->\n", "<!-- end -->"
    places = list(re.finditer(f"{begin}.*?{end}", text, re.DOTALL))
    if len(places) != 1:
        raise ValueError(f"{DOCUMENT.name} has {len(places)} places for {title}.")
    start, stop = places[0].span()
    return f"{text[:start]}{begin}{content}\n{end}{text[stop:]}"
