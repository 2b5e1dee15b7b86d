"""Measures the sampler and the bundled model: ``python -m research.benchmarks COMMAND``.

Each command has its own ``--help``. Those that judge exit with 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from engine.contract.job import SamplerSettings
from engine.method import rounds
from engine.method.rounds import Visits

from .exact.latent_worlds import BlockCode
from .exact.latent_yardstick import (
    LatentCase,
    difference_from_pixels,
    measure_latents,
    measure_lossy,
    measure_visits,
    misses_lossy,
)
from .exact.latent_yardstick import misses as misses_latents
from .exact.limits import misses, misses_late
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
# Grids that begin where the slowest waves are settled already; they have limits of their own.
LATE = [Case(4, first=first) for first in (3.95, 14.6)]
LATENTS = [
    *(LatentCase(levels=levels) for levels in (4, 8)),
    *(LatentCase(factor=factor) for factor in (3.0, 1.7)),
    LatentCase(focus=(0.4, 0.45)),
    LatentCase(code=BlockCode(error=0.05)),
    *(LatentCase(first=first) for first in (3.95, 14.6)),
    *(LatentCase(code=BlockCode(8, 64), factor=factor) for factor in (2.0, 1.7)),
]
VISITED = [LatentCase(factor=factor) for factor in (2.0, 3.0)]
VISITS = [
    Visits(1, ()), Visits(3, ()), Visits(6, ()), Visits(3, (1.0, 0.3, 0.09)), rounds.VISITS,
    Visits(4, (2.0, 1.0, 0.5, 0.25, 0.1)), Visits(6, (3.0, 2.0, 1.0, 0.5, 0.25, 0.13)),
    Visits(24, ()),
]  # fmt: skip
LOSSY = [
    LatentCase(code=BlockCode(side, kept))
    for side, kept in ((4, 16), (4, 10), (4, 4), (8, 40), (8, 16))
]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks", description=__doc__.splitlines()[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)

    yardstick = _command(
        commands,
        "yardstick",
        _yardstick,
        "the sampler in worlds whose answer is known",
        "exits with 1 where the default rule misses its limits",
    )
    yardstick.add_argument("--seeds", type=_positive, default=64, help="samples of each world")
    yardstick.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    yardstick.add_argument("--quick", action="store_true", help="only the rules at p = 2, N = 5")

    latents = _command(
        commands,
        "latents",
        _latents,
        "the sampler in latents whose answer is known",
        "exits with 1 where the default rule misses its limits",
    )
    latents.add_argument(
        "--seeds", type=_positive, default=192, help="samples of each world at 64 px"
    )
    latents.add_argument(
        "--visits", action="store_true", help="only what seeing pixels in more or less rounds does"
    )
    latents.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")

    compare = _command(commands, "compare", _compare, "five methods on the bundled model")
    compare.add_argument(
        "--seeds", type=_positive, default=4, help="zooms of each chain of prompts"
    )
    compare.add_argument("--out", type=Path, default=Path(".dev/compare"), metavar="DIR")
    compare.add_argument("--quick", action="store_true", help="two chains, one seed")
    compare.add_argument("--variants", action="store_true", help="forms of the baselines instead")
    compare.add_argument(
        "--latent",
        type=Path,
        metavar="MODEL",
        help="with a model of latents, as research.training.latent writes it, instead",
    )
    _workers(compare)

    prompts = _command(
        commands,
        "prompts",
        _prompts,
        "how many levels show their prompt, sampled together and each alone",
        "exits with 1 where together loses more than five points",
    )
    prompts.add_argument("--seeds", type=_positive, default=4, help="zooms of each chain")
    prompts.add_argument("--first", type=_positive, default=1, help="seed of the first")
    _model(prompts)
    _workers(prompts)

    samples = _command(
        commands,
        "samples",
        _samples,
        "is every subject recognised, sampled alone?",
        "exits with 1 below nine in ten, or below three in four of any subject",
    )
    samples.add_argument("--count", type=_positive, default=8, help="samples of each subject")
    samples.add_argument("--sheet", type=Path, metavar="FILE", help="save some of the samples")
    _model(samples)
    _workers(samples)

    speed = _command(
        commands,
        "speed",
        _speed,
        "time and memory of a preset",
        "exits with 1 above a minute or 6 GB",
    )
    speed.add_argument("--preset", default="powers_of_ten", metavar="NAME")

    upscalers = _command(
        commands,
        "upscalers",
        _upscalers,
        "what enlarges pictures, side by side",
        "exits with 1 above 2 GB beside a picture",
    )
    upscalers.add_argument("--out", type=Path, default=Path(".dev/upscalers"), metavar="DIR")
    upscalers.add_argument("--quick", action="store_true", help="fewer and smaller pictures")
    upscalers.add_argument(
        "--size", type=_enlarged, default=1024, metavar="N", help="pixels of the zoom's pictures"
    )
    upscalers.add_argument(
        "--swin2sr", type=Path, metavar="DIR", help="a Swin2SR to compare as well"
    )

    finding = _command(
        commands,
        "finding",
        _finding,
        "time to see what models lie on the disk",
        "exits with 1 above 50 ms a file, 3 s for the folder or 0.3 s the next time",
    )
    finding.add_argument("--count", type=_positive, default=300, help="files in the folder")

    arguments = parser.parse_args()
    # The pictures are small: threads cost more than they give.
    torch.set_num_threads(1)
    sys.exit(arguments.run(arguments))


def _command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    verdict: str | None = None,
) -> argparse.ArgumentParser:
    """A subcommand; ``run`` gives its exit code."""
    text = f"{summary}; {verdict}" if verdict else summary
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, metavar="DIR", help="another than the bundled one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")


def _workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers",
        type=_positive,
        default=os.cpu_count() or 1,
        help="zooms made at the same time; the cores by default",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _enlarged(text: str) -> int:
    number = int(text)
    # Whole multiples of the first stage's size can be compared with it pixel by pixel; up to a
    # quarter larger than the second stage's, no network is used.
    if number % 64 or number < 384:
        raise argparse.ArgumentTypeError("a multiple of 64, at least 384")
    return number


def _yardstick(arguments: argparse.Namespace) -> int:
    rows = []
    missed = 0
    others = [] if arguments.quick else SHAPES + EXTREMES + LOOPS + SOLVERS + OTHER_GRIDS + LATE
    for case in RULES + others:
        row = measure(case, arguments.seeds)
        rows.append(row)
        print(_line(row), flush=True)
        if case in RULES[2:] + SHAPES + LATE:
            short = misses_late(row) if case in LATE else misses(row)
            missed += bool(short)
            print(
                f"    misses the limits: {', '.join(short)}" if short else "    holds", flush=True
            )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 1 if missed else 0


def _latents(arguments: argparse.Namespace) -> int:
    if arguments.visits:
        return _visits(arguments)
    difference = difference_from_pixels(LATENTS[0])
    short = [] if difference <= 1e-5 else ["difference"]
    missed = int(_judged(f"noise made in pixels, from the pixel sampler {difference:.1e}", short))
    rows = []
    for case in LATENTS:
        row = measure_latents(case, _enough(case, arguments.seeds))
        missed += _judged(_latent_line(row), misses_latents(row))
        rows.append(row)
    for case in LOSSY:
        row = measure_lossy(case, _enough(case, arguments.seeds))
        line = "kept {kept} step {step:.3f} detail {detail:.2f}, coded truth {truth:.2f}"
        missed += _judged(line.format(**row), misses_lossy(row))
        rows.append(row)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 1 if missed else 0


def _enough(case: LatentCase, seeds: int) -> int:
    """As many pixels in all, whatever a level has of them."""
    return max(seeds * 64**2 // case.side**2, 1)


def _visits(arguments: argparse.Namespace) -> int:
    rows = [measure_visits(case, visits, arguments.seeds) for case in VISITED for visits in VISITS]
    for row in rows:
        print(
            f"p {row['factor']:g} visits {row['visits']} below {row['below']} cost "
            f"{row['cost']:.0%} seam {row['seam']:.3f} agreement {row['agreement']:.4f} context "
            f"{row['context'][0]:.3f}/{row['context'][-1]:.3f}",
            flush=True,
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


def _judged(line: str, short: list[str]) -> bool:
    """Print a row and whether it holds; whether it does not."""
    print(line, flush=True)
    print(f"    misses the limits: {', '.join(short)}" if short else "    holds", flush=True)
    return bool(short)


def _latent_line(row: dict[str, Any]) -> str:
    power = " ".join(f"{min(s):.2f}-{max(s):.2f}" for s in zip(*row["power"], strict=True))
    return (
        f"kept {row['kept']} error {row['error']:g} p {row['factor']:g} N {row['levels']}"
        f" focus {row['focus']} from {row['first']:g} rounds {row['rounds']} power {power}"
        f" context {row['context'][0]:.2f}/{row['context'][-1]:.2f}"
        f" conflict {row['conflict']:.1f} classes {row['class_agreement']:.2f}"
        f" purity {row['purity']:.2f} seam {row['seam']:.3f} agreement {row['agreement']:.4f}"
    )


def _compare(arguments: argparse.Namespace) -> int:
    # Here, because it needs what the yardstick does without: the model and the picture program.
    from .comparing.side_by_side import run

    run(
        arguments.out,
        arguments.seeds,
        arguments.quick,
        arguments.variants,
        arguments.workers,
        arguments.latent,
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


def _upscalers(arguments: argparse.Namespace) -> int:
    from .upscaling.side_by_side import run

    return run(arguments.out, arguments.size, arguments.quick, arguments.swin2sr)


def _finding(arguments: argparse.Namespace) -> int:
    from .finding.speed import run

    return run(arguments.count)


def _line(row: dict[str, Any]) -> str:
    def spread(shares: list[list[float]]) -> str:
        return " ".join(f"{min(s):.2f}-{max(s):.2f}" for s in zip(*shares, strict=True))

    context = row["context"]
    kind = "loop" if row["loop"] else row["blending"]
    return (
        f"p {row['factor']:g} N {row['levels']:2d} {'x'.join(map(str, row['size']))} {kind:8s}"
        f" {row['solver']} {row['grid']} from {row['first']:g}, {row['evaluations']} evaluations"
        f" power {spread(row['power'])} windowed {spread(row['power_windowed'])}"
        f" context {context[0]:.2f}/{context[-1]:.2f} conflict {row['conflict']:.1f}"
        f" classes {row['class_agreement']:.2f} purity {row['purity']:.2f}"
        f" seam {row['seam']:.3f} on disk {row['seam_on_disk']:.3f}"
        f" agreement {row['agreement']:.4f}"
    )


if __name__ == "__main__":
    main()
