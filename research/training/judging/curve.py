"""Draws the loss over the pictures seen, from the logs of one or more training runs.

python -m research.training.judging.curve --run .dev/training/run12 .dev/training/run13 --out loss.png
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from ..learning.first_stage import RUN

WIDTH, HEIGHT, MARGIN = 720, 360, 48
INK, SMALL, FULL, FAINT = (40, 40, 44), (190, 110, 40), (40, 100, 180), (225, 225, 228)


def joined(states: Sequence[dict[str, Any]]) -> list[list[dict[str, float]]]:
    """The logs of runs that followed each other, each counting on from the end of the one before.

    Args:
        states: of each run its ``state.json``.
    """
    before, out = 0, []
    for state in states:
        out.append([{**row, "seen": before + row["seen"]} for row in state["log"]])
        before += state["seen"]
    return out


def curve(logs: Sequence[list[dict[str, float]]]) -> Image.Image:
    """Loss (logarithmic) against pictures seen; one colour while at 32 px, another at 64 px.

    Args:
        logs: of each run its rows, none empty; a line does not go on from one run to the next.
    """
    log = list(itertools.chain(*logs))
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    low = math.log(min(row["loss"] for row in log) * 0.95)
    high = math.log(max(row["loss"] for row in log) * 1.05)
    most = max(row["seen"] for row in log)

    def place(seen: float, loss: float) -> tuple[float, float]:
        x = MARGIN + seen / most * (WIDTH - 1.5 * MARGIN)
        y = MARGIN / 2 + (high - math.log(loss)) / (high - low) * (HEIGHT - 1.5 * MARGIN)
        return x, y

    for loss in (0.05, 0.06, 0.07, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4):
        if low < math.log(loss) < high:
            y = place(0, loss)[1]
            draw.line((MARGIN, y, WIDTH - MARGIN / 2, y), fill=FAINT)
            draw.text((8, y - 6), f"{loss:g}", fill=INK)
    tick = next(each for each in (20_000, 50_000, 100_000, 200_000, 10**9) if most < 12 * each)
    for seen in range(0, int(most) + 1, tick):
        x = place(seen, math.exp(low))[0]
        draw.text((x - 8, HEIGHT - MARGIN + 6), f"{seen // 1000}k", fill=INK)
    for before, after in itertools.chain(*map(itertools.pairwise, logs)):
        colour = SMALL if after["size"] == 32 else FULL
        ends = (*place(before["seen"], before["loss"]), *place(after["seen"], after["loss"]))
        draw.line(ends, fill=colour, width=2)
    draw.text((WIDTH // 2 - 60, HEIGHT - 20), "pictures seen", fill=INK)
    draw.text((WIDTH - 190, 14), "weighted loss at 32 px", fill=SMALL)
    draw.text((WIDTH - 190, 30), "weighted loss at 64 px", fill=FULL)
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, nargs="+", default=[RUN], help="in their order")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    states = [json.loads((run / "state.json").read_text(encoding="utf-8")) for run in options.run]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    curve(joined(states)).save(options.out)


if __name__ == "__main__":
    main()
