"""``python -m research.benchmarks yardstick | compare | prompts | samples | speed``: see ``--help`` of each.

yardstick [--seeds 64] [--json FILE] [--quick]: the sampler in worlds whose answer is known; exits
    with 1 where the default misses its limits.
compare [--seeds 4] [--out DIR] [--quick] [--variants] [--workers N]:
    five methods on the bundled model, side by side.
prompts [--seeds 4] [--model DIR] [--json FILE] [--workers N]: how many levels of the chains and of
    the presets show their prompt, sampled together and each alone; exits with 1 where
    that costs more than five points.
samples [--count 8] [--model DIR] [--json FILE] [--sheet FILE] [--workers N]: the bundled model's
    subjects, each alone; exits with 1 below nine in ten, or below three in four of any.
speed [--preset NAME]: time and memory of a preset; exits with 1 above a minute or 6 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import torch

from engine.contract.job import SamplerSettings

from .exact.limits import misses
from .exact.yardstick import Case, measure

RULES = [Case(settings=SamplerSettings(blending=rule)) for rule in ("none", "uniform", "default")]
# The default must hold in all of these.
SHAPES = [
    Case(levels, factor)
    for levels, factor in (
        (2, 2.0), (9, 2.0), (16, 2.0), (2, 3.0), (5, 3.0), (16, 3.0),
        (2, 4.0), (4, 4.0), (16, 4.0), (2, 1.7), (6, 1.7), (16, 1.7),
    )
]  # fmt: skip
# Beyond what must hold: closer together, wider apart, loops; what was not chosen.
EXTREMES = [Case(6, 1.2), Case(3, 8.0), Case(4, 3.0, size=(96, 40))]
LOOPS = [Case(4, 2.0, loop=True), Case(5, 4.0, loop=True)]
SOLVERS = [Case(settings=SamplerSettings(solver=solver)) for solver in ("dpmpp_2m", "ddim", "ddpm")]
OTHER_GRIDS = [Case(grid=grid) for grid in ("karras", "cosine")]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m research.benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    yardstick = commands.add_parser("yardstick", help="measure the sampler in exact worlds")
    yardstick.add_argument("--seeds", type=int, default=64, help="samples of each world")
    yardstick.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    yardstick.add_argument("--quick", action="store_true", help="only the rules at p = 2, N = 5")
    yardstick.set_defaults(run=_yardstick)
    compare = commands.add_parser("compare", help="five methods side by side on the bundled model")
    compare.add_argument(
        "--seeds", type=_positive, default=4, help="zooms of each chain of prompts"
    )
    compare.add_argument("--out", type=Path, default=Path(".dev/compare"), metavar="DIR")
    compare.add_argument("--quick", action="store_true", help="two chains, one seed")
    compare.add_argument(
        "--workers",
        type=_positive,
        default=os.cpu_count() or 1,
        help="zooms made at the same time; the cores by default",
    )
    compare.add_argument("--variants", action="store_true", help="forms of the baselines instead")
    compare.set_defaults(run=_compare)
    prompts = commands.add_parser("prompts", help="what joint sampling costs in prompts")
    prompts.add_argument("--seeds", type=_positive, default=4, help="zooms of each chain")
    prompts.add_argument("--first", type=_positive, default=1, help="seed of the first")
    prompts.add_argument("--model", type=Path, metavar="DIR", help="another than the bundled one")
    prompts.add_argument("--json", type=Path, metavar="FILE", help="write the counts there too")
    prompts.add_argument("--workers", type=_positive, default=os.cpu_count() or 1)
    prompts.set_defaults(run=_prompts)
    samples = commands.add_parser("samples", help="is every subject recognised, sampled alone?")
    samples.add_argument("--count", type=_positive, default=8, help="samples of each subject")
    samples.add_argument("--model", type=Path, metavar="DIR", help="another than the bundled one")
    samples.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    samples.add_argument("--sheet", type=Path, metavar="FILE", help="save some of the samples")
    samples.add_argument("--workers", type=_positive, default=os.cpu_count() or 1)
    samples.set_defaults(run=_samples)
    speed = commands.add_parser("speed", help="time and memory of the default preset")
    speed.add_argument("--preset", default="powers_of_ten", metavar="NAME")
    speed.set_defaults(run=_speed)
    arguments = parser.parse_args()
    # The pictures are small: threads cost more than they give.
    torch.set_num_threads(1)
    sys.exit(arguments.run(arguments))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _yardstick(arguments: argparse.Namespace) -> int:
    rows = []
    missed = 0
    others = [] if arguments.quick else SHAPES + EXTREMES + LOOPS + SOLVERS + OTHER_GRIDS
    for case in RULES + others:
        row = measure(case, arguments.seeds)
        rows.append(row)
        print(_line(row), flush=True)
        if case in RULES[2:] + SHAPES:
            short = misses(row)
            missed += bool(short)
            print(
                f"    misses the limits: {', '.join(short)}" if short else "    holds", flush=True
            )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 1 if missed else 0


def _compare(arguments: argparse.Namespace) -> int:
    # Here, because it needs what the yardstick does without: the model and the picture program.
    from .comparing.side_by_side import run

    run(
        arguments.out,
        arguments.seeds,
        arguments.quick,
        arguments.variants,
        arguments.workers,
    )
    return 0


def _prompts(arguments: argparse.Namespace) -> int:
    from .comparing.prompts import run

    seeds = range(arguments.first, arguments.first + arguments.seeds)
    return run(seeds, arguments.model, arguments.json, arguments.workers)


def _samples(arguments: argparse.Namespace) -> int:
    from .comparing.samples import run

    return run(arguments.count, arguments.model, arguments.json, arguments.sheet, arguments.workers)


def _speed(arguments: argparse.Namespace) -> int:
    from .exact.speed import run

    return run(arguments.preset)


def _line(row: dict[str, Any]) -> str:
    def spread(shares: list[list[float]]) -> str:
        return " ".join(f"{min(s):.2f}-{max(s):.2f}" for s in zip(*shares, strict=True))

    context = row["context"]
    kind = "loop" if row["loop"] else row["blending"]
    return (
        f"p {row['factor']:g} N {row['levels']:2d} {'x'.join(map(str, row['size']))} {kind:8s}"
        f" {row['solver']} {row['grid']}"
        f" power {spread(row['power'])} windowed {spread(row['power_windowed'])}"
        f" context {context[0]:.2f}/{context[-1]:.2f} conflict {row['conflict']:.1f}"
        f" classes {row['class_agreement']:.2f} purity {row['purity']:.2f}"
        f" seam {row['seam']:.3f} on disk {row['seam_on_disk']:.3f}"
        f" agreement {row['agreement']:.4f}"
    )


if __name__ == "__main__":
    main()
