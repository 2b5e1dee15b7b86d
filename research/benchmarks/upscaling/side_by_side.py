"""One comparison from the pictures to the tables and the contact sheet."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from transformers.utils import logging

from engine.contract.errors import ZoomStackError
from engine.contract.job import BUNDLED_SECOND, REAL_ESRGAN
from engine.machine.environment import versions
from engine.method.nesting import footprints
from engine.pictures.colour import Bytes, Floats

from . import compare, memory, table
from .candidates import CONTROL, Candidates, Watched
from .compare import ALONE, AS_SAMPLED, ORIGINAL, Border, Enlarged, Likeness, Sharpening
from .memory import Beside
from .pictures import TIMES, SampledZoom, Truth, level_name, photographs, sampled_zoom
from .sheet import SIDE, Crop, Row, Sheet

_Made = TypeVar("_Made")

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
        side: of the finished zoom, in pixels: a multiple of 64, and more than 320, up to which no
            network is used.
        quick: two photographs, three levels, smaller pictures, whatever ``side`` says.
        swin2sr: folder of a Swin2SR to compare as well.
    """
    # As the engine has it; the other benchmarks make small pictures, on one thread.
    torch.set_num_threads(os.cpu_count() or 1)
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    side = min(side, _QUICK_SIDE) if quick else side
    try:
        candidates = Candidates(swin2sr)
        truths = photographs(quick)
    except ZoomStackError as error:
        print(f"Error: {' '.join(str(error).split())}", file=sys.stderr)
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
    title = "Photographs, reduced four times and enlarged again"
    notes = dict(enumerate(map(_sizes, photographs)))
    _add_truths(sheet, title, photographs, notes, made)
    levels = zoom.truths()
    report.levels, made = compare.likeness(levels, upscalers)
    title = "Levels of the bundled model, reduced four times and enlarged again"
    notes = {number: zoom.prompts[number] for number in _shown(len(levels))}
    _add_truths(sheet, title, levels, notes, made)


def _compare_pipelines(
    report: Report, sheet: Sheet, zoom: SampledZoom, upscalers: Sequence[Watched], side: int
) -> None:
    small = zoom.small_pictures()
    own, own_pictures = compare.as_sampled(zoom)
    own_side = own.pictures[0].shape[1]
    at_own = compare.enlarged(small, upscalers, own_side) | {BUNDLED_SECOND: own}
    report.small = compare.sharpening(small, at_own)
    levels = compare.enlarged(small, upscalers, side)
    after, pictures = compare.finished(zoom, upscalers, side)
    levels |= after
    pictures = {AS_SAMPLED: own_pictures} | pictures
    report.large = compare.sharpening(small, levels)
    report.borders = compare.borders(zoom.placements, pictures)
    _add_levels(sheet, zoom, _without_control(levels), report.large)
    _add_borders(sheet, zoom, _without_control(pictures), report.borders)


def _add_truths(
    sheet: Sheet,
    title: str,
    truths: Sequence[Truth],
    notes: dict[int, str],
    made: dict[str, list[Floats]],
) -> None:
    """A block of the pictures that have a note."""
    alone = REAL_ESRGAN + ALONE
    left_out = {ORIGINAL, CONTROL} | {name for name in made if name.endswith(ALONE)} - {alone}
    names = [*(name for name in made if name not in left_out), ORIGINAL]
    rows = []
    for number, note in notes.items():
        true = truths[number]
        share = min(_CLOSE / true.large.shape[0], 1.0) if true.focus else 1.0
        pictures = [true.small, *(made[name][number] for name in names)]
        rows.append(Row(true.name, note, Crop(true.focus or (0.5, 0.5), share), pictures))
    sheet.add(title, [_REDUCED, *names], rows)


def _add_levels(
    sheet: Sheet,
    zoom: SampledZoom,
    levels: dict[str, Enlarged],
    figures: Sequence[Sharpening],
) -> None:
    notes = {
        (each.picture, each.upscaler): f"sharpness {each.sharpness:.2f}, drift {each.drift:.1f}"
        for each in figures
    }
    side = figures[0].side
    rows = [
        Row(
            level_name(number),
            zoom.prompts[number],
            Crop(share=SIDE / side),
            [each.pictures[number] for each in levels.values()],
            [notes[level_name(number), name] for name in levels],
        )
        for number in _shown(len(zoom.prompts))
    ]
    title = f"Levels of the first stage enlarged to {side} pixels: the middle, {SIDE} of them"
    sheet.add(title, list(levels), rows)


def _add_borders(
    sheet: Sheet,
    zoom: SampledZoom,
    pictures: dict[str, list[Bytes]],
    figures: Sequence[Border],
) -> None:
    notes = {
        (each.picture, each.upscaler): f"inside / outside {each.ratio:.2f}, seam {each.seam:.2f}"
        for each in figures
    }
    side = figures[-1].side
    nesting = footprints(zoom.placements, (side, side))
    rows = []
    for number in _shown(len(nesting)):
        place = nesting[number]
        corner = (place.columns.start / side, place.rows.start / side)
        rows.append(
            Row(
                level_name(number),
                f"{zoom.prompts[number]}, and in it: {zoom.prompts[number + 1]}",
                Crop(corner, SIDE / side),
                [each[number].astype(np.float32) / 255.0 for each in pictures.values()],
                [notes[level_name(number), name] for name in pictures],
            )
        )
    title = f"Levels finished at {side} pixels: the lower right quarter is the corner of the child"
    sheet.add(title, list(pictures), rows)


def _sizes(true: Truth) -> str:
    height, width = true.large.shape[:2]
    return f"{width // TIMES} by {height // TIMES} to {width} by {height} pixels"


def _without_control(made: dict[str, _Made]) -> dict[str, _Made]:
    """What the sheet shows; the control looks like Lanczos, but for a little more contrast."""
    left_out = {CONTROL, compare.after_stage(CONTROL)}
    return {name: each for name, each in made.items() if name not in left_out}


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
