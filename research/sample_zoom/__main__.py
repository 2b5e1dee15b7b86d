"""Draws the sample zoom, from a galaxy to a shore: ``python -m research.sample_zoom [FOLDER]``.

Needs numpy and Pillow. Everything is computed, no picture comes from elsewhere. Levels 2 and
deeper are windows on one scene in units of the planet's radius, so they agree by themselves; a
last pass in linear light puts each level, reduced, into the level before it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .noise import SIZE, Array, encode, expose, smooth, window
from .planet import height, sphere, system
from .space import galaxy, nebula, stars, sunshine

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "galaxy_to_shore"
FACTOR = 4
CELL = SIZE // FACTOR

Corner = NDArray[np.int64]
"""(left, top) of a footprint, in pixels of the level that it lies in."""


def enlarged(light: Array, corner: Corner, softness: float) -> Array:
    """A footprint of ``light`` at full size, smoothed of its pixels."""
    left, top = corner
    crop = light[top : top + CELL, left : left + CELL]
    planes = [
        np.asarray(
            Image.fromarray(plane.astype(np.float32))
            .resize((int(CELL / softness),) * 2, Image.Resampling.BOX)
            .resize((SIZE, SIZE), Image.Resampling.BICUBIC)
        )
        for plane in np.moveaxis(crop, -1, 0)
    ]
    smoothed: Array = np.clip(np.stack(planes, -1), 0, None)
    return smoothed


def dimmed(light: Array, middle: float) -> Array:
    """Darker in the middle, unchanged at the border, where it meets the level before it."""
    x, y = window((0, 0), 1)
    inside = smooth(1.0, 0.35, np.maximum(abs(x), abs(y)))
    return light * (1 - (1 - middle) * inside)[..., None]


def find_shore(centre: Array, half: float) -> Corner:
    """The footprint near the middle of a window that is best shared by land and sea."""
    x, y = window((centre[0], centre[1]), half)
    h = height(sphere(x, y), 2 * half / SIZE)
    best, found = np.inf, (CELL, CELL)
    reach = SIZE // 2 - CELL // 2
    for top in range(reach - 168, reach + 169, 24):
        for left in range(reach - 168, reach + 169, 24):
            part = h[top : top + CELL, left : left + CELL]
            middle = part[CELL // 4 : -CELL // 4, CELL // 4 : -CELL // 4]
            away = np.hypot(top - reach, left - reach) / SIZE
            cost = abs((part > 0).mean() - 0.45) + abs((middle > 0).mean() - 0.45) + 0.3 * away
            if cost < best:
                best, found = cost, (left, top)
    left, top = found
    return np.array([left, top])


def move(centre: Array, half: float, corner: Corner) -> Array:
    """The centre of the footprint whose upper left corner is at a pixel."""
    middle = (corner + CELL / 2) / SIZE * 2 - 1
    return np.array([centre[0] + half * middle[0], centre[1] - half * middle[1]])


def nest(levels: list[Array], corners: list[Corner]) -> None:
    """Put each level, reduced by plain averages of light, into the one before it."""
    for i in range(len(levels) - 2, -1, -1):
        small = levels[i + 1].reshape(CELL, FACTOR, CELL, FACTOR, 3).mean((1, 3))
        left, top = corners[i]
        levels[i][top : top + CELL, left : left + CELL] = small


PROMPTS = (
    "a spiral galaxy in deep space",
    "a glowing star nursery in an arm of the galaxy",
    "a sun with a blue planet and its moon",
    "a blue planet with white clouds, seen from orbit",
    "continents and oceans under scattered clouds",
    "a coast with bays and headlands from high above",
    "a bay with turquoise water and green forest",
    "a sandy shore with surf and trees, from above",
)


def draw(folder: Path) -> None:
    """Write the pictures of all levels and ``stack.json``."""
    half = 1.85
    corners = [np.array([448, 372]), np.array([240, 222]), np.array([392, 316])]
    # Windows in planet radii, from the star system down to the shore.
    centres: list[Array] = [np.zeros(2)]
    halves = [half]
    for _ in range(4):
        corner = find_shore(centres[-1], halves[-1])
        corners.append(corner)
        centres.append(move(centres[-1], halves[-1], corner))
        halves.append(halves[-1] / FACTOR)
    target = centres[-1]
    outer = half * FACTOR
    middle = (corners[2] + CELL / 2) / SIZE * 2 - 1
    system_centre = np.array([-outer * middle[0], outer * middle[1]])

    wide = galaxy()
    hollow = (corners[1] + CELL / 2) / SIZE * 2 - 1
    cloud = nebula(enlarged(wide, corners[0], softness=8), hollow)
    sky = dimmed(enlarged(cloud, corners[1], softness=8), 0.4)
    close_sky = dimmed(enlarged(sky, corners[2], softness=8), 0.7) + stars(260, 9, 0.45)
    sky = sky + stars(520, 8, 0.7)
    shift = move(system_centre, outer * FACTOR, SIZE - CELL - corners[1])
    x, y = window((shift[0], shift[1]), outer * FACTOR)
    cloud = cloud + stars(1500, 7, 1.3) + sunshine(x, y)
    light = [
        wide,
        cloud,
        system(system_centre, outer, sky, target),
        *(
            system(centre, size, close_sky if n == 0 else 0 * sky, target)
            for n, (centre, size) in enumerate(zip(centres, halves, strict=True))
        ),
    ]
    levels = [expose(1.25 * picture) for picture in light]
    nest(levels, corners)
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[dict[str, object]] = []
    for i, (picture, prompt) in enumerate(zip(levels, PROMPTS, strict=True)):
        name = f"level_{i:02d}.jpg"
        pixels = Image.fromarray((encode(picture) * 255 + 0.5).astype(np.uint8))
        pixels.save(folder / name, quality=90, subsampling=0, optimize=True)
        entry: dict[str, object] = {"image": name, "prompt": prompt}
        if i:
            entry["zoom_factor"] = float(FACTOR)
            entry["focus"] = [float(v) for v in (corners[i - 1] + CELL / 2) / SIZE]
        entries.append(entry)
    stack = {"version": 1, "levels": entries, "made_with": {"program": "research/sample_zoom"}}
    (folder / "stack.json").write_text(json.dumps(stack, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m research.sample_zoom", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "folder", type=Path, nargs="?", default=SAMPLE, metavar="FOLDER",
        help="where to draw it; by default the sample itself is drawn anew",
    )  # fmt: skip
    draw(parser.parse_args().folder)


if __name__ == "__main__":
    main()
