"""One comparison from the pictures to the tables and the contact sheet."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.commands.exits import one_line
from engine.contract.errors import ZoomStackError
from engine.contract.geometry import Placement
from engine.contract.job import REAL_ESRGAN
from engine.machine.environment import versions
from engine.method.nesting import footprints
from engine.pictures.colour import Bytes, Floats

from . import compare, memory, table
from .candidates import Candidates, Watched
from .compare import ALONE, AS_SAMPLED, ORIGINAL, Border, Enlarged, Likeness, Sharpening
from .memory import Beside
from .pictures import TIMES, SampledZoom, Truth, photographs, sampled_zoom
from .sheet import SIDE, Crop, Row, Sheet

_CLOSE = 128  # pixels of a true picture that a cell shows
_MEMORY_SIDE = 1024  # of the picture that is enlarged four times to see what memory that takes
_QUICK_SIDE, _QUICK_MEMORY_SIDE = 512, 256
_SHOWN_LEVELS = (0, 2, 4, 6)
_REDUCED = "what is enlarged"


@dataclass
class Report:
    """All figures of a run."""

    setting: dict[str, Any]
    photographs: list[Likeness] = field(default_factory=list)
    levels: list[Likeness] = field(default_factory=list)
    small: list[Sharpening] = field(default_factory=list)
    large: list[Sharpening] = field(default_factory=list)
    borders: list[Border] = field(default_factory=list)
    memory: list[Beside] = field(default_factory=list)

    def markdown(self) -> str:
        """The tables, each with what it shows."""
        side, own = self.setting["side"], self.small[0].side
        parts = [
            f"Photographs reduced four times and enlarged again ({_count(self.photographs)}):",
            table.likeness(self.photographs),
            f"The bundled model's levels of {own} pixels, the same ({_count(self.levels)}):",
            table.likeness(self.levels),
            f"The first stage's levels of {own // TIMES} pixels enlarged to {own}, sharpness "
            "relative to Lanczos:",
            table.sharpening(self.small),
            f"The same enlarged to {side}:",
            table.sharpening(self.large),
            f"Along the border of a child, the second stage's levels finished at {side} pixels "
            f"({_count(self.borders)} borders):",
            table.borders(self.borders),
            table.memory(self.memory),
        ]
        return "\n".join(part if part.endswith("\n") else part + "\n" for part in parts)

    def write(self, folder: Path) -> None:
        """``upscalers.md`` and ``upscalers.json``: means, and everything that they come from."""
        (folder / "upscalers.md").write_text(self.markdown(), encoding="utf-8")
        text = json.dumps(asdict(self), indent=1) + "\n"
        (folder / "upscalers.json").write_text(text, encoding="utf-8")


def run(folder: Path, side: int, quick: bool, swin2sr: Path | None) -> int:
    """Enlarge, measure and write everything; 1 where a picture takes more memory than it may.

    Args:
        folder: for ``upscalers.md``, ``upscalers.json`` and ``upscalers.png``; made where it is
            missing.
        side: of the finished zoom, in pixels; more than 320, up to which no network is used.
        quick: two photographs, three levels, smaller pictures, whatever ``side`` says.
        swin2sr: folder of a Swin2SR to compare as well.
    """
    # As the engine has it; the other benchmarks make small pictures, on one thread.
    torch.set_num_threads(os.cpu_count() or 1)
    side = min(side, _QUICK_SIDE) if quick else side
    try:
        candidates = Candidates(swin2sr)
        truths = photographs(quick)
    except ZoomStackError as error:
        print(f"Error: {one_line(error)}", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()

    def say(what: str) -> None:
        print(f"{what} after {(time.monotonic() - started) / 60:.1f} min", flush=True)

    used = memory.measure(_QUICK_MEMORY_SIDE if quick else _MEMORY_SIDE)
    say("memory measured")
    zoom = sampled_zoom(quick)
    say("zoom sampled")
    with candidates:
        report = Report({"side": side, "quick": quick, **_versions(candidates.all)}, memory=used)
        sheet = Sheet()
        _compare_truths(report, sheet, truths, zoom, candidates.all)
        say("true pictures compared")
        _compare_pipelines(report, sheet, zoom, candidates.all, side)
        say("zoom compared")
    report.write(folder)
    sheet.save(folder / "upscalers.png")
    print(f"\n{report.markdown()}\nWritten to {folder}: upscalers.md, .json, .png")
    return 0 if all(each.gigabytes <= memory.MOST_GIGABYTES for each in used) else 1


def _compare_truths(
    report: Report,
    sheet: Sheet,
    photographs: Sequence[Truth],
    zoom: SampledZoom,
    upscalers: Sequence[Watched],
) -> None:
    report.photographs, made = compare.likeness(photographs, upscalers)
    shown = list(range(len(photographs)))
    title = "Photographs, reduced four times and enlarged again"
    _add_truths(sheet, title, photographs, shown, made)
    levels = zoom.truths()
    report.levels, made = compare.likeness(levels, upscalers)
    title = "Levels of the bundled model, reduced four times and enlarged again"
    _add_truths(sheet, title, levels, _shown(len(levels)), made)


def _compare_pipelines(
    report: Report, sheet: Sheet, zoom: SampledZoom, upscalers: Sequence[Watched], side: int
) -> None:
    small = zoom.small_pictures()
    own, own_pictures = compare.as_sampled(zoom)
    staged = compare.after_stage(upscalers[0].name)
    own_side = own.pictures[0].shape[1]
    at_own = compare.enlarged(small, upscalers, own_side) | {staged: own}
    report.small = compare.sharpening(small, at_own)
    levels = compare.enlarged(small, upscalers, side)
    after, pictures = compare.finished(zoom, upscalers, side)
    levels |= after
    report.large = compare.sharpening(small, levels)
    report.borders = compare.borders(zoom.placements, {AS_SAMPLED: own_pictures} | pictures)
    _add_levels(sheet, levels, report.large)
    _add_borders(sheet, zoom.placements, {AS_SAMPLED: own_pictures} | pictures, report.borders)


def _add_truths(
    sheet: Sheet,
    title: str,
    truths: Sequence[Truth],
    shown: Sequence[int],
    made: dict[str, list[Floats]],
) -> None:
    alone = REAL_ESRGAN + ALONE
    names = [name for name in made if not name.endswith(ALONE) or name == alone]
    names = [*(name for name in names if name != ORIGINAL), ORIGINAL]
    rows = []
    for number in shown:
        true = truths[number]
        share = min(_CLOSE / true.large.shape[0], 1.0)
        pictures = [true.small, *(made[name][number] for name in names)]
        height, width = true.large.shape[:2]
        note = f"{width // TIMES} × {height // TIMES} to {width} × {height}"
        rows.append(Row(true.name, note, Crop(true.focus, share), pictures))
    sheet.add(title, [_REDUCED, *names], rows)


def _add_levels(sheet: Sheet, levels: dict[str, Enlarged], figures: Sequence[Sharpening]) -> None:
    notes = {
        (each.picture, each.upscaler): f"sharpness {each.sharpness:.2f}, drift {each.drift:.1f}"
        for each in figures
    }
    first = next(iter(levels.values())).pictures
    side = first[0].shape[1]
    rows = [
        Row(
            f"level {number + 1}",
            f"the middle {SIDE} of {side} pixels",
            Crop(share=SIDE / side),
            [each.pictures[number] for each in levels.values()],
            [notes[f"level {number + 1}", name] for name in levels],
        )
        for number in _shown(len(first))
    ]
    sheet.add(f"Levels of the first stage enlarged to {side} pixels", list(levels), rows)


def _add_borders(
    sheet: Sheet,
    placements: Sequence[Placement],
    pictures: dict[str, list[Bytes]],
    figures: Sequence[Border],
) -> None:
    notes = {
        (each.picture, each.upscaler): f"inside / outside {each.ratio:.2f}, seam {each.seam:.2f}"
        for each in figures
    }
    side = figures[-1].side
    nesting = footprints(placements, (side, side))
    rows = []
    for number in _shown(len(nesting)):
        place = nesting[number]
        corner = (place.columns.start / side, place.rows.start / side)
        rows.append(
            Row(
                f"level {number + 1}",
                "the child begins in the middle and goes on to the right and below",
                Crop(corner, SIDE / side),
                [each[number].astype(np.float32) / 255.0 for each in pictures.values()],
                [notes[f"level {number + 1}", name] for name in pictures],
            )
        )
    title = f"The corner of the child, in levels finished at {side} pixels"
    sheet.add(title, list(pictures), rows)


def _shown(count: int) -> list[int]:
    return [number for number in _SHOWN_LEVELS if number < count]


def _count(rows: Sequence[Likeness] | Sequence[Border]) -> int:
    return len({row.picture for row in rows})


def _versions(upscalers: Sequence[Watched]) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "upscalers": {each.name: each.revision for each in upscalers},
        "versions": versions(),
    }
