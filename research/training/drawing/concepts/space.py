"""Galaxy, nebula, stars, planet, moon."""

from __future__ import annotations

import numpy as np

from ..fields import (
    UNITS,
    Colour,
    Field,
    Rng,
    canvas_side,
    grid,
    hillshade,
    mix,
    noise,
    ramp,
    smooth,
    stamp,
    unit,
    warp,
)
from .density import Density, density
from .traits import Drawing

STAR_COLOURS = ((0.7, 0.8, 1.0), (1.0, 1.0, 1.0), (1.0, 0.92, 0.75), (1.0, 0.75, 0.5))


def add_stars(rng: Rng, image: Field, count: int, brightest: float, size: float = 1.0) -> None:
    """Scatters stars in place; few are bright, as in the sky."""
    for _ in range(count):
        brightness = brightest * min(1.0, 0.04 / (rng.random() + 0.035))
        colour = STAR_COLOURS[rng.integers(4)]
        cx, cy = rng.uniform(0, UNITS, 2)
        stamp(image, cx, cy, size * (0.75 + 0.5 * brightness), colour, brightness * 1.6)
        if brightness > 0.7:
            stamp(image, cx, cy, size * 4.5, colour, 0.18 * brightness)


def glow(image: Field) -> Field:
    """Light adds up without limit; film does not: 1 - exp(-x)."""
    return 1.0 - np.exp(-np.maximum(image, 0.0))


def galaxy(rng: Rng) -> Drawing:
    x, y = grid()
    x, y = x - rng.normal(0, 0.04), y - rng.normal(0, 0.04)
    turn, tilt = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.0)
    u = x * np.cos(turn) + y * np.sin(turn)
    v = (-x * np.sin(turn) + y * np.cos(turn)) / tilt
    scale = rng.uniform(0.75, 1.25)
    r = np.hypot(u, v) / scale + 1e-3
    arms, winding = (2, 2, 2, 2, 3)[rng.integers(5)], rng.uniform(1.7, 2.8) * rng.choice((-1, 1))
    rough = noise(rng, 1.7)
    phase = arms * np.arctan2(v, u) + arms * winding * np.log(r + 0.08) + 0.3 * rough
    sharp = rng.uniform(1.2, 2.4)
    arm = np.exp(sharp * (np.cos(phase) - 1))
    lane = np.exp(4.0 * (np.cos(phase + 1.1) - 1)) * smooth(0.08, 0.3, r)
    clumps = np.exp(0.35 * noise(rng, 1.4, low=4))
    disk = np.exp(-((r / 0.62) ** 2) * 1.3)
    core = np.exp(-((r / 0.13) ** 1.3)) * 2.6 + 0.5 * np.exp(-r / 0.2)
    name, inner, outer, spot = (
        ("blue", (1.0, 0.88, 0.65), (0.35, 0.55, 1.0), (1.0, 0.4, 0.6)),
        ("golden", (1.0, 0.9, 0.7), (1.0, 0.68, 0.34), (1.0, 0.5, 0.3)),
        ("purple", (1.0, 0.85, 0.85), (0.66, 0.38, 1.0), (1.0, 0.4, 0.8)),
        ("white", (1.0, 0.93, 0.82), (0.75, 0.82, 0.95), (0.9, 0.6, 0.7)),
    )[rng.choice(4, p=(0.42, 0.22, 0.18, 0.18))]
    light = disk * (0.16 + 2.1 * arm * clumps) * (1 - 0.55 * lane)
    image = light[..., None] * np.asarray(outer) + (core * (1 - 0.4 * lane))[..., None] * inner
    knots = smooth(1.5, 2.3, noise(rng, 0.6, low=12)) * arm * disk
    image += 1.4 * knots[..., None] * np.asarray(spot)
    image += np.asarray((0.008, 0.01, 0.022))
    add_stars(rng, image, int(rng.integers(8, 30)), 0.8, 1.0)
    return Drawing(glow(1.25 * image), "galaxy", (name,), (f"{name} light",))


def nebula(rng: Rng) -> Drawing:
    dx, dy = noise(rng, 2.2), noise(rng, 2.2)
    bend = rng.uniform(6, 14)
    a = warp(noise(rng, 2.2), bend * dx, bend * dy)
    b = warp(noise(rng, 2.2), bend * dy, -bend * dx)
    c = warp(noise(rng, 2.0), bend * dx, bend * dx)
    names, *colours = (
        (("pink", "blue"), (1.0, 0.25, 0.5), (0.2, 0.4, 1.0)),
        (("teal", "orange"), (0.1, 0.75, 0.75), (1.0, 0.5, 0.15)),
        (("red",), (1.0, 0.18, 0.14), (0.85, 0.35, 0.2)),
        (("purple", "violet"), (0.6, 0.2, 1.0), (1.0, 0.35, 0.8)),
        (("green", "blue"), (0.2, 0.9, 0.5), (0.15, 0.4, 0.95)),
    )[rng.integers(5)]
    first, second = map(np.asarray, colours)
    gas_a = np.exp(0.9 * a) * 0.5
    gas_b = np.exp(0.9 * b) * 0.4
    filaments = np.exp(-np.abs(c) * 5.0) * unit(a) * 1.0
    dust = smooth(0.1, 1.4, warp(noise(rng, 2.1), bend * dy, bend * dx))
    image = gas_a[..., None] * first + gas_b[..., None] * second
    image += filaments[..., None] * (0.4 + 0.6 * first)
    image *= (1 - 0.85 * dust)[..., None]
    add_stars(rng, image, int(rng.integers(10, 35)), 1.0, 1.1)
    words = (names[rng.integers(len(names))], "colourful", "glowing")
    return Drawing(glow(1.1 * image), "nebula", words, (f"{' and '.join(names)} gas",))


def stars(rng: Rng) -> Drawing:
    x, y = grid()
    tint = ((0.25, 0.35, 0.7), (0.4, 0.35, 0.4), (0.45, 0.3, 0.6))[rng.integers(3)]
    haze = np.exp(0.7 * noise(rng, 1.8)) * rng.uniform(0.02, 0.09)
    kind = ("stars", "stars", "cluster", "band")[rng.integers(4)]
    image = haze[..., None] * np.asarray(tint) + 0.01
    turn = rng.uniform(0, np.pi)
    if kind == "band":
        across = x * np.sin(turn) - y * np.cos(turn) + 0.12 * noise(rng, 2.0)
        band = np.exp(-((across / rng.uniform(0.25, 0.4)) ** 2)) * np.exp(0.5 * noise(rng, 1.6))
        band *= 1 - 0.7 * smooth(0.0, 1.2, noise(rng, 1.8)) * np.exp(-((across / 0.18) ** 2))
        image += 0.42 * band[..., None] * np.asarray((0.85, 0.8, 0.9))
    crowd = density(rng) if kind == "stars" else Density()
    # Where there are few, each is brighter: an empty black picture tells nobody what it shows.
    brightest = 1.4 * crowd.factor**-0.3
    add_stars(rng, image, int(crowd.factor**1.3 * rng.integers(90, 210)), brightest, 1.25)
    if kind == "cluster":
        for _ in range(140):
            cx, cy = rng.normal(UNITS / 2, UNITS * 0.16, 2)
            colour = STAR_COLOURS[rng.integers(4)]
            stamp(image, cx, cy, 1.3, colour, rng.uniform(0.2, 1.2))
        image += 0.25 * np.exp(-(x**2 + y**2) / 0.12)[..., None] * np.asarray((1.0, 0.9, 0.75))
    for _ in range(int(rng.integers(0, 4))):
        cx, cy = rng.uniform(0, UNITS, 2)
        colour = STAR_COLOURS[rng.integers(4)]
        px, py = (x + 1) * UNITS / 2 - cx, (y + 1) * UNITS / 2 - cy
        spikes = np.exp(-np.abs(px) / 7 - np.abs(py) / 0.7) + np.exp(
            -np.abs(py) / 7 - np.abs(px) / 0.7
        )
        image += 1.5 * spikes[..., None] * np.asarray(colour)
        stamp(image, cx, cy, 5.0, colour, 0.5)
    return Drawing(glow(1.3 * image), kind, crowd.adjectives, crowd.phrases)


def planet(rng: Rng) -> Drawing:
    x, y = grid()
    x, y = x - rng.normal(0, 0.06), y - rng.normal(0, 0.06)
    radius = rng.uniform(0.5, 0.95)
    r = np.hypot(x, y) / radius
    z = np.sqrt(np.clip(1 - r**2, 0, 1))
    azimuth = rng.uniform(0, 2 * np.pi)
    side = rng.uniform(0.2, 0.85)
    light = x / radius * np.cos(azimuth) * side + y / radius * np.sin(azimuth) * side
    light = np.clip(light + z * np.sqrt(1 - side**2) + 0.05, 0, 1) ** 0.8 + 0.035
    bulge = 1 + 0.45 * (1 - z)
    dx, dy = x * UNITS / 2 * (bulge - 1), y * UNITS / 2 * (bulge - 1)
    kind = ("earth", "earth", "gas", "red", "ice")[rng.integers(5)]
    words: tuple[str, ...]
    if kind == "earth":
        surface, air, words = _earth(rng, dx, dy), (0.35, 0.6, 1.0), ("blue",)
    elif kind == "gas":
        surface, air, words = _bands(rng, x / radius, y / radius)
    elif kind == "red":
        land = warp(noise(rng, 1.7), dx, dy)
        surface = ramp(
            unit(land), (0, (0.3, 0.12, 0.07)), (0.5, (0.72, 0.34, 0.17)), (1, (0.92, 0.62, 0.4))
        )
        surface = mix(
            surface, (0.95, 0.93, 0.9), smooth(0.86, 0.95, np.abs(y / radius + 0.03 * land))
        )
        air, words = (0.9, 0.5, 0.35), ("red",)
    else:
        land = warp(noise(rng, 1.6), dx, dy)
        crack = np.exp(-np.abs(warp(noise(rng, 1.9), dx, dy)) * 14)
        surface = ramp(unit(land), (0, (0.5, 0.66, 0.8)), (1, (0.94, 0.97, 1.0)))
        surface = mix(surface, (0.4, 0.5, 0.62), 0.6 * crack)
        air, words = (0.6, 0.8, 1.0), ("icy", "white")
    disk = smooth(1.012, 0.985, r)
    rim = np.exp(-np.abs(r - 1.0) * 16) * (0.15 + light) * np.where(r < 1, 0.5, 0.6)
    space = np.full((canvas_side(), canvas_side(), 3), 0.012, np.float32)
    add_stars(rng, space, int(rng.integers(8, 30)), 0.7, 1.0)
    limb = np.clip(x * np.cos(azimuth) + y * np.sin(azimuth) + 0.25, 0, 1)
    image = space * (1 - disk[..., None]) + (surface * light[..., None] * 1.15) * disk[..., None]
    image += (rim * (0.3 + limb))[..., None] * np.asarray(air) * (0.9 if kind == "earth" else 0.5)
    phrases = ("half in shadow",) if side > 0.75 else ("in full sunlight",) if side < 0.45 else ()
    return Drawing(image, kind if kind in ("earth", "gas") else "planet", words, phrases)


def _earth(rng: Rng, dx: Field, dy: Field) -> Field:
    height = warp(noise(rng, 2.2, low=1.6), dx, dy)
    level = rng.uniform(0.0, 0.5)
    sea = ramp(height, (-2, (0.01, 0.06, 0.25)), (level, (0.05, 0.3, 0.55)))
    moist = warp(noise(rng, 1.8), dx, dy)
    land = ramp(
        unit(moist), (0, (0.7, 0.58, 0.36)), (0.45, (0.35, 0.42, 0.16)), (1, (0.08, 0.3, 0.1))
    )
    surface = mix(sea, land * (0.8 + 0.12 * height[..., None]), smooth(level, level + 0.06, height))
    swirl = noise(rng, 2.0)
    cloud = warp(noise(rng, 1.9, stretch=(0.7, 1.2)), dx + 9 * swirl, dy + 5 * swirl)
    return mix(surface, (1.0, 1.0, 1.0), 0.92 * smooth(0.35, 1.5, cloud))


def _bands(rng: Rng, x: Field, y: Field) -> tuple[Field, Colour, tuple[str, str]]:
    turn = rng.normal(0, 0.3)
    v = -x * np.sin(turn) + y * np.cos(turn)
    latitude = np.arcsin(np.clip(v, -1, 1))
    wave = 0.03 * noise(rng, 2.2, low=3, stretch=(1.3, 0.7))
    steps = rng.random(40)
    band = np.interp((latitude + wave) * 11 + 20, np.arange(40), steps)
    name, dark, light = (
        ("orange", (0.55, 0.3, 0.16), (0.96, 0.87, 0.7)),
        ("yellow", (0.7, 0.52, 0.26), (0.98, 0.92, 0.7)),
        ("blue", (0.1, 0.25, 0.6), (0.55, 0.8, 0.95)),
    )[rng.integers(3)]
    surface = ramp(band, (0, dark), (0.55, tuple(0.5 * (np.asarray(dark) + light))), (1, light))
    if rng.random() < 0.6:
        sx, sy = rng.uniform(-0.4, 0.4), rng.uniform(0.15, 0.4) * rng.choice((-1, 1))
        spot = np.exp(-((((x - sx) / 0.2) ** 2 + ((y - sy) / 0.11) ** 2) ** 2))
        surface = mix(surface, tuple(0.75 * np.asarray(dark)), 0.85 * spot)
    return surface, light, (name, "striped")


def moon(rng: Rng) -> Drawing:
    height = 1.2 * noise(rng, 2.0)
    x, y = grid()
    bright = np.zeros_like(height)
    for _ in range(int(rng.integers(10, 24))):
        radius = 0.08 / (rng.random() + 0.1) ** 0.85
        radius = min(radius, 0.42)
        cx, cy = rng.uniform(-1.1, 1.1, 2)
        r = np.hypot(x - cx, y - cy) / radius
        bowl = np.where(r < 1, r**2 * 1.25 - 1, 0.25 * np.exp(-(((r - 1) / 0.28) ** 2)))
        keep = smooth(0.55, 1.0, r)
        height = height * (0.35 + 0.65 * keep) + radius * 26 * bowl
        if radius > 0.12:
            height += radius * 9 * np.exp(-((r / 0.16) ** 2))
        bright += 0.1 * np.exp(-((r - 1) ** 2) * 4) * rng.random()
    altitude = rng.uniform(0.35, 0.75)
    shade = hillshade(height, rng.uniform(0, 2 * np.pi), altitude, 0.45)
    albedo = 0.4 + 0.07 * noise(rng, 1.8) + bright * 0.5
    tint = ((1.0, 1.0, 1.0), (1.0, 0.95, 0.88), (0.92, 0.96, 1.0))[rng.integers(3)]
    image = (np.clip(albedo, 0.1, 0.9) * (0.02 + 1.05 * shade**1.25))[..., None] * np.asarray(tint)
    return Drawing(image, "moon", ("grey",), ("long shadows",) if altitude < 0.5 else ())
