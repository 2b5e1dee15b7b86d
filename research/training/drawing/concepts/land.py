"""Clouds, coast, mountains, dunes: wild ground seen from above."""

from __future__ import annotations

import numpy as np

from ..fields import (
    UNITS,
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
    unit,
    vary,
    warp,
)
from .daylight import daylight
from .density import density
from .traits import Drawing


def clouds(rng: Rng) -> Drawing:
    bend = noise(rng, 2.2)
    base = warp(noise(rng, 2.0), 9 * bend, 6 * bend)
    billow = Cells(rng, rng.uniform(5, 8), 0.95).f1
    crowd = density(rng)
    thick = base - 0.45 * (billow - 0.4) + 0.12 * noise(rng, 1.2, low=5) + rng.uniform(-0.3, 0.7)
    thick += np.log(crowd.factor)
    azimuth = rng.uniform(0, 2 * np.pi)
    cover = smooth(-0.35, 0.75, thick)
    puff = blur(np.maximum(thick, -0.35), 1.8)
    shade = hillshade(puff, azimuth, 0.8, 4.5)
    shift = int(rng.integers(4, 9)) * canvas_side() // UNITS
    shadow = np.roll(
        cover, (-round(shift * np.sin(azimuth)), -round(shift * np.cos(azimuth))), (0, 1)
    )
    name, ground = (
        ("blue sea", (0.05, 0.2, 0.42)),
        ("green land", (0.16, 0.3, 0.14)),
        ("blue sky", (0.2, 0.45, 0.8)),
    )[rng.choice(3, p=(0.5, 0.2, 0.3))]
    depth = 1 + 0.12 * noise(rng, 2.0)
    below = np.asarray(vary(rng, ground, 0.03)) * (depth * (1 - 0.35 * shadow))[..., None]
    lit = np.clip(0.3 + 0.7 * shade, 0.5, 1.12)
    top = np.asarray((0.93, 0.95, 0.98)) * lit[..., None] + np.asarray((0.0, 0.01, 0.04))
    image = mix(below.astype(np.float32), top, cover)
    image, phrases = daylight(rng, image)
    return Drawing(image, "clouds", ("white", *crowd.adjectives), (*phrases, f"over {name}"))


def coast(rng: Rng) -> Drawing:
    x, y = grid()
    turn = rng.uniform(0, 2 * np.pi)
    slope = rng.uniform(0.8, 2.2)
    height = (
        noise(rng, 2.1) + slope * (x * np.cos(turn) + y * np.sin(turn)) + rng.uniform(-0.3, 0.3)
    )
    style = rng.choice(3, p=(0.45, 0.3, 0.25))
    shallow, deep, sand, green, name = (
        ((0.2, 0.75, 0.72), (0.01, 0.2, 0.42), (0.95, 0.87, 0.68), (0.16, 0.4, 0.14), "tropical"),
        ((0.2, 0.48, 0.5), (0.03, 0.16, 0.27), (0.76, 0.7, 0.56), (0.3, 0.42, 0.2), "green"),
        ((0.15, 0.45, 0.6), (0.02, 0.12, 0.3), (0.6, 0.5, 0.4), (0.48, 0.38, 0.24), "rocky"),
    )[style]
    swell = noise(rng, 0.9, low=8, stretch=(0.6, 1.4))
    sea = ramp(
        height,
        (-1.6, vary(rng, deep, 0.03)),
        (-0.5, tuple(0.6 * np.asarray(deep) + 0.4 * np.asarray(shallow))),
        (0, vary(rng, shallow, 0.04)),
    )
    sea = sea * (1 + 0.05 * swell)[..., None]
    moist = noise(rng, 1.4)
    lush = ramp(
        unit(moist),
        (0, tuple(np.asarray(green) * 1.5)),
        (0.5, green),
        (1, tuple(np.asarray(green) * 0.55)),
    )
    shade = hillshade(
        height * 7 + 0.8 * noise(rng, 1.4, low=4), rng.uniform(0, 2 * np.pi), 0.75, 0.5
    )
    land = mix(
        np.broadcast_to(np.asarray(sand, np.float32), sea.shape),
        lush,
        smooth(0.12, 0.3, height + 0.05 * moist),
    )
    image = mix(sea, land * (0.35 + 0.65 * shade)[..., None], smooth(-0.015, 0.03, height))
    foam = np.exp(-(((height + 0.05) / 0.045) ** 2)) * smooth(-0.9, 0.7, noise(rng, 1.0, low=5))
    foam += 0.6 * np.exp(-(((height + 0.2) / 0.03) ** 2)) * smooth(0.2, 1.2, noise(rng, 1.2, low=3))
    image = mix(image, (1.0, 1.0, 1.0), np.clip(foam, 0, 1) * 0.9)
    image, phrases = daylight(rng, image)
    return Drawing(image, "coast", (name,), phrases)


def mountains(rng: Rng) -> Drawing:
    bend = noise(rng, 2.0)
    low = rng.uniform(0.8, 1.2)
    base = warp(noise(rng, 2.0, low=low), 7 * bend, -7 * bend)
    crest = 1.0 - np.abs(base)
    second = 1.0 - np.abs(warp(noise(rng, 1.9, low=2.5 * low), 5 * bend, 5 * bend))
    rough = noise(rng, 1.5, low=5)
    height = 10.0 * crest + 1.6 * second + 0.3 * rough
    azimuth, altitude = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 0.85)
    height = blur(height.astype(np.float32), 0.8)
    shade = hillshade(height, azimuth, altitude, 0.62)
    level = (height - height.mean()) / height.std()
    line = (-0.3, 0.3, 0.8, 3.5)[rng.integers(4)]
    rock = vary(
        rng, ((0.5, 0.44, 0.4), (0.55, 0.42, 0.3), (0.42, 0.44, 0.48))[rng.integers(3)], 0.03
    )
    valley = ((0.2, 0.32, 0.13), (0.36, 0.34, 0.2), (0.4, 0.36, 0.32))[rng.integers(3)]
    ground = ramp(
        level + 0.3 * rough, (-1.2, valley), (0.3, rock), (2, tuple(np.asarray(rock) * 1.25))
    )
    snow = smooth(line - 0.3, line + 0.3, level + 0.25 * rough)
    ground = mix(ground, (0.95, 0.97, 1.0), snow)
    dark = np.asarray((0.14, 0.17, 0.22))
    image: Field = ground * (0.25 * dark * 3 + (0.06 + 0.85 * shade)[..., None] * (1 - 0.1 * dark))
    image, phrases = daylight(rng, image)
    words = ("snowy", "snow-covered") if line < 1.2 else ("rocky", "bare")
    return Drawing(image, "mountains", words, phrases)


def dunes(rng: Rng) -> Drawing:
    x, y = grid()
    turn, count = rng.uniform(0, 2 * np.pi), rng.uniform(1.3, 2.6)
    bend = noise(rng, 2.4, low=1.5)
    along = x * np.cos(turn) + y * np.sin(turn)
    phase = along * count + rng.uniform(0.2, 0.42) * bend + rng.random()
    t = phase - np.floor(phase)
    face = rng.uniform(0.58, 0.72)
    size = 0.45 + 0.55 * unit(noise(rng, 2.2, low=1.5))
    # Up the windward slope it gets brighter to the crest; the slip face lies in its own shadow.
    lee = smooth(face - 0.025, face + 0.035, t) * (1 - smooth(face + 0.1, 1.0, t))
    ripple = np.sin((phase * 9 + 1.2 * noise(rng, 2.2)) * 2 * np.pi)
    light = 0.62 + 0.38 * np.clip(t / face, 0, 1) ** 1.4 + 0.02 * ripple * (1 - lee)
    light = light + 0.1 * noise(rng, 2.0) - (0.25 + 0.6 * size) * lee
    name, sand = (
        ("orange", (0.88, 0.55, 0.27)),
        ("golden", (0.92, 0.73, 0.44)),
        ("red", (0.75, 0.34, 0.2)),
        ("white", (0.88, 0.85, 0.8)),
    )[rng.choice(4, p=(0.35, 0.35, 0.18, 0.12))]
    shadow = np.asarray(sand) * np.asarray((0.5, 0.42, 0.55)) * 0.75
    image = mix(
        np.broadcast_to(shadow.astype(np.float32), (canvas_side(), canvas_side(), 3)),
        np.asarray(sand),
        np.clip(light, 0, 1),
    )
    image = image * (0.88 + 0.4 * np.clip(light - 0.7, 0, 1))[..., None]
    image = image * (1 + 0.03 * noise(rng, 1.2))[..., None]
    return Drawing(image, "dunes", (name,), (f"{name} sand",))
