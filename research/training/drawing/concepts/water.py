"""Water on many scales: open ocean, river delta, drops, plankton."""

from __future__ import annotations

import numpy as np

from ..fields import (
    UNITS,
    Cells,
    Field,
    Rng,
    blank,
    blur,
    grid,
    hillshade,
    mix,
    noise,
    patch,
    ramp,
    smooth,
    vary,
)
from .daylight import daylight
from .density import density
from .traits import Drawing


def ocean(rng: Rng) -> Drawing:
    x, y = grid()
    turn = rng.uniform(0, np.pi)
    across = x * np.cos(turn) + y * np.sin(turn)
    height = np.zeros_like(x)
    bend = noise(rng, 2.2)
    for count, gain in ((rng.uniform(2.5, 5), 1.0), (rng.uniform(6, 10), 0.45), (15.0, 0.2)):
        lean = rng.normal(0, 0.35)
        t = (across * np.cos(lean) + (y * np.cos(turn) - x * np.sin(turn)) * np.sin(lean)) * count
        # Trochoidal: narrow crests, wide troughs.
        height += gain * (1 - 2 * np.abs(np.sin((0.5 * t + 0.45 * bend + rng.random()) * np.pi)))
    height += 0.5 * noise(rng, 1.5, low=4)
    azimuth = turn + rng.choice((0.0, np.pi)) + rng.normal(0, 0.3)
    shade = hillshade(blur(height.astype(np.float32), 1.2) * 4, azimuth, 0.7, 0.35)
    name, deep, light = (
        ("blue", (0.02, 0.14, 0.36), (0.16, 0.42, 0.68)),
        ("turquoise", (0.02, 0.36, 0.44), (0.3, 0.74, 0.74)),
        ("dark", (0.02, 0.06, 0.12), (0.16, 0.24, 0.32)),
        ("green", (0.03, 0.2, 0.18), (0.24, 0.5, 0.42)),
    )[rng.choice(4, p=(0.4, 0.25, 0.2, 0.15))]
    tone = np.clip(0.25 + 0.16 * height + 0.35 * (shade - 0.8), 0, 1)
    image = ramp(tone, (0, vary(rng, deep, 0.02)), (1, vary(rng, light, 0.03)))
    stormy = rng.random() < 0.45
    crest = smooth(1.0, 1.9, height + 0.35 * noise(rng, 1.0, low=6) + (0.35 if stormy else -0.3))
    image = mix(image, (0.95, 0.98, 1.0), 0.9 * crest)
    glint = smooth(1.25, 1.8, shade) * smooth(0.5, 1.5, noise(rng, 0.9, low=10))
    image = mix(image, (1.0, 1.0, 0.96), 0.7 * glint)
    image, phrases = daylight(rng, image)
    words = (name, "stormy") if stormy else (name, "calm")
    return Drawing(image, "ocean", words, (*phrases, "with white foam") if stormy else phrases)


def river_delta(rng: Rng) -> Drawing:
    """Channels that branch from one side to the other, bright or blue in wetland."""
    water = blank()
    turn = int(rng.integers(4))
    walkers = [(UNITS * rng.uniform(0.35, 0.65), -2.0, rng.normal(0, 0.1), rng.uniform(3.4, 5.2))]
    while walkers:
        px, py, lean, width = walkers.pop()
        drift = 0.0
        while py < UNITS + 3 and -4 < px < UNITS + 4:
            drift = 0.88 * drift + rng.normal(0, 0.13)
            slope = lean + 0.8 * drift
            px, py = px + slope, py + 0.9
            _dab(water, px, py, width)
            if rng.random() < 0.035 + 0.02 * (py / UNITS) and width > 1.0 and py > UNITS * 0.1:
                split = rng.uniform(0.35, 0.6)
                fan = rng.choice((-1, 1)) * rng.uniform(0.35, 0.85)
                walkers.append((px, py, lean + fan, width * (1 - split) ** 0.6))
                width *= split**0.35
                lean -= 0.25 * fan
            lean *= 0.995
    water = np.rot90(water, turn)
    wet = blur(water, 5.0)
    name, ground, marsh, stream = (
        ("green", (0.42, 0.42, 0.22), (0.14, 0.36, 0.14), (0.2, 0.42, 0.55)),
        ("brown", (0.55, 0.42, 0.28), (0.36, 0.3, 0.18), (0.35, 0.5, 0.55)),
        ("golden", (0.78, 0.6, 0.32), (0.5, 0.46, 0.2), (0.16, 0.4, 0.52)),
        ("icy", (0.75, 0.8, 0.84), (0.5, 0.56, 0.6), (0.12, 0.32, 0.5)),
    )[rng.choice(4, p=(0.42, 0.24, 0.22, 0.12))]
    rough = noise(rng, 1.5, low=3)
    image = ramp(
        np.clip(2.6 * wet + 0.14 * rough, 0, 1),
        (0, vary(rng, ground, 0.04)),
        (1, vary(rng, marsh, 0.03)),
    )
    image = image * (1 + 0.09 * rough + 0.05 * noise(rng, 1.0, low=10))[..., None]
    bank = smooth(0.12, 0.5, water) * (1 - smooth(0.45, 0.75, water))
    image = mix(image, tuple(np.clip(np.asarray(ground) * 1.3 + 0.05, 0, 1)), 0.55 * bank)
    image = mix(image, vary(rng, stream, 0.03), smooth(0.4, 0.7, water))
    image, phrases = daylight(rng, image)
    return Drawing(image, "river_delta", (name,), phrases)


def _dab(field: Field, cx: float, cy: float, radius: float) -> None:
    """Draws a disc in place; cx, cy, radius in units."""
    n = field.shape[0]
    cx, cy, radius = (length * n / UNITS for length in (cx, cy, radius))
    reach = int(radius + 2)
    x0, x1 = max(int(cx) - reach, 0), min(int(cx) + reach + 1, n)
    y0, y1 = max(int(cy) - reach, 0), min(int(cy) + reach + 1, n)
    if x0 >= x1 or y0 >= y1:
        return
    dx, dy = np.arange(x0, x1) - cx, np.arange(y0, y1) - cy
    spot = np.clip(radius + 0.5 - np.hypot(dx[None, :], dy[:, None]), 0, 1)
    field[y0:y1, x0:x1] = np.maximum(field[y0:y1, x0:x1], spot)


def water_drops(rng: Rng) -> Drawing:
    x, y = grid()
    name, ground, phrase = (
        ("green", (0.16, 0.42, 0.1), "on a green leaf"),
        ("blue", (0.1, 0.3, 0.62), "on a blue surface"),
        ("red", (0.6, 0.1, 0.12), "on red"),
        ("purple", (0.36, 0.18, 0.5), "on purple"),
    )[rng.choice(4, p=(0.5, 0.24, 0.13, 0.13))]
    base = np.asarray(vary(rng, ground, 0.04))
    image = base * (1 + 0.1 * noise(rng, 2.0) + 0.03 * noise(rng, 1.2))[..., None]
    image = image.astype(np.float32)
    azimuth = rng.uniform(0, 2 * np.pi)
    lx, ly = np.cos(azimuth), np.sin(azimuth)
    placed: list[tuple[float, float, float]] = []
    crowd = density(rng)
    size = 1.0 if crowd.factor <= 1 else 0.75  # smaller ones find room
    for _ in range(int((60 if crowd.factor < 1 else 220) * size**-3)):
        radius = size * min(0.05 * (rng.random() + 0.02) ** -0.55, 0.34)
        if len(placed) >= 60 * crowd.factor and crowd.factor < 1:
            break
        cx, cy = rng.uniform(-1.1, 1.1, 2)
        if any(np.hypot(cx - a, cy - b) < (radius + c) * 1.04 for a, b, c in placed):
            continue
        placed.append((cx, cy, radius))
        rows, columns = patch(cx, cy, radius * 1.5)
        dx, dy = (x[rows, columns] - cx) / radius, (y[rows, columns] - cy) / radius
        if dx.size == 0:
            continue
        r = np.hypot(dx, dy)
        along = dx * lx + dy * ly
        under = image[rows, columns]
        shadow = 0.5 * smooth(1.25, 0.9, np.hypot(dx + 0.16 * lx, dy + 0.16 * ly))
        under = under * (1 - shadow)[..., None]
        # Light enters on its own side and gathers on the other: dark near the lamp, bright beyond.
        tone = 0.62 - 0.55 * along * smooth(0.1, 1.0, r) - 0.12 * along + 0.2 * (1 - r**2)
        drop = base * np.clip(tone, 0.2, 1.8)[..., None] * 1.35 + 0.04
        spark = np.exp(-(((dx - 0.45 * lx) ** 2 + (dy - 0.45 * ly) ** 2) / 0.022))
        drop = (
            drop
            + spark[..., None]
            + 0.35 * (np.exp(-(((r - 0.9) / 0.1) ** 2)) * (along < -0.3))[..., None]
        )
        image[rows, columns] = mix(under, drop.astype(np.float32), smooth(1.02, 0.92, r))
    words = (name, "clear", *crowd.adjectives)
    return Drawing(image, "water_drops", words, (phrase, *crowd.phrases))


def diatoms(rng: Rng) -> Drawing:
    x, y = grid()
    name, back, body, phrase = (
        ("green", (0.05, 0.2, 0.24), (0.62, 0.85, 0.35), "in dark water"),
        ("golden", (0.06, 0.1, 0.16), (0.95, 0.75, 0.35), "in dark water"),
        ("blue", (0.5, 0.76, 0.86), (0.2, 0.42, 0.6), "in blue water"),
        ("green", (0.62, 0.84, 0.86), (0.3, 0.52, 0.16), "in blue water"),
    )[rng.integers(4)]
    image = np.asarray(vary(rng, back, 0.03)) * (1 + 0.1 * noise(rng, 2.0))[..., None]
    image = image.astype(np.float32)
    crowd = density(rng)
    for _ in range(int(crowd.factor * rng.integers(9, 20))):
        cx, cy = rng.uniform(-1.05, 1.05, 2)
        turn, size = rng.uniform(0, np.pi), rng.uniform(0.16, 0.36)
        u = ((x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)) / size
        v = (-(x - cx) * np.sin(turn) + (y - cy) * np.cos(turn)) / size
        kind = rng.integers(3)
        if kind == 0:  # a disc with rays
            r, a = np.hypot(u, v), np.arctan2(v, u)
            pattern = 0.5 + 0.5 * np.cos(a * int(rng.integers(9, 18))) * smooth(0.15, 0.45, r)
            ring = np.exp(-(((r - 0.9) / 0.1) ** 2)) + np.exp(-(((r - 0.2) / 0.08) ** 2))
            edge = r
        elif kind == 1:  # a boat with ribs
            wide = 0.34 * np.sqrt(np.clip(1 - u**2, 0, 1)) + 1e-3
            edge = np.maximum(np.abs(v) / wide, np.abs(u))
            pattern = 0.5 + 0.5 * np.cos(u * 26)
            ring = np.exp(-(((edge - 0.9) / 0.12) ** 2)) + np.exp(-((v / 0.05) ** 2))
        else:  # a chain of squares
            edge = np.maximum(np.abs(v) / 0.28, np.abs(u))
            pattern = smooth(0.2, 0.5, np.abs(np.mod(u * 2.5, 1) - 0.5) * 2)
            ring = np.exp(-(((edge - 0.92) / 0.1) ** 2))
        inside = smooth(1.04, 0.95, edge)
        tone = 0.45 + 0.4 * pattern + 0.45 * np.clip(ring, 0, 1)
        colour = np.asarray(vary(rng, body, 0.06)) * tone[..., None]
        image = mix(image, colour.astype(np.float32), inside * rng.uniform(0.75, 0.95))
    specks = Cells(rng, 26, 0.95)
    dust = smooth(0.2, 0.1, specks.f1) * (specks.per_cell(rng) < 0.12)
    image = mix(image, body, 0.5 * dust)
    image = image * (1 + 0.06 * noise(rng, 2.4))[..., None]
    words = (name, *crowd.adjectives)
    return Drawing(image, "diatoms", words, (phrase, *crowd.phrases))
