"""``python -m benchmarks yardstick [--seeds 64] [--json FILE] [--quick]``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from engine.contract.job import SamplerSettings

from .yardstick import measure

# (levels, factor, settings)
COMPARISON = [
    (5, 2.0, SamplerSettings(blending="none")),
    (5, 2.0, SamplerSettings(blending="uniform")),
    (5, 2.0, SamplerSettings()),
]
SHAPES = [
    (levels, factor, SamplerSettings())
    for levels, factor in ((2, 2.0), (9, 2.0), (16, 2.0), (5, 3.0), (4, 4.0), (6, 1.7))
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    yardstick = commands.add_parser("yardstick", help="measure the sampler in exact worlds")
    yardstick.add_argument("--seeds", type=int, default=64, help="samples of each world")
    yardstick.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    yardstick.add_argument("--quick", action="store_true", help="only the rules at p = 2, N = 5")
    arguments = parser.parse_args()
    # The pictures are small: threads cost more than they give.
    torch.set_num_threads(1)
    rows = []
    for levels, factor, settings in COMPARISON + ([] if arguments.quick else SHAPES):
        row = measure(levels, factor, settings, arguments.seeds)
        rows.append(row)
        print(_line(row), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _line(row: dict[str, Any]) -> str:
    def spread(shares: list[list[float]]) -> str:
        return " ".join(f"{min(s):.2f}-{max(s):.2f}" for s in zip(*shares, strict=True))

    context = row["context"]
    return (
        f"p {row['factor']:g} N {row['levels']:2d} {row['blending']:8s}"
        f" power {spread(row['power'])} windowed {spread(row['power_windowed'])}"
        f" context {context[0]:.2f}/{context[-1]:.2f} conflict {row['conflict']:.1f}"
        f" classes {row['class_agreement']:.2f} purity {row['purity']:.2f}"
        f" seam {row['seam']:.2f} agreement {row['agreement']:.4f}"
    )


if __name__ == "__main__":
    main()
