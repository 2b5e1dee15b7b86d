"""The figures as Markdown: means over the pictures (of times medians), one row an upscaler."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import TypeVar

from engine.contract.job import LANCZOS

from .compare import Border, Likeness, Sharpening
from .memory import MOST_GIGABYTES, Beside

_Row = TypeVar("_Row", Likeness, Sharpening, Border)

_NOTHING = "–"


def likeness(rows: Sequence[Likeness]) -> str:
    """Of pictures whose truth is known."""
    lanczos = _seconds(_of(rows)[LANCZOS])

    def cells(own: Sequence[Likeness]) -> list[str]:
        decibels = [row.psnr for row in own if row.psnr is not None]
        return [
            f"{fmean(decibels):.2f}" if decibels else _NOTHING,
            f"{fmean(row.gmsd for row in own):.3f}",
            *_looks(own),
            *_times(_seconds(own), lanczos),
        ]

    headings = ["upscaler", "PSNR", "GMSD", *_LOOKS, *_TIMES]
    return _table(headings, {name: cells(own) for name, own in _of(rows).items()})


def sharpening(rows: Sequence[Sharpening]) -> str:
    """Of pictures whose truth is not known."""
    lanczos = _seconds(_of(rows)[LANCZOS])
    return _table(
        ["upscaler", *_LOOKS, *_TIMES],
        {name: [*_looks(own), *_times(_seconds(own), lanczos)] for name, own in _of(rows).items()},
    )


def borders(rows: Sequence[Border]) -> str:
    """Of the places of children."""

    def cells(own: Sequence[Border]) -> list[str]:
        logarithms = [math.log(row.ratio) for row in own]
        return [
            f"{math.exp(fmean(logarithms)):.2f}",
            f"{fmean(map(abs, logarithms)):.2f}",
            f"{fmean(row.seam for row in own):.2f}",
        ]

    return _table(
        ["upscaler", "inside / outside", "its \\|log\\|", "seam"],
        {name: cells(own) for name, own in _of(rows).items()},
    )


def memory(found: Sequence[Beside]) -> str:
    """Of one large picture; empty where the system does not tell."""
    if not found:
        return "Memory: only Linux tells how much a process has ever held.\n"
    side = found[0].memory.side
    table = _table(
        ["upscaler", "network", "around it", "together, less the picture"],
        {
            each.memory.upscaler: [
                f"{each.memory.network / 1e9:.2f}",
                _NOTHING if each.memory.engine is None else f"{each.memory.engine / 1e9:.2f}",
                f"{each.gigabytes:.2f}",
            ]
            for each in found
        },
    )
    worst = max(each.gigabytes for each in found)
    verdict = "holds" if worst <= MOST_GIGABYTES else "misses the limit"
    return (
        f"One picture of {side // 4} to {side} pixels, GB (at most {MOST_GIGABYTES:g} beside the "
        f"picture: {verdict}):\n\n{table}"
    )


_LOOKS = ["sharpness", "drift", "halo"]
_TIMES = ["seconds a picture", "times Lanczos"]


def _looks(own: Sequence[Likeness] | Sequence[Sharpening]) -> list[str]:
    return [
        f"{fmean(row.sharpness for row in own):.2f}",
        f"{fmean(row.drift for row in own):.2f}",
        f"{fmean(row.halo for row in own):.2f}",
    ]


def _seconds(own: Sequence[Likeness] | Sequence[Sharpening]) -> float | None:
    """The median: on a busy machine some pictures take long."""
    known = [row.seconds for row in own if row.seconds is not None]
    return median(known) if known else None


def _times(seconds: float | None, lanczos: float | None) -> list[str]:
    if seconds is None or lanczos is None:
        return [_NOTHING, _NOTHING]
    return [f"{seconds:.3f}" if seconds < 0.1 else f"{seconds:.1f}", f"{seconds / lanczos:.0f}"]


def _of(rows: Sequence[_Row]) -> dict[str, list[_Row]]:
    """The rows of each upscaler, in the order in which they came."""
    result: dict[str, list[_Row]] = {}
    for row in rows:
        result.setdefault(row.upscaler, []).append(row)
    return result


def _table(headings: Sequence[str], rows: dict[str, list[str]]) -> str:
    """A table of numbers, whose columns line up as plain text too."""
    cells = [list(headings), *([name, *own] for name, own in rows.items())]
    widths = [max(len(line[i]) for line in cells) for i in range(len(headings))]
    lines = [
        " | ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in cells
    ]
    rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines.insert(1, " | ".join(rules))
    return "".join(f"| {line} |\n" for line in lines)
