"""Meadow, butterfly scales, bacteria, circuit, crystal lattice."""

from __future__ import annotations

import numpy as np

from ..fields import (
    UNITS,
    Rng,
    blank,
    blur,
    canvas_side,
    grid,
    mix,
    noise,
    patch,
    ramp,
    smooth,
    unit,
    vary,
)
from .density import density
from .traits import Drawing

FLOWERS = {
    "yellow": (0.98, 0.85, 0.15),
    "red": (0.88, 0.14, 0.12),
    "white": (0.97, 0.97, 0.95),
    "purple": (0.62, 0.35, 0.85),
    "blue": (0.35, 0.45, 0.95),
}


def meadow(rng: Rng) -> Drawing:
    """Grass from close above: blades in heaps, flowers between them."""
    x, y = grid()
    image = ramp(unit(noise(rng, 1.8)), (0, (0.03, 0.1, 0.02)), (1, (0.12, 0.26, 0.06)))
    fresh = rng.uniform(0, 1)
    lean = rng.uniform(0, 2 * np.pi)
    for _ in range(190):
        cx, cy = rng.uniform(-1.1, 1.1, 2)
        turn = lean + rng.normal(0, 0.7)
        length, width = rng.uniform(0.25, 0.6), rng.uniform(0.014, 0.03)
        rows, columns = patch(cx, cy, length)
        dx, dy = x[rows, columns] - cx, y[rows, columns] - cy
        if dx.size == 0:
            continue
        u = (dx * np.cos(turn) + dy * np.sin(turn)) / length
        v = -dx * np.sin(turn) + dy * np.cos(turn) + 0.12 * rng.normal() * u**2
        t = np.clip(u + 0.5, 0, 1)
        blade = smooth(1.0, 0.5, np.abs(v) / (width * (1.15 - t))) * (np.abs(u) < 0.5)
        tone = (0.5 + 0.6 * t) * (1 + 0.35 * np.sign(v))
        green = np.asarray((0.24 + 0.16 * fresh, 0.52, 0.12)) * rng.uniform(0.75, 1.25)
        image[rows, columns] = mix(
            image[rows, columns], (green * tone[..., None]).astype(np.float32), blade
        )
    names = list(FLOWERS)
    colours = [names[i] for i in rng.permutation(5)[: int(rng.choice((1, 1, 2, 3)))]]
    flowers, amount = ((0, "without flowers"), (3, "few flowers"), (9, ""), (16, ""),
                       (34, "full of flowers"))[rng.integers(5)]  # fmt: skip
    for _ in range(flowers):
        cx, cy = rng.uniform(-1, 1, 2)
        size, turn = rng.uniform(0.07, 0.15), rng.uniform(0, 2 * np.pi)
        r = np.hypot(x - cx, y - cy) / size
        a = np.arctan2(y - cy, x - cx) + turn
        petals = int(rng.choice((5, 6, 8)))
        edge = 0.62 + 0.38 * np.abs(np.cos(a * petals / 2))
        colour = np.asarray(vary(rng, FLOWERS[colours[rng.integers(len(colours))]], 0.03))
        image = image * (1 - 0.45 * smooth(1.35, 0.8, r))[..., None]
        image = mix(
            image, (colour * (0.72 + 0.3 * r.clip(0, 1))[..., None]).astype(np.float32),
            smooth(1.0, 0.88, r / edge),
        )  # fmt: skip
        heart = (0.95, 0.7, 0.1) if colours != ["yellow"] else (0.6, 0.35, 0.05)
        image = mix(image, heart, smooth(0.32, 0.24, r))
    words = ("green", *(colours if flowers and len(colours) == 1 else ()))
    phrases = ("in summer", *(f"with {c} flowers" for c in colours if flowers))
    phrases += (amount, amount) if amount else ()
    kind = "meadow" if flowers else "grass"
    return Drawing(image.astype(np.float32), kind, words, phrases)


def butterfly(rng: Rng) -> Drawing:
    """Rows of rounded scales that lie on each other like tiles; the pattern crosses them."""
    x, y = grid()
    turn = rng.normal(0, 0.5) + rng.choice((0.0, np.pi / 2, np.pi))
    bend = rng.uniform(0.02, 0.06)
    u = x * np.cos(turn) + y * np.sin(turn) + bend * noise(rng, 2.4)
    v = -x * np.sin(turn) + y * np.cos(turn) + bend * noise(rng, 2.4)
    rows_count = rng.uniform(5.0, 8.5)
    columns_count = rows_count * rng.uniform(0.8, 1.2)
    name, first, second = (
        ("blue", (0.1, 0.35, 0.9), (0.03, 0.06, 0.2)),
        ("orange", (0.95, 0.5, 0.1), (0.16, 0.07, 0.03)),
        ("green", (0.15, 0.7, 0.4), (0.03, 0.14, 0.1)),
        ("yellow", (0.95, 0.82, 0.25), (0.3, 0.16, 0.04)),
        ("purple", (0.55, 0.3, 0.85), (0.12, 0.04, 0.2)),
    )[rng.integers(5)]
    pattern = smooth(-0.6, 0.6, noise(rng, 2.4) + rng.uniform(-0.2, 0.9))
    image = np.zeros((canvas_side(), canvas_side(), 3), np.float32)
    for back in (1, 0):  # each pixel may lie on the tile of its own row or of the row above
        row = np.floor(v * rows_count) - back
        t = v * rows_count - row  # 0 at the root, up to 1.5 at the tip
        shift = 0.5 * np.mod(row, 2) + 0.2 * np.sin(row * 7.1)
        column = np.floor(u * columns_count + shift)
        s = u * columns_count + shift - column - 0.5
        number = np.mod(np.sin(column * 12.9898 + row * 78.233) * 43758.5453, 1.0)
        tip = 1.32 - 0.9 * np.abs(s) ** 2.4 * 2 + 0.12 * (number - 0.5)
        inside = smooth(0.0, 0.07, tip - t) * smooth(0.5, 0.46, np.abs(s))
        ridge = 1 + 0.12 * np.cos(s * 2 * np.pi * 5)
        shade = (0.42 + 0.5 * np.clip(t / 1.3, 0, 1)) * ridge * (0.8 + 0.35 * number)
        rim = np.exp(-(((tip - t) / 0.12) ** 2)) * 0.35
        base = np.asarray(second) + (np.asarray(first) - np.asarray(second)) * pattern[..., None]
        colour = base * (shade + rim)[..., None] * 1.3
        image = mix(image, colour.astype(np.float32), inside) if back == 0 else colour
    return Drawing(image.astype(np.float32), "butterfly", (name,), (f"{name} scales",))


def bacteria(rng: Rng) -> Drawing:
    x, y = grid()
    dark = rng.random() < 0.6
    name, body = (
        ("green", (0.35, 0.78, 0.3)),
        ("purple", (0.62, 0.35, 0.8)),
        ("blue", (0.25, 0.55, 0.9)),
        ("red", (0.85, 0.3, 0.25)),
        ("orange", (0.95, 0.6, 0.2)),
    )[rng.integers(5)]
    back = np.asarray(body) * 0.12 if dark else 0.86 + 0.12 * np.asarray(body)
    image = np.asarray(vary(rng, tuple(back), 0.015)) * (1 + 0.06 * noise(rng, 2.0))[..., None]
    image = image.astype(np.float32)
    base_turn, order = rng.uniform(0, np.pi), rng.choice((0.3, 2.0))
    width = rng.uniform(0.07, 0.12)
    crowd = density(rng)
    for _ in range(int(crowd.factor * rng.uniform(0.35, 0.75) / width**2)):
        cx, cy = rng.uniform(-1.15, 1.15, 2)
        turn, length = base_turn + rng.normal(0, order), width * rng.uniform(1.2, 3.2)
        rows, columns = patch(cx, cy, (length + width) * 1.3)
        dx, dy = x[rows, columns] - cx, y[rows, columns] - cy
        if dx.size == 0:
            continue
        u = dx * np.cos(turn) + dy * np.sin(turn)
        v = -dx * np.sin(turn) + dy * np.cos(turn) + rng.normal(0, 0.6) * u**2
        r = np.hypot(np.maximum(np.abs(u) - length, 0), v) / width
        z = np.sqrt(np.clip(1 - r**2, 0, 1))
        shade = 0.35 + 0.65 * z - 0.18 * (dx + dy) / width * z
        colour = np.asarray(vary(rng, body, 0.05)) * shade[..., None] * rng.uniform(0.85, 1.2)
        colour += (
            0.4 * np.exp(-((((v + 0.35 * width) / width) / 0.2) ** 2)) * (np.abs(u) < length)
        )[..., None]
        under = image[rows, columns] * (1 - 0.45 * smooth(1.35, 0.95, r))[..., None]
        image[rows, columns] = mix(under, colour.astype(np.float32), smooth(1.03, 0.93, r))
    phrase = "on a dark background" if dark else "on a bright background"
    words = (name, *crowd.adjectives)
    return Drawing(image, "bacteria", words, (phrase, *crowd.phrases))


def circuit(rng: Rng) -> Drawing:
    """Wires on a grid with right-angled bends, pads at their ends, a chip or two."""
    name, board, wire, body = (
        ("green", (0.03, 0.24, 0.12), (0.82, 0.72, 0.3), (0.08, 0.08, 0.09)),
        ("blue", (0.04, 0.12, 0.34), (0.75, 0.8, 0.9), (0.06, 0.07, 0.1)),
        ("golden", (0.3, 0.2, 0.06), (0.98, 0.82, 0.4), (0.1, 0.08, 0.06)),
        ("purple", (0.2, 0.06, 0.3), (0.85, 0.65, 0.95), (0.08, 0.05, 0.1)),
    )[rng.choice(4, p=(0.42, 0.26, 0.18, 0.14))]
    pixels = canvas_side() // UNITS
    cell = int(rng.choice((6, 8, 10))) * pixels
    count = canvas_side() // cell
    taken = np.zeros((count + 2, count + 2), bool)
    copper, pads = blank(), blank()
    chips = blank()
    pins = blank()
    for _ in range(int(rng.choice((0, 1, 2)))):
        w, h = rng.integers(3, max(count // 2, 4), 2)
        i, j = rng.integers(0, count - 2, 2)
        y0, y1, x0, x1 = j * cell, (j + h) * cell, i * cell, (i + w) * cell
        chips[y0:y1, x0:x1] = 1
        for k in range(x0, min(x1, canvas_side()), max(cell // 2, 3 * pixels)):
            pins[max(y0 - 3 * pixels, 0) : y0, k : k + 2 * pixels] = 1
            pins[y1 : y1 + 3 * pixels, k : k + 2 * pixels] = 1
        taken[j : j + h + 1, i : i + w + 1] = True
    thick = max(cell // pixels // 4, 1) * pixels
    steps = ((0, 1), (1, 0), (0, -1), (-1, 0))
    for _ in range(count * 7):
        i, j = (int(k) for k in rng.integers(0, count + 1, 2))
        if taken[j, i]:
            continue
        way = int(rng.integers(4))
        _pad(pads, i * cell, j * cell, cell * 0.32)
        taken[j, i] = True
        for _ in range(int(rng.integers(2, 14))):
            if rng.random() < 0.25:
                way = (way + int(rng.choice((-1, 1)))) % 4
            di, dj = steps[way]
            ni, nj = i + di, j + dj
            if not (0 <= ni <= count and 0 <= nj <= count) or taken[nj, ni]:
                break
            y0, y1 = sorted((j * cell, nj * cell))
            x0, x1 = sorted((i * cell, ni * cell))
            copper[max(y0 - thick // 2, 0) : y1 + (thick + 1) // 2,
                   max(x0 - thick // 2, 0) : x1 + (thick + 1) // 2] = 1  # fmt: skip
            i, j = ni, nj
            taken[j, i] = True
        _pad(pads, i * cell, j * cell, cell * 0.32)
    glow = 1 + 0.18 * noise(rng, 2.2)
    image = np.asarray(vary(rng, board, 0.02)) * (glow + 0.03 * noise(rng, 0.8))[..., None]
    image = image.astype(np.float32) * (1 - 0.4 * blur(copper, 1.5)[..., None])
    metal = np.asarray(vary(rng, wire, 0.03))
    image = mix(image, (metal * 0.75 * glow[..., None]).astype(np.float32), 0.9 * copper)
    image = mix(image, (metal * 1.1 * glow[..., None]).astype(np.float32), pads)
    hole = np.clip(pads - blur(pads, 1.4) * 1.6, 0, 1)
    image = mix(image, (0.02, 0.02, 0.03), 0.3 * hole)
    image = mix(image, (0.8, 0.8, 0.82), pins)
    top = np.asarray(body) * (1.2 + 0.35 * noise(rng, 2.6))[..., None]
    image = mix(image, np.clip(top, 0.02, 1).astype(np.float32), chips)
    phrases = ("with golden wires",) if name == "green" else ()
    return Drawing(image, "circuit", (name,), phrases)


def _pad(field: np.ndarray, cx: float, cy: float, radius: float) -> None:
    n = field.shape[0]
    axis = np.arange(n)
    x0, x1 = max(int(cx - radius) - 1, 0), min(int(cx + radius) + 2, n)
    y0, y1 = max(int(cy - radius) - 1, 0), min(int(cy + radius) + 2, n)
    if x0 >= x1 or y0 >= y1:
        return
    d = np.hypot(axis[None, x0:x1] - cx, axis[y0:y1, None] - cy)
    field[y0:y1, x0:x1] = np.maximum(field[y0:y1, x0:x1], np.clip(radius + 0.5 - d, 0, 1))


def lattice(rng: Rng) -> Drawing:
    """Balls and sticks: a sheared lattice of atoms, two kinds, with bonds, lit from one side."""
    x, y = grid()
    name, first, second, back = (
        ("blue", (0.2, 0.45, 0.95), (0.85, 0.9, 0.95), (0.02, 0.03, 0.09)),
        ("red", (0.9, 0.22, 0.18), (0.9, 0.88, 0.85), (0.06, 0.02, 0.03)),
        ("green", (0.2, 0.75, 0.4), (0.95, 0.9, 0.6), (0.01, 0.06, 0.05)),
        ("golden", (0.95, 0.7, 0.2), (0.7, 0.75, 0.8), (0.05, 0.04, 0.02)),
        ("purple", (0.62, 0.32, 0.9), (0.5, 0.85, 0.9), (0.04, 0.02, 0.08)),
    )[rng.integers(5)]
    image = np.asarray(back) * (1 + 0.5 * unit(noise(rng, 2.4)))[..., None]
    image = image.astype(np.float32)
    pitch, turn = rng.uniform(0.34, 0.6), rng.uniform(0, np.pi)
    shear = rng.choice((0.0, 0.5)) + rng.normal(0, 0.05)
    a = pitch * np.asarray((np.cos(turn), np.sin(turn)))
    b = pitch * np.asarray((-np.sin(turn), np.cos(turn))) * rng.uniform(0.8, 1.0) + shear * a
    origin = rng.uniform(-0.2, 0.2, 2)
    azimuth = rng.uniform(0, 2 * np.pi)
    lx, ly = np.cos(azimuth), np.sin(azimuth)
    big, small = pitch * rng.uniform(0.26, 0.36), pitch * rng.uniform(0.16, 0.28)
    reach = range(-9, 10)
    spots = [(i, j, origin + i * a + j * b) for j in reach for i in reach]
    spots = [spot for spot in spots if np.abs(spot[2]).max() < 1.5]
    for _, _, p in spots:
        for step in (a, b):
            u = ((x - p[0]) * step[0] + (y - p[1]) * step[1]) / (step @ step)
            v = (-(x - p[0]) * step[1] + (y - p[1]) * step[0]) / np.sqrt(step @ step)
            stick = smooth(0.05 * pitch + 0.015, 0.03 * pitch, np.abs(v)) * ((u > 0) & (u < 1))
            tone = 0.5 + 0.25 * np.cos(v / (0.08 * pitch))
            image = mix(
                image, np.repeat(0.8 * tone[..., None], 3, 2).astype(np.float32), 0.9 * stick
            )
    for i, j, p in spots:
        odd = (i + j) % 2
        radius, colour = (small, second) if odd else (big, first)
        dx, dy = (x - p[0]) / radius, (y - p[1]) / radius
        r = np.hypot(dx, dy)
        z = np.sqrt(np.clip(1 - r**2, 0, 1))
        light = 0.22 + 0.85 * np.clip(0.75 * z + 0.6 * (dx * lx + dy * ly), 0, 1.2)
        spark = np.exp(-(((dx - 0.4 * lx) ** 2 + (dy - 0.4 * ly) ** 2) / 0.05))
        ball = np.asarray(colour) * light[..., None] + 0.6 * spark[..., None]
        image = image * (1 - 0.3 * smooth(1.3, 0.95, r))[..., None]
        image = mix(image, ball.astype(np.float32), smooth(1.03, 0.94, r))
    return Drawing(image, "lattice", (name,), ("on a dark background",))
