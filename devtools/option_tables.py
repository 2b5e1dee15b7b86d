"""What the documents say of options and of families of models, written from the declarations.

``dev.py format`` writes it; a test holds the documents against the declarations.
"""

from __future__ import annotations

import json
import re

from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.options import table_of
from engine.contract.pipeline_families import PIPELINES, PipelineFamily

from .paths import REPO

DOCUMENT = REPO / "docs" / "formats.md"
MODELS_DOCUMENT = REPO / "docs" / "models.md"
_TABLES = {"job": (Job, ""), "level": (LevelSpec, ""), "sampler": (SamplerSettings, "sampler.")}
_FAMILIES_HEAD = (
    "| family | class in `model_index.json` | pixels | steps, guidance | as a draft "
    "| negative prompts | reads of a prompt | licence of the published weights |",
    "|---|---|---|---|---|---|---|---|",
)


def with_options(text: str) -> str:
    """``DOCUMENT`` with the parts about options as they should be.

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


def with_families(text: str) -> str:
    """``MODELS_DOCUMENT`` with the table of families as it should be.

    Raises:
        ValueError: as ``with_options``.
    """
    rows = [_row(name, family) for name, family in PIPELINES.items()]
    return _with_part(text, "families", "\n".join([*_FAMILIES_HEAD, *rows]))


def write_tables() -> None:
    """Bring the documents up to date."""
    for document, completed in ((DOCUMENT, with_options), (MODELS_DOCUMENT, with_families)):
        document.write_text(completed(document.read_text(encoding="utf-8")), encoding="utf-8")


def _row(name: str, family: PipelineFamily) -> str:
    steps, guidance = family.draft
    cells = (
        family.title,
        f"`{name}`",
        f"{family.native}",
        f"{family.steps}, {family.guidance:g}",
        f"{steps}, {guidance:g}",
        f"above a guidance of {family.guides_above:g}" if family.negative else "none",
        f"{family.reads[1]} tokens",
        family.licence,
    )
    return f"| {' | '.join(cells)} |"


def _with_part(text: str, title: str, content: str) -> str:
    begin, end = f"<!-- {title} -->\n", "<!-- end -->"
    places = list(re.finditer(f"{begin}.*?{end}", text, re.DOTALL))
    if len(places) != 1:
        raise ValueError(f"The document has {len(places)} places for {title}.")
    start, stop = places[0].span()
    return f"{text[:start]}{begin}{content}\n{end}{text[stop:]}"
