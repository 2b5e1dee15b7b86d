"""Forest, fields and city: ground that grows or is built on, seen from above."""

from __future__ import annotations

import numpy as np

from ..fields import (
    Cells,
    Field,
    Rng,
    blur,
    canvas_side,
    grid,
    hillshade,
    mix,
    noise,
    ramp,
    smooth,
    vary,
)
from .daylight import daylight
from .density import density
from .traits import Drawing


def forest(rng: Rng) -> Drawing:
    wob = noise(rng, 1.6)
    gx, gy = grid()
    count = rng.uniform(4.5, 8.5)
    x, y = gx + 0.02 * wob, gy + 0.02 * noise(rng, 1.6)
    azimuth = rng.uniform(0, 2 * np.pi)
    crowns = Cells(rng, count, 0.85, x, y)
    tufts = Cells(rng, count * 2.7, 0.95, x, y)
    height = np.sqrt(np.clip(1 - (crowns.f1 / 0.72) ** 2, 0, 1))
    tuft = np.sqrt(np.clip(1 - (tufts.f1 / 0.75) ** 2, 0, 1))
    dome = blur((0.62 * height + 0.16 * tuft).astype(np.float32), 0.8)
    shade = hillshade((dome * 60 / count * 1.6).astype(np.float32), azimuth, 0.65, 0.6)
    gap = smooth(0.76, 0.5, crowns.f1 + 0.08 * (1 - tuft)) * smooth(0.0, 0.12, crowns.edge)
    style = rng.random()
    tone = crowns.per_cell(rng)
    white = False
    words: tuple[str, ...]
    phrases: tuple[str, ...]
    if style < 0.4:
        words, phrases = ("green",), ("in summer",)
        dark, mid, bright = (0.05, 0.2, 0.06), (0.13, 0.36, 0.1), (0.36, 0.52, 0.16)
        if rng.random() < 0.35:
            dark, mid, bright = (0.03, 0.15, 0.11), (0.08, 0.28, 0.17), (0.2, 0.42, 0.24)
            words = ("dark green",)
        leaves = ramp(tone, (0, dark), (0.5, mid), (1, bright))
    elif style < 0.6:
        words, phrases = ("bright green", "spring"), ("in spring", "blossoming trees")
        blossom = ((0.95, 0.92, 0.9), (0.95, 0.68, 0.78))[rng.integers(2)]
        fresh = ramp(tone, (0, (0.34, 0.56, 0.14)), (0.7, (0.62, 0.76, 0.24)))
        leaves = mix(fresh, blossom, smooth(0.62, 0.7, tone))
    elif style < 0.8:
        words, phrases = ("snowy", "winter", "white"), ("in winter", "covered in snow")
        leaves = ramp(tone, (0, (0.14, 0.19, 0.18)), (1, (0.3, 0.34, 0.3)))
        white = True
    else:
        words, phrases = ("autumn", "colourful"), ("in autumn", "orange and red leaves")
        leaves = ramp(
            tone,
            (0, (0.3, 0.32, 0.08)),
            (0.3, (0.75, 0.5, 0.1)),
            (0.6, (0.85, 0.36, 0.08)),
            (1, (0.6, 0.14, 0.07)),
        )
    leaves = leaves * (0.88 + 0.1 * noise(rng, 1.5))[..., None]
    if white:
        snow = smooth(0.36, 0.72, dome + 0.14 * noise(rng, 1.2, low=6)) * smooth(0.1, 0.6, gap)
        leaves = mix(leaves, (0.84, 0.89, 0.97), snow)
    image = (
        leaves * ((0.15 + 0.95 * np.clip(shade, 0, 1.6)) * (0.25 + 0.75 * gap))[..., None] * 1.25
    )
    return Drawing(image, "forest", words, phrases)


def fields(rng: Rng) -> Drawing:
    x, y = grid()
    turn = rng.uniform(0, np.pi)
    bend = rng.uniform(0, 0.06)
    u = x * np.cos(turn) + y * np.sin(turn) + bend * noise(rng, 2.4)
    v = -x * np.sin(turn) + y * np.cos(turn) + bend * noise(rng, 2.4)
    palettes = (
        (
            "green",
            (
                (0.3, 0.5, 0.16),
                (0.42, 0.58, 0.22),
                (0.2, 0.4, 0.13),
                (0.76, 0.7, 0.36),
                (0.5, 0.38, 0.24),
            ),
        ),
        (
            "golden",
            (
                (0.82, 0.7, 0.35),
                (0.72, 0.56, 0.26),
                (0.6, 0.45, 0.28),
                (0.5, 0.54, 0.22),
                (0.88, 0.8, 0.5),
            ),
        ),
        (
            "colourful",
            (
                (0.86, 0.78, 0.22),
                (0.3, 0.52, 0.18),
                (0.55, 0.36, 0.58),
                (0.6, 0.44, 0.3),
                (0.46, 0.62, 0.28),
            ),
        ),
        (
            "snowy",
            (
                (0.92, 0.94, 0.97),
                (0.84, 0.88, 0.94),
                (0.95, 0.96, 0.98),
                (0.74, 0.76, 0.78),
                (0.6, 0.55, 0.5),
            ),
        ),
    )
    name, palette = palettes[rng.choice(4, p=(0.34, 0.24, 0.2, 0.22))]
    seasons = {
        "green": ("in spring",),
        "golden": ("in summer", "at harvest time"),
        "snowy": ("in winter", "covered in snow"),
    }
    image = np.zeros((canvas_side(), canvas_side(), 3), np.float32)
    hedge = ((0.1, 0.22, 0.08), (0.72, 0.66, 0.5), (0.14, 0.2, 0.1))[rng.integers(3)]
    border = np.full((canvas_side(), canvas_side()), 9.0, np.float32)
    boxes = [(-1.5, -1.5, 1.5, 1.5)]
    limit = rng.uniform(0.5, 0.95)
    while boxes:
        x0, y0, x1, y1 = boxes.pop()
        w, h = x1 - x0, y1 - y0
        if max(w, h) > limit and (max(w, h) > 1.6 * limit or rng.random() < 0.8):
            cut = rng.uniform(0.35, 0.65)
            if w > h * rng.uniform(0.7, 1.4):
                boxes += [(x0, y0, x0 + cut * w, y1), (x0 + cut * w, y0, x1, y1)]
            else:
                boxes += [(x0, y0, x1, y0 + cut * h), (x0, y0 + cut * h, x1, y1)]
            continue
        inside = (u >= x0) & (u < x1) & (v >= y0) & (v < y1)
        if not inside.any():
            continue
        colour = np.asarray(vary(rng, palette[rng.integers(len(palette))], 0.035))
        pu, pv = u[inside], v[inside]
        rows = np.sin((pu if rng.random() < 0.5 else pv) * rng.uniform(50, 110))
        image[inside] = colour * (1 + rng.uniform(0.0, 0.1) * rows)[:, None]
        border[inside] = np.minimum(np.minimum(pu - x0, x1 - pu), np.minimum(pv - y0, y1 - pv))
    width = rng.uniform(0.014, 0.026)
    image = mix(image, hedge, smooth(width * 1.6, width * 0.6, border))
    trees = smooth(1.1, 1.6, noise(rng, 0.8, low=9)) * smooth(0.12, 0.02, border)
    image = mix(image, (0.08, 0.2, 0.07), trees)
    if rng.random() < 0.4:
        road = np.abs(
            x * np.sin(turn + 0.6)
            - y * np.cos(turn + 0.6)
            + 0.12 * noise(rng, 2.6)
            + rng.uniform(-0.4, 0.4)
        )
        image = mix(image, (0.78, 0.75, 0.68), smooth(0.03, 0.018, road))
    image = image * (1 + 0.07 * noise(rng, 1.4))[..., None]
    image, phrases = daylight(rng, image)
    return Drawing(image, "fields", (name,), (*phrases, *seasons.get(name, ())))


def city(rng: Rng) -> Drawing:
    x, y = grid()
    turn = rng.uniform(0, np.pi / 2)
    bend = rng.uniform(0.01, 0.05)
    wu, wv = noise(rng, 2.4), noise(rng, 2.4)
    u = x * np.cos(turn) + y * np.sin(turn) + bend * wu
    v = -x * np.sin(turn) + y * np.cos(turn) + bend * wv
    houses = density(rng)
    count = rng.uniform(3.5, 6.0) * houses.factor**0.45
    centre = np.exp(
        -((x - rng.normal(0, 0.25)) ** 2 + (y - rng.normal(0, 0.25)) ** 2) / rng.uniform(0.5, 1.3)
    )
    spread = np.clip(0.3 + 0.8 * centre + 0.25 * noise(rng, 2.0), 0.05, 1.5)
    spread = spread * houses.factor**0.5

    def lines(value: Field, frequency: float, width: float) -> Field:
        t = value * frequency
        light: Field = np.exp(-(((t - np.round(t)) / (width * frequency)) ** 2))
        return light

    streets = np.maximum(lines(u, count, 0.022), lines(v, count * rng.uniform(0.8, 1.4), 0.014))
    avenues = np.maximum(lines(u + 0.13, count / 4, 0.034), lines(v + 0.2, count / 3.5, 0.034))
    diagonal = np.exp(
        -(((x * np.cos(turn + 0.9) + y * np.sin(turn + 0.9) + 0.1 * wu) / 0.025) ** 2)
    )
    sparkle = np.clip(rng.standard_normal((32, 32), dtype=np.float32) - 1.0, 0, 2)
    sparkle = np.repeat(np.repeat(sparkle, canvas_side() // 32, 0), canvas_side() // 32, 1)
    name, lamp, window = (
        ("golden", (1.0, 0.62, 0.24), (1.0, 0.82, 0.55)),
        ("orange", (1.0, 0.5, 0.16), (1.0, 0.7, 0.4)),
        ("white", (0.95, 0.88, 0.8), (0.75, 0.85, 1.0)),
    )[rng.choice(3, p=(0.5, 0.25, 0.25))]
    glare = 0.55 * streets + 1.5 * avenues + (1.3 * diagonal if rng.random() < 0.5 else 0)
    image = (glare * spread)[..., None] * np.asarray(lamp) + (0.45 * sparkle * spread)[
        ..., None
    ] * np.asarray(window)
    if rng.random() < 0.45:
        river = np.abs(
            x * np.sin(turn + 2)
            + y * np.cos(turn + 2)
            + 0.25 * noise(rng, 2.8)
            + rng.uniform(-0.4, 0.4)
        )
        image *= smooth(0.07, 0.11, river)[..., None] + 0.12 * streets[..., None] * 0.3
    halo = np.stack([blur(image[..., c], 4.0) for c in range(3)], -1)
    image = 1.15 * image + 0.6 * halo + np.asarray((0.012, 0.016, 0.035))
    return Drawing(
        1 - np.exp(-1.3 * image), "city", houses.adjectives, (f"{name} lights", *houses.phrases)
    )
