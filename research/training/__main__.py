"""The bundled model from nothing in one command: pictures, both stages, export, recognition.

python -m research.training               ten hours on two CPU cores; on CUDA where there is one
python -m research.training --minutes 60  a smaller try

Interrupted, the same command goes on where it was. Nothing is installed: the models lie in the
folders that it names, and ``engine/models/bundled`` stays as it is.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .drawing.images import DATA, is_made
from .learning.second_stage import BATCH, HELD_OUT

LAST_SHARE = 0.1
"""Of stage I's time: a last run, few of whose pictures hold another. The more of them do, the more
of the model's samples show a patch of another picture (docs/bundled_model.md)."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m research.training", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--count", type=int, default=100_000, help="pictures for stage I")
    parser.add_argument("--large", type=int, default=3_240, help="pictures for stage II")
    parser.add_argument("--minutes", type=float, default=540, help="of training stage I")
    parser.add_argument("--minutes-second", type=float, default=40, help="of training stage II")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=DATA / "whole", help="folder for everything")
    parser.add_argument("--unjudged", action="store_true", help="leave recognition out")
    options = parser.parse_args(arguments)
    if options.large < HELD_OUT + BATCH:
        parser.error(f"--large {options.large}: stage II needs {HELD_OUT + BATCH} or more")
    work: Path = options.work
    seed = ["--seed", str(options.seed)]
    small, large, first, last, second = (
        work / name for name in ("pictures", "large", "run", "run_last", "run_second")
    )
    _check_the_same(work / "options.json", options)
    begun, model, enlarger = work / "bundled_begun", work / "bundled", work / "bundled_x4"
    if not is_made(small):
        _run("drawing.images", "--count", options.count, "--out", small, *seed)
    minutes = options.minutes * (1 - LAST_SHARE)
    _run(
        "learning.first_stage", "--data", small, "--run", first, "--minutes", minutes,
        "--holding", 0.3, "--small-share", 0.3, "--batch-full", 48, "--rate", 6e-4, *seed,
    )  # fmt: skip
    _run(
        "learning.export", "--data", small, "--run", first, "--out", begun,
        "--state", "before the last run of its training.",
    )  # fmt: skip
    _run(
        "learning.first_stage", "--data", small, "--run", last,
        "--minutes", options.minutes - minutes, "--holding", 0.05, "--start", begun,
        "--small-share", 0, "--batch-full", 48, "--rate", 5e-4, "--seed", options.seed + 1,
    )  # fmt: skip
    _run("learning.export", "--data", small, "--run", last, "--out", model)
    if not is_made(large):
        _run("drawing.images", "--count", options.large, "--size", 256, "--out", large, *seed)
    _run(
        "learning.second_stage", "--data", large, "--run", second,
        "--minutes", options.minutes_second, "--crop", 96, *seed,
    )  # fmt: skip
    _run("learning.export", "--second", "--run", second, "--out", enlarger)
    print(f"Stage I: {model}, stage II: {enlarger}", flush=True)
    if not options.unjudged:
        sheet = work / "samples.png"
        sys.exit(_start("research.benchmarks", "samples", "--model", model, "--sheet", sheet))


def _check_the_same(file: Path, options: argparse.Namespace) -> None:
    """A training goes on only as it was begun: its rate follows the whole of its time."""
    names = ("count", "large", "minutes", "minutes_second", "seed")
    wanted = {name: getattr(options, name) for name in names} | {"last_share": LAST_SHARE}
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(wanted) + "\n", encoding="utf-8")
    begun = json.loads(file.read_text(encoding="utf-8"))
    if begun != wanted:
        given = ", ".join(f"--{name.replace('_', '-')} {begun[name]}" for name in names)
        other = "" if begun.get("last_share") == LAST_SHARE else " by another version"
        sys.exit(
            f"{file.parent} holds a training begun{other} with {given}. Choose another --work."
        )


def _run(module: str, *arguments: object) -> None:
    if code := _start(f"research.training.{module}", *arguments):
        sys.exit(code)


def _start(module: str, *arguments: object) -> int:
    """Run a program of ours and say so; its exit code."""
    command = ["-m", module, *(str(each) for each in arguments)]
    print("python", *command, flush=True)
    return subprocess.run([sys.executable, *command], check=False).returncode


if __name__ == "__main__":
    main()
