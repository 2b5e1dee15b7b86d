"""Bark, leaf, flower, plant cells, blood cells, snow crystal: near and under the microscope."""

from __future__ import annotations

import numpy as np

from ..fields import Cells, Rng, blur, grid, hillshade, mix, noise, patch, ramp, smooth, unit, vary
from .density import density
from .traits import Drawing


def bark(rng: Rng) -> Drawing:
    x, y = grid()
    lean = rng.normal(0, 0.12)
    wob = noise(rng, 2.0, stretch=(1.0, 0.6))
    u = x + lean * y + 0.07 * wob
    v = y * rng.uniform(0.22, 0.4) + 0.05 * noise(rng, 2.0)
    count = rng.uniform(3.5, 6)
    plates = Cells(rng, count, 0.95, u, v)
    crack = smooth(0.02, 0.34, plates.edge + 0.06 * noise(rng, 1.2, low=5, stretch=(1.0, 0.35)))
    grain = noise(rng, 1.2, low=4, stretch=(1.0, 0.22))
    height = 5.0 * crack**0.6 + 0.3 * grain
    shade = hillshade(
        height.astype(np.float32), rng.choice((0.0, np.pi)) + rng.normal(0, 0.4), 0.7, 0.5
    )
    name, dark, light = (
        ("brown", (0.14, 0.08, 0.05), (0.55, 0.4, 0.28)),
        ("grey", (0.13, 0.12, 0.11), (0.6, 0.56, 0.5)),
        ("reddish", (0.16, 0.06, 0.04), (0.62, 0.34, 0.22)),
    )[rng.choice(3, p=(0.5, 0.3, 0.2))]
    tone = np.clip(0.62 * crack + 0.12 * grain + 0.2 * plates.per_cell(rng), 0, 1)
    image = ramp(tone, (0, dark), (1, vary(rng, light, 0.03)))
    words: tuple[str, ...] = (name,)
    if rng.random() < 0.3:
        moss = smooth(0.2, 1.0, noise(rng, 1.5)) * crack
        image = mix(image, (0.32, 0.42, 0.12), 0.8 * moss)
        words += ("mossy",)
    image = image * (0.2 + 0.9 * shade)[..., None]
    return Drawing(image, "bark", words)


def leaf(rng: Rng) -> Drawing:
    x, y = grid()
    turn = rng.uniform(0, 2 * np.pi)
    u = x * np.cos(turn) + y * np.sin(turn)
    v = -x * np.sin(turn) + y * np.cos(turn) + rng.normal(0, 0.12)
    v = v + 0.03 * noise(rng, 2.4) + rng.normal(0, 0.1) * u**2
    spacing, angle = rng.uniform(0.32, 0.55), rng.uniform(0.5, 1.1)
    side = np.where(v > 0, 0.0, 0.5)
    t = (u - np.abs(v) * angle + 0.12 * v * v) / spacing + side + 0.06 * noise(rng, 2.0)
    away = np.abs(t - np.round(t)) * spacing
    thick = np.clip(0.036 - 0.014 * np.abs(v), 0.014, 1)
    middle = np.exp(-((v / rng.uniform(0.04, 0.065)) ** 2))
    second = np.exp(-((away / thick) ** 2))
    mesh = Cells(
        rng, rng.uniform(9, 15), 0.9, x + 0.02 * noise(rng, 1.8), y + 0.02 * noise(rng, 1.8)
    )
    third = smooth(0.2, 0.03, mesh.edge)
    veins = np.maximum(np.maximum(middle, 0.85 * second), 0.16 * third)
    style = rng.choice(4, p=(0.62, 0.14, 0.14, 0.1))
    name, blade, vein = (
        ("green", (0.2, 0.46, 0.1), (0.72, 0.86, 0.4)),
        ("red", (0.68, 0.13, 0.1), (0.98, 0.66, 0.36)),
        ("yellow", (0.86, 0.62, 0.12), (0.98, 0.9, 0.6)),
        ("dark green", (0.06, 0.25, 0.12), (0.5, 0.72, 0.42)),
    )[style]
    cushion = (
        np.clip(away / spacing * 2, 0, 1) * 3.0 + 0.3 * np.minimum(mesh.edge, 0.6) - 1.5 * middle
    )
    shade = hillshade(
        blur(cushion.astype(np.float32), 1.0) * 3, rng.uniform(0, 2 * np.pi), 0.75, 0.45
    )
    spread = 1 + 0.14 * noise(rng, 1.8) + 0.1 * (mesh.per_cell(rng) - 0.5)
    image = np.asarray(vary(rng, blade, 0.04)) * (spread * (0.4 + 0.6 * shade))[..., None]
    image = mix(image.astype(np.float32), vein, veins * 0.85)
    words = (name,) if style in (0, 3) else (name, "autumn")
    return Drawing(image, "leaf", words)


def flower(rng: Rng) -> Drawing:
    x, y = grid()
    x, y = x - rng.normal(0, 0.05), y - rng.normal(0, 0.05)
    squeeze, turn = rng.uniform(0.8, 1.0), rng.uniform(0, 2 * np.pi)
    u = x * np.cos(turn) + y * np.sin(turn)
    v = (-x * np.sin(turn) + y * np.cos(turn)) / squeeze
    r, a = np.hypot(u, v), np.arctan2(v, u)
    green = ((0.1, 0.28, 0.08), (0.2, 0.4, 0.14), (0.05, 0.16, 0.08))[rng.integers(3)]
    image = ramp(
        unit(noise(rng, 2.4, low=1.5)),
        (0, tuple(np.asarray(green) * 0.5)),
        (1, tuple(np.asarray(green) * 1.7)),
    )
    name, petal, base = (
        ("white", (0.97, 0.96, 0.94), (0.86, 0.88, 0.75)),
        ("pink", (0.96, 0.52, 0.7), (0.8, 0.16, 0.45)),
        ("yellow", (0.99, 0.83, 0.12), (0.92, 0.5, 0.04)),
        ("red", (0.86, 0.1, 0.1), (0.45, 0.02, 0.05)),
        ("purple", (0.6, 0.35, 0.85), (0.3, 0.08, 0.5)),
        ("blue", (0.35, 0.5, 0.95), (0.16, 0.18, 0.65)),
    )[rng.integers(6)]
    petal = vary(rng, petal, 0.03)
    count = int(rng.choice((5, 5, 6, 8, 10, 13)))
    length = rng.uniform(0.62, 0.98)
    rings = 2 if count < 12 else int(rng.integers(2, 4))
    for ring in range(rings):
        reach = length * (1 - 0.17 * ring)
        t = (a / (2 * np.pi)) * count + 0.5 * ring + 0.03 * noise(rng, 2.4)
        number = np.round(t)
        across = (t - number) * 2
        size = reach * (1 + 0.06 * np.sin(number * 12.9898 + ring))
        half = np.sqrt(np.clip(1 - (r / size) ** (4 if count < 9 else 7), 0, 1)) * (
            1.05 if count < 9 else 0.92
        )
        body = smooth(1.0, 0.86, np.abs(across) / np.maximum(half, 1e-3)) * (half > 0.05)
        tone = np.clip(r / size, 0, 1)
        colour = ramp(tone, (0, base), (0.55, petal), (1, petal))
        fold = 1 - 0.34 * np.abs(across) ** 2 - 0.12 * np.exp(-((across / 0.12) ** 2))
        streak = 1 + 0.06 * np.sin(across * 22)
        shade = fold * streak * (0.74 + 0.26 * tone) * (1 if ring else 0.8)
        image = mix(image, colour * shade[..., None], body)
    heart = rng.uniform(0.13, 0.27) if count < 9 else rng.uniform(0.2, 0.34)
    seeds = Cells(rng, 30, 0.7)
    disk = smooth(heart, heart * 0.88, r + 0.02 * (seeds.per_cell(rng) - 0.5))
    core = ((0.95, 0.72, 0.1), (0.36, 0.2, 0.07), (0.75, 0.8, 0.25))[
        rng.choice(3, p=(0.6, 0.25, 0.15))
    ]
    dome = (0.62 + 0.5 * np.clip(1 - seeds.f1 * 1.3, 0, 1)) * (1.1 - 0.5 * (r / heart) ** 2)
    image = (
        image
        * (1 - 0.35 * np.exp(-((np.clip(r - heart, 0, 9) / 0.06) ** 2)) * (r > heart * 0.9))[
            ..., None
        ]
    )
    image = mix(image, np.asarray(core) * np.clip(dome, 0.2, 1.3)[..., None], disk)
    return Drawing(image, "flower", (name,), (f"{name} petals",))


def plant_cells(rng: Rng) -> Drawing:
    x, y = grid()
    turn = rng.uniform(0, np.pi)
    u = (x * np.cos(turn) + y * np.sin(turn)) * rng.uniform(0.6, 1.0) + 0.015 * noise(rng, 2.0)
    v = -x * np.sin(turn) + y * np.cos(turn) + 0.015 * noise(rng, 2.0)
    count = rng.uniform(2.6, 4.4)
    cells = Cells(rng, count, 0.55, u, v)
    wall = smooth(0.13, 0.04, cells.edge)
    lining = smooth(0.3, 0.12, cells.edge) * (1 - wall)
    name, inside, wall_colour, grain = (
        ("green", (0.72, 0.88, 0.56), (0.28, 0.5, 0.16), (0.14, 0.52, 0.12)),
        ("bright green", (0.5, 0.8, 0.35), (0.85, 0.95, 0.6), (0.06, 0.4, 0.08)),
        ("purple", (0.86, 0.72, 0.9), (0.4, 0.18, 0.5), (0.55, 0.25, 0.62)),
    )[rng.choice(3, p=(0.5, 0.33, 0.17))]
    tone = 0.86 + 0.22 * (cells.per_cell(rng) - 0.5) + 0.05 * noise(rng, 1.6)
    image = np.asarray(vary(rng, inside, 0.03)) * tone[..., None]
    image = mix(image.astype(np.float32), tuple(0.5 * (np.asarray(inside) + grain)), 0.45 * lining)
    dots = Cells(rng, count * rng.uniform(3.0, 3.8), 0.95)
    keep = (dots.per_cell(rng) < rng.uniform(0.35, 0.75)) & (cells.edge > 0.17)
    plastid = smooth(0.44, 0.32, dots.f1) * keep
    lit = 1 + 0.5 * (dots.dx * -0.7 + dots.dy * -0.7)
    image = mix(image, np.asarray(grain) * lit[..., None], plastid * 0.9)
    if rng.random() < 0.6:
        ox, oy = rng.normal(0, 0.12, 2)
        d = np.hypot(cells.dx - ox, cells.dy - oy)
        nucleus = smooth(0.2, 0.17, d)
        core = ((0.62, 0.5, 0.28), (0.45, 0.3, 0.5))[rng.integers(2)]
        image = mix(image, np.asarray(core) * (1.15 - 1.6 * d)[..., None], nucleus * 0.85)
    image = mix(image, wall_colour, wall)
    return Drawing(image, "plant_cells", (name,))


def blood(rng: Rng) -> Drawing:
    x, y = grid()
    name, back, body = (
        ("bright", (0.96, 0.87, 0.8), (0.86, 0.25, 0.22)),
        ("dark", (0.24, 0.02, 0.03), (0.82, 0.1, 0.09)),
        ("pink", (0.95, 0.9, 0.9), (0.9, 0.5, 0.52)),
    )[rng.choice(3, p=(0.4, 0.4, 0.2))]
    image = np.asarray(vary(rng, back, 0.02)) * (1 + 0.05 * noise(rng, 2.0))[..., None]
    image = image.astype(np.float32)
    size, azimuth = rng.uniform(0.24, 0.42), rng.uniform(0, 2 * np.pi)
    lx, ly = np.cos(azimuth), np.sin(azimuth)
    crowd = density(rng)
    for _ in range(int(crowd.factor * rng.uniform(1.1, 1.9) / size**2)):
        cx, cy = rng.uniform(-1.15, 1.15, 2)
        turn, flat = (
            rng.uniform(0, np.pi),
            rng.uniform(0.6, 1.0) if name == "dark" else rng.uniform(0.85, 1.0),
        )
        radius = size * rng.uniform(0.88, 1.1)
        rows, columns = patch(cx, cy, radius * 1.2)
        dx, dy = x[rows, columns] - cx, y[rows, columns] - cy
        if dx.size == 0:
            continue
        a = (dx * np.cos(turn) + dy * np.sin(turn)) / radius
        b = (-dx * np.sin(turn) + dy * np.cos(turn)) / radius / flat
        r = np.hypot(a, b)
        ring = np.exp(-(((r - 0.68) / 0.27) ** 2))
        lit = 1 + 0.32 * (-(dx * lx + dy * ly) / radius) * np.where(r > 0.6, 1.0, -0.9)
        tone = (0.62 + 0.42 * ring) * lit
        colour = np.asarray(vary(rng, body, 0.025)) * tone[..., None]
        if name != "dark":
            colour = mix(colour.astype(np.float32), back, 0.55 * np.exp(-((r / 0.42) ** 2)))
        inside = smooth(1.02, 0.94, r)
        under = image[rows, columns] * (1 - 0.35 * smooth(1.2, 0.98, r))[..., None]
        image[rows, columns] = mix(under, colour, inside)
    words = ("red",) if name != "pink" else ("pink", "red")
    return Drawing(image, "blood", (*words, *crowd.adjectives), crowd.phrases)


def snow_crystal(rng: Rng) -> Drawing:
    x, y = grid()
    x, y = x - rng.normal(0, 0.05), y - rng.normal(0, 0.05)
    turn, size = rng.uniform(0, np.pi / 3), rng.uniform(0.72, 1.0)
    r = np.hypot(x, y) / size
    a = np.mod(np.arctan2(y, x) + turn, np.pi / 3)
    a = np.minimum(a, np.pi / 3 - a)
    # One twelfth of the plane is drawn, the crystal's mirror symmetry does the rest.
    along, across = r * np.cos(a), r * np.sin(a)
    width = rng.uniform(0.036, 0.055)
    ice = smooth(width * 1.25, width * 0.6, across) * (along < 0.97)
    glint = np.exp(-((across / (width * 0.35)) ** 2)) * (along < 0.95)
    for _ in range(int(rng.integers(3, 5))):
        start = rng.uniform(0.16, 0.88)
        reach = rng.uniform(0.22, 0.45) * (1.15 - start)
        c, s = 0.5, np.sqrt(0.75)
        du, dv = along - start, across
        t = du * c + dv * s
        off = np.abs(-du * s + dv * c)
        branch = smooth(width * 1.05, width * 0.5, off) * ((t > -0.01) & (t < reach))
        ice = np.maximum(ice, branch)
        glint = np.maximum(glint, np.exp(-((off / (width * 0.3)) ** 2)) * ((t > 0) & (t < reach)))
    plate = rng.uniform(0.1, 0.34)
    hexagon = along
    ice = np.maximum(ice, 0.8 * smooth(plate, plate - 0.025, hexagon))
    for edge in (plate, plate * 0.6, plate * 0.3):
        glint = np.maximum(glint, np.exp(-(((hexagon - edge) / 0.014) ** 2)))
    name, dark, light, crystal = (
        ("blue", (0.02, 0.07, 0.22), (0.12, 0.32, 0.62), (0.72, 0.88, 1.0)),
        ("white", (0.05, 0.05, 0.07), (0.2, 0.2, 0.24), (0.93, 0.95, 1.0)),
        ("purple", (0.1, 0.04, 0.22), (0.38, 0.24, 0.6), (0.85, 0.82, 1.0)),
    )[rng.choice(3, p=(0.55, 0.25, 0.2))]
    side = rng.uniform(0, 2 * np.pi)
    back = ramp(
        0.5 + 0.35 * (x * np.cos(side) + y * np.sin(side)) + 0.08 * blur(noise(rng, 1.5), 3),
        (0, dark),
        (1, light),
    )
    body = np.asarray(crystal) * (0.62 + 0.3 * r + 0.06 * noise(rng, 1.2, low=6))[..., None]
    image = mix(back, body.astype(np.float32), 0.86 * ice)
    image += 0.4 * glint[..., None] * np.asarray(crystal)
    image += 0.22 * blur(ice.astype(np.float32), 5.0)[..., None] * np.asarray(crystal)
    return Drawing(image, "snow_crystal", (name,))
