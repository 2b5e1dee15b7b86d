"""A comparison as a table on the terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .chains import Chain
from .compare import Measured, errors, figures
from .recognition import Judge

COLUMNS = {
    "seam": ("seam", ".2f"),
    "disagreement": ("disagreement", ".1f"),
    "context": ("context", ".2f"),
    "colour": ("colour", ".2f"),
    "light": ("light", ".2f"),
    "direction": ("direction", ".2f"),
    "recognised": ("recognised", ".2f"),
    "evaluations": ("evaluations a level", ".0f"),
    "seconds": ("seconds a zoom", ".1f"),
}
"""Figure: (heading, format)."""


@dataclass(frozen=True)
class Setting:
    """What a comparison was made with.

    Attributes:
        model: its name and revision.
    """

    model: str
    guidance: float
    chains: Sequence[Chain]
    seeds: Sequence[int]
    judge: Judge

    def __str__(self) -> str:
        levels = sum(len(chain.levels) for chain in self.chains)
        seeds = ", ".join(str(seed) for seed in self.seeds)
        return (
            f"Model {self.model}, guidance {self.guidance:g}; {len(self.chains)} chains of "
            f"{levels} levels in all, seeds {seeds}. The judge names {self.judge.plain:.3f} of "
            f"plain and {self.judge.nested:.3f} of nested drawn pictures rightly."
        )


def by_method(rows: Sequence[Measured]) -> dict[str, list[Measured]]:
    """The rows of each method, in the order in which methods came."""
    return {
        name: [row for row in rows if row.method == name]
        for name in dict.fromkeys(row.method for row in rows)
    }


def markdown(rows: Sequence[Measured], setting: Setting) -> str:
    """All chains together, then each chain by itself."""
    parts = [f"{setting}\n", "All chains, ± one standard error over stacks:\n", _table(rows)]
    for chain in setting.chains:
        own = [row for row in rows if row.chain == chain.title]
        if own:
            parts += [f"{chain.title} (p = {chain.factor:g}):\n", _table(own)]
    return "\n".join(parts)


def terminal(rows: Sequence[Measured]) -> str:
    """One line a method, in columns."""
    cells = [["", *(heading for heading, _ in COLUMNS.values())]]
    for name, own in by_method(rows).items():
        cells.append([name, *_cells(own)])
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in cells
    )


def write(folder: Path, rows: Sequence[Measured], setting: Setting) -> None:
    """``compare.md`` and ``compare.json``: figures, and everything that they come from."""
    (folder / "compare.md").write_text(markdown(rows, setting), encoding="utf-8")
    report = {
        "model": setting.model,
        "guidance": setting.guidance,
        "seeds": list(setting.seeds),
        "judge": {"plain": setting.judge.plain, "nested": setting.judge.nested},
        "chains": [asdict(chain) for chain in setting.chains],
        "methods": {
            name: {"figures": asdict(figures(own)), "standard_errors": errors(own)}
            for name, own in by_method(rows).items()
        },
        "stacks": [asdict(row) for row in rows],
    }
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    (folder / "compare.json").write_text(text, encoding="utf-8")


def _table(rows: Sequence[Measured]) -> str:
    lines = [
        "| | " + " | ".join(heading for heading, _ in COLUMNS.values()) + " |",
        "|---" * (len(COLUMNS) + 1) + "|",
    ]
    for name, own in by_method(rows).items():
        lines.append(f"| {name} | " + " | ".join(_cells(own)) + " |")
    return "\n".join(lines) + "\n"


def _cells(rows: Sequence[Measured]) -> list[str]:
    values, spread = asdict(figures(rows)), errors(rows)
    return [
        format(values[name], form) + (f" ± {spread[name]:{form}}" if name in spread else "")
        for name, (_, form) in COLUMNS.items()
    ]
