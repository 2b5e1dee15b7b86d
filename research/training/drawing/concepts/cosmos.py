"""The widest scales: a cluster of galaxies, a solar system."""

from __future__ import annotations

import numpy as np

from ..fields import Field, Rng, canvas_side, grid, noise, patch, ramp, smooth, unit, warp
from .density import density
from .space import add_stars, glow
from .traits import Drawing


def galaxy_cluster(rng: Rng) -> Drawing:
    x, y = grid()
    image = np.full((canvas_side(), canvas_side(), 3), 0.006, np.float32)
    name, warm, cold = (
        ("golden", (1.0, 0.78, 0.45), (0.8, 0.75, 0.9)),
        ("blue", (0.75, 0.85, 1.0), (0.4, 0.6, 1.0)),
    )[rng.choice(2, p=(0.6, 0.4))]
    middle = rng.normal(0, 0.22, 2)
    spread = rng.uniform(0.3, 0.6)
    crowd = density(rng)
    for i in range(int(crowd.factor * rng.integers(26, 55))):
        if rng.random() < 0.65:
            cx, cy = middle + rng.normal(0, spread, 2)
        else:
            cx, cy = rng.uniform(-1, 1, 2)
        size = 0.022 * (rng.random() + 0.08) ** -0.75 * (1.5 if i < 3 else 1.0)
        _small_galaxy(rng, image, cx, cy, min(size, 0.16), warm if rng.random() < 0.65 else cold)
    haze = np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / (0.5 * spread**2 + 0.06))
    image += (0.13 * haze)[..., None] * np.asarray(warm)
    add_stars(rng, image, int(rng.integers(3, 12)), 0.7, 0.9)
    words = (name, *crowd.adjectives)
    phrases = (f"{name} light", *crowd.phrases)
    return Drawing(glow(1.5 * image), "galaxy_cluster", words, phrases)


def _small_galaxy(
    rng: Rng, image: Field, cx: float, cy: float, size: float, colour: tuple[float, float, float]
) -> None:
    """Adds one: a round elliptical or a flat disc with a hint of two arms."""
    x, y = grid()
    rows, columns = patch(cx, cy, size * 4)
    dx, dy = x[rows, columns] - cx, y[rows, columns] - cy
    if dx.size == 0:
        return
    turn = rng.uniform(0, np.pi)
    flat = rng.uniform(0.25, 1.0)
    u = (dx * np.cos(turn) + dy * np.sin(turn)) / size
    v = (-dx * np.sin(turn) + dy * np.cos(turn)) / size / flat
    r = np.hypot(u, v)
    light = 1.3 * np.exp(-r * 3.2) + 0.5 * np.exp(-(r**2) * 1.2)
    if size > 0.06 and rng.random() < 0.6:
        phase = 2 * np.arctan2(v, u) + 5 * np.log(r + 0.15)
        light *= (
            0.45 + 0.9 * np.exp(1.5 * (np.cos(phase) - 1)) * smooth(0.1, 0.5, r) + np.exp(-r * 4)
        )
    light = light * smooth(3.6, 2.4, r)
    tone = np.asarray(colour) * (1 + rng.normal(0, 0.08, 3))
    image[rows, columns] += (rng.uniform(0.5, 1.2) * light)[..., None] * tone


def solar_system(rng: Rng) -> Drawing:
    x, y = grid()
    image = np.full((canvas_side(), canvas_side(), 3), 0.01, np.float32)
    add_stars(rng, image, int(rng.integers(8, 26)), 0.45, 0.8)
    cx, cy = rng.normal(0, 0.05, 2)
    turn, tilt = rng.uniform(0, np.pi), rng.uniform(0.35, 1.0)
    u = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
    v = (-(x - cx) * np.sin(turn) + (y - cy) * np.cos(turn)) / tilt
    r = np.hypot(u, v)
    name, sun = (
        ("golden", (1.0, 0.8, 0.4)),
        ("blue", (0.7, 0.85, 1.0)),
    )[rng.choice(2, p=(0.75, 0.25))]
    near = np.hypot(x - cx, y - cy)
    size = rng.uniform(0.07, 0.13)
    image += (2.2 * smooth(size, size * 0.8, near) + 0.9 * np.exp(-near / (size * 1.3)))[
        ..., None
    ] * np.asarray(sun)
    radius, step = size + rng.uniform(0.1, 0.16), rng.uniform(1.28, 1.5)
    line = np.asarray(((0.35, 0.45, 0.7), (0.5, 0.5, 0.5), (0.55, 0.45, 0.3))[rng.integers(3)])
    planets: list[tuple[float, float, float, tuple[float, float, float]]] = []
    while radius < 1.15:
        image += (0.5 * np.exp(-(((r - radius) / 0.012) ** 2)))[..., None] * line
        angle = rng.uniform(0, 2 * np.pi)
        a, b = radius * np.cos(angle), radius * np.sin(angle) * tilt
        px = cx + a * np.cos(turn) - b * np.sin(turn)
        py = cy + a * np.sin(turn) + b * np.cos(turn)
        colour = (
            (0.3, 0.55, 1.0), (1.0, 0.6, 0.35), (0.9, 0.8, 0.6), (0.8, 0.35, 0.2), (0.6, 0.9, 0.9),
        )[rng.integers(5)]  # fmt: skip
        planets.append((px, py, rng.uniform(0.022, 0.06), colour))
        radius = radius * step + 0.03
    for px, py, big, colour in planets:
        dx, dy = (x - px) / big, (y - py) / big
        d = np.hypot(dx, dy)
        towards = np.hypot(px - cx, py - cy) + 1e-3
        lit = np.clip(0.55 - 0.5 * (dx * (px - cx) + dy * (py - cy)) / towards, 0.1, 1.1)
        body = smooth(1.1, 0.85, d)[..., None]
        image = image * (1 - body) + body * lit[..., None] * np.asarray(colour) * 1.4
    return Drawing(glow(1.2 * image), "solar_system", (name,), ("on a dark background",))


def continent(rng: Rng) -> Drawing:
    """Land, sea and clouds from orbit; the frame is filled, no horizon."""
    bend = noise(rng, 2.0)
    height = warp(noise(rng, 2.1, low=1.0), 8 * bend, 6 * bend) + 0.08 * noise(rng, 1.2, low=8)
    level = rng.uniform(-0.5, 0.35)
    sea = ramp(
        height, (-2.2, (0.01, 0.05, 0.2)), (level - 0.15, (0.03, 0.2, 0.42)),
        (level, (0.12, 0.42, 0.55)),
    )  # fmt: skip
    name, dry, mid, lush = (
        ("green", (0.55, 0.5, 0.28), (0.28, 0.42, 0.16), (0.1, 0.3, 0.1)),
        ("desert", (0.85, 0.68, 0.42), (0.72, 0.52, 0.3), (0.5, 0.42, 0.22)),
        ("brown", (0.6, 0.45, 0.3), (0.45, 0.36, 0.22), (0.25, 0.32, 0.14)),
        ("icy", (0.9, 0.94, 0.98), (0.8, 0.86, 0.92), (0.55, 0.6, 0.62)),
    )[rng.choice(4, p=(0.42, 0.24, 0.2, 0.14))]
    moist = warp(noise(rng, 1.8), 5 * bend, 5 * bend) + 0.1 * noise(rng, 1.0, low=8)
    land = ramp(unit(moist), (0, dry), (0.5, mid), (1, lush))
    relief = 0.85 + 0.16 * np.abs(noise(rng, 1.7, low=3)) + 0.1 * (height - level)
    coastline = smooth(level, level + 0.07, height)[..., None]
    image = sea * (1 - coastline) + land * np.clip(relief, 0.6, 1.25)[..., None] * coastline
    swirl = noise(rng, 2.0)
    amount = rng.uniform(0.3, 1.4)
    cloud = warp(noise(rng, 1.7, stretch=(0.7, 1.3)), 10 * swirl, 6 * swirl)
    cover = 0.9 * smooth(amount, amount + 1.2, cloud)[..., None]
    image = image * (1 - cover) + np.asarray((0.97, 0.98, 1.0)) * cover
    phrases = ("with white clouds",) if amount < 0.8 else ()
    return Drawing(image.astype(np.float32), "continent", (name,), phrases)
