"""Draws the loss over the pictures seen, from a training run's log.

python -m training.curve --out docs/images/bundled_loss.png
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from pathlib import Path

from PIL import Image, ImageDraw

from .train import RUN

WIDTH, HEIGHT, MARGIN = 720, 360, 48
INK, SMALL, FULL, FAINT = (40, 40, 44), (190, 110, 40), (40, 100, 180), (225, 225, 228)


def curve(log: list[dict[str, float]]) -> Image.Image:
    """Loss (logarithmic) against pictures seen; one colour while at 32 px, another at 64 px."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    low = math.log(min(row["loss"] for row in log) * 0.95)
    high = math.log(max(row["loss"] for row in log) * 1.05)
    most = max(row["seen"] for row in log)

    def place(seen: float, loss: float) -> tuple[float, float]:
        x = MARGIN + seen / most * (WIDTH - 1.5 * MARGIN)
        y = MARGIN / 2 + (high - math.log(loss)) / (high - low) * (HEIGHT - 1.5 * MARGIN)
        return x, y

    for loss in (0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4):
        if low < math.log(loss) < high:
            y = place(0, loss)[1]
            draw.line((MARGIN, y, WIDTH - MARGIN / 2, y), fill=FAINT)
            draw.text((8, y - 6), f"{loss:g}", fill=INK)
    for seen in range(0, int(most) + 1, 20000):
        x = place(seen, math.exp(low))[0]
        draw.text((x - 8, HEIGHT - MARGIN + 6), f"{seen // 1000}k", fill=INK)
    for before, after in itertools.pairwise(log):
        colour = SMALL if after["size"] == 32 else FULL
        ends = (*place(before["seen"], before["loss"]), *place(after["seen"], after["loss"]))
        draw.line(ends, fill=colour, width=2)
    draw.text((WIDTH // 2 - 60, HEIGHT - 20), "pictures seen", fill=INK)
    draw.text((WIDTH - 190, 14), "weighted loss at 32 px", fill=SMALL)
    draw.text((WIDTH - 190, 30), "weighted loss at 64 px", fill=FULL)
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=RUN)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    state = json.loads((options.run / "state.json").read_text(encoding="utf-8"))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    curve(state["log"]).save(options.out)


if __name__ == "__main__":
    main()
