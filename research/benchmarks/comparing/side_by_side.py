"""One comparison from the model to the table and the contact sheet."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers.utils import logging

from engine.models.protocol import Model
from engine.models.registry import open_bundled
from research.training.latent.judging import open_stand_in

from . import in_latents, report
from .chains import CHAINS, QUICK
from .compare import METHODS, Measured, compare
from .contact_sheet import ContactSheet
from .methods import Made, Zoom
from .recognition import judge
from .variants import VARIANTS


def run(
    folder: Path,
    seeds: int,
    quick: bool,
    variants: bool,
    workers: int = 1,
    stand_in: Path | None = None,
) -> None:
    """Make, measure and write everything.

    What is there is written after each chain and seed: a run that is cut short leaves a table of
    what it made.

    Args:
        folder: for ``compare.md``, ``compare.json`` and ``compare.png``; made where it is missing.
        seeds: zooms of each chain, from seed 1 on.
        quick: two chains and one seed, whatever ``seeds`` says.
        variants: measure forms of the baselines in the place of the five methods.
        workers: zooms made at the same time.
        stand_in: folder of a model of latents; measure ``in_latents`` with it instead.
    """
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    # Each prompt is read by itself, and each reading would draw a bar.
    logging.disable_progress_bar()
    model: Model
    methods = VARIANTS if variants else METHODS
    if stand_in is None:
        model = open_bundled(torch.device("cpu"))
    else:
        model, methods, workers = open_stand_in(stand_in), in_latents.METHODS, 1
    setting = report.Setting(
        model=f"{model.name} {model.revision}",
        guidance=model.default_guidance,
        chains=QUICK if quick else CHAINS,
        seeds=[1] if quick else list(range(1, seeds + 1)),
        judge=judge(),
    )
    print(setting, flush=True)
    sheet = ContactSheet()
    rows: list[Measured] = []
    chosen = {name: _announced(name, method) for name, method in methods.items()}
    for chain, seed, made, measured in compare(
        model, setting.chains, setting.seeds, setting.judge, chosen, workers
    ):
        rows += measured
        if seed == setting.seeds[0]:
            sheet.add(
                chain, seed, [(row.method, _note(row), made[row.method].levels) for row in measured]
            )
            sheet.save(folder / "compare.png")
        report.write(folder, rows, setting)
        elapsed = (time.monotonic() - started) / 60
        print(f"{chain.title}, seed {seed}: done after {elapsed:.1f} min", flush=True)
    print(report.terminal(rows))
    print(f"Written to {folder}: compare.md, compare.json, compare.png")


def _announced(name: str, method: Callable[[Zoom], Made]) -> Callable[[Zoom], Made]:
    """The method, saying when it is done: on a busy machine each takes minutes."""

    def run(zoom: Zoom) -> Made:
        made = method(zoom)
        print(f"  {name}: {made.seconds:.0f} s", flush=True)
        return made

    return run


def _note(row: Measured) -> str:
    """What the contact sheet says below a method's name."""
    right = sum(row.recognised)
    return (
        f"{row.evaluations:.0f} evaluations a level\n{row.seconds:.0f} s\n"
        f"{right} of {len(row.recognised)} recognised"
    )
