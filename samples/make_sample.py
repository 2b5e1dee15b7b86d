"""Draw the sample zoom, from a galaxy to a shore: ``python make_sample.py [FOLDER]``.

Needs numpy and Pillow. Everything is computed, no picture comes from elsewhere. Levels 2 and
deeper are windows on one scene in units of the planet's radius, so they agree by themselves; a
last pass in linear light puts each level, reduced, into the level before it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = 768
FACTOR = 4
CELL = SIZE // FACTOR
SUN = np.array([-3.3, 2.5])
SUNLIGHT = np.array([-0.62, 0.42, 0.66])

Array = np.ndarray


# --- noise ------------------------------------------------------------------------------------


def _hash(*cells: Array, seed: int) -> Array:
    """A number 0-1 for each whole-number cell."""
    value = np.full(cells[0].shape, seed * 0x9E3779B9 & 0xFFFFFFFF, np.uint32)
    for cell, prime in zip(cells, (0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F), strict=False):
        value ^= cell.astype(np.int64).astype(np.uint32) * np.uint32(prime)
        value ^= value >> np.uint32(15)
        value *= np.uint32(0x2C1B3C6D)
        value ^= value >> np.uint32(12)
        value *= np.uint32(0x297A2D39)
        value ^= value >> np.uint32(15)
    return value.astype(np.float64) / 2**32


def noise(*axes: Array, seed: int) -> Array:
    """Smooth value noise in two or three dimensions, about -1 to 1, one bump a unit."""
    cells = [np.floor(axis) for axis in axes]
    shares = [axis - cell for axis, cell in zip(axes, cells, strict=True)]
    shares = [t * t * t * (t * (t * 6 - 15) + 10) for t in shares]
    total = np.zeros(axes[0].shape)
    for corner in np.ndindex(*(2,) * len(axes)):
        weight = np.ones(axes[0].shape)
        for t, side in zip(shares, corner, strict=True):
            weight = weight * (t if side else 1 - t)
        total += weight * _hash(
            *(cell + side for cell, side in zip(cells, corner, strict=True)), seed=seed
        )
    return 2 * total - 1


def fbm(*axes: Array, octaves: float, seed: int, gain: float = 0.5) -> Array:
    """Noise over noise, each half as large; a fraction of an octave fades the last one in."""
    total = np.zeros(axes[0].shape)
    for k in range(int(np.ceil(octaves))):
        strength = gain**k * min(1.0, octaves - k)
        # Turned and shifted, or the grids of all octaves would line up.
        total += strength * noise(
            *(axis * 2.03**k + 17.3 * k + 5.1 * seed for axis in axes), seed=seed + k
        )
    return total


def smooth(low: float, high: float, value: Array) -> Array:
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(first: Array, second: Array, share: Array) -> Array:
    return first + (second - first) * share[..., None]


def colour(*rgb: float) -> Array:
    """An sRGB colour, 0-255, as linear light."""
    value = np.array(rgb) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def encode(linear: Array) -> Array:
    linear = np.clip(linear, 0, 1)
    return np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )


def expose(light: Array) -> Array:
    """Film-like: bright things go to white softly and keep their hue."""
    return 1 - np.exp(-light)


def window(centre: tuple[float, float], half: float) -> tuple[Array, Array]:
    """x to the right and y up at the middle of each pixel."""
    steps = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    x, y = np.meshgrid(centre[0] + half * steps, centre[1] - half * steps)
    return x, y


# --- space ------------------------------------------------------------------------------------


def stars(count: int, seed: int, brightest: float, tint: float = 0.5) -> Array:
    """Stars as small round lights with a halo, few bright and many faint."""
    rng = np.random.default_rng(seed)
    light = np.zeros((SIZE, SIZE, 3))
    for _ in range(count):
        x, y = rng.uniform(0, SIZE, 2)
        power = brightest * rng.power(0.22) ** 3 + 0.01
        warm = rng.normal(0, tint)
        hue = np.clip(np.array([1 + 0.35 * warm, 1.0, 1 - 0.4 * warm]), 0.35, 1.7)
        reach = int(np.clip(4 + 10 * power, 4, 60))
        x0, x1 = max(0, int(x) - reach), min(SIZE, int(x) + reach + 1)
        y0, y1 = max(0, int(y) - reach), min(SIZE, int(y) + reach + 1)
        dx = np.arange(x0, x1)[None] + 0.5 - x
        dy = np.arange(y0, y1)[:, None] + 0.5 - y
        r2 = dx * dx + dy * dy
        edge = smooth(0, 0.5, 1 - np.sqrt(r2) / reach)
        spot = np.exp(-r2 / 1.1) + 0.05 * power / (1 + r2 / 3) * edge
        light[y0:y1, x0:x1] += (power * spot)[..., None] * hue
    return light


def galaxy() -> Array:
    """A two-armed spiral seen at a slant, with a warm core, blue arms and dark lanes."""
    x, y = window((0, 0), 1.25)
    turn = 0.5
    u = x * np.cos(turn) + y * np.sin(turn)
    v = (-x * np.sin(turn) + y * np.cos(turn)) / 0.62
    # Bend the plane a little, so that no arm is drawn with a pair of compasses.
    u, v = (
        u + 0.05 * fbm(u * 3, v * 3, octaves=4, seed=3),
        v + 0.05 * fbm(u * 3, v * 3, octaves=4, seed=4),
    )
    radius = np.hypot(u, v) + 1e-6
    phase = 2 * (np.arctan2(v, u) + 3.1 * np.log(radius + 0.08))
    wisps = fbm(u * 5, v * 5, octaves=7, seed=11, gain=0.62)
    arms = np.exp(2.6 * (np.cos(phase + 0.9 * wisps) - 1))
    lanes = np.exp(5 * (np.cos(phase + 0.75 + 1.1 * wisps) - 1))
    disc = np.exp(-((radius / 0.52) ** 1.5)) * smooth(1.3, 0.7, radius)
    core = np.exp(-radius / 0.085) * 2.6 + np.exp(-((radius / 0.26) ** 1.3)) * 0.42
    clumps = np.clip(fbm(u * 16, v * 16, octaves=6, seed=31, gain=0.7), 0, None) ** 2
    light = disc[..., None] * colour(190, 165, 150) * 0.42
    light = light + (disc * arms * (0.75 + 0.5 * wisps))[..., None] * colour(135, 175, 255) * 2.1
    light += (disc * arms * clumps)[..., None] * np.array([1.0, 0.55, 0.8]) * 2.6
    light += core[..., None] * colour(255, 222, 170)
    light *= 1 - (0.72 * lanes * smooth(0.05, 0.2, radius) * smooth(1.1, 0.5, radius))[..., None]
    rng = np.random.default_rng(5)
    sparkle = rng.random((SIZE, SIZE)) ** 60 * disc * (0.3 + arms)
    light += sparkle[..., None] * colour(225, 232, 255) * 2.4
    return np.clip(light, 0, None) + stars(420, 6, 1.1) * 0.8 + 0.0012 * colour(90, 110, 200)


def nebula(base: Array, hollow: Array) -> Array:
    """A cloud inside the arm: ``base``, the arm's own glow, broken up into gas.

    A young sun has blown a ``hollow`` into it (x, y in half widths, y down).
    """
    x, y = window((0, 0), 1)
    warp_x = fbm(x * 1.6, y * 1.6, octaves=6, seed=41)
    warp_y = fbm(x * 1.6, y * 1.6, octaves=6, seed=51)
    gas = fbm(x * 1.5 + 0.9 * warp_x, y * 1.5 + 0.9 * warp_y, octaves=9, seed=61, gain=0.56)
    folds = fbm(x * 2 + warp_y, y * 2 + warp_x, octaves=8, seed=71, gain=0.55)
    fibres = np.clip(1 - np.abs(folds), 0, None)
    inside = smooth(1.02, 0.55, np.maximum(abs(x), abs(y)))
    light = base * (1 + inside * np.clip(0.9 * gas, -0.75, 1.3))[..., None]
    pink = inside * smooth(0.1, 0.9, gas) * fibres**3
    blue = inside * smooth(-0.1, 0.8, warp_x - 0.3 * gas) * fibres**2
    light += pink[..., None] * np.array([0.75, 0.16, 0.24]) * 0.85
    light += blue[..., None] * np.array([0.10, 0.22, 0.62]) * 0.6
    light *= (1 - 0.65 * inside * smooth(0.15, 0.75, -gas))[..., None]
    away = np.hypot(x - hollow[0], y + hollow[1]) + 0.06 * warp_x
    light *= (1 - 0.86 * np.exp(-((away / 0.3) ** 4)))[..., None]
    shell = inside * np.exp(-(((away - 0.36) / 0.07) ** 2)) * fibres**2
    return light + shell[..., None] * np.array([0.62, 0.3, 0.2]) * 0.5


def sunshine(x: Array, y: Array) -> Array:
    """The star near the planet: a small disc in a glow that reaches far."""
    r = np.hypot(x - SUN[0], y - SUN[1])
    angle = np.arctan2(y - SUN[1], x - SUN[0])
    rays = 1 + 0.25 * fbm(np.cos(angle) * 4, np.sin(angle) * 4, octaves=4, seed=81)
    light = (8 * np.exp(-((r / 0.42) ** 4)))[..., None] * colour(255, 246, 220)
    light = light + (2.6 * np.exp(-r / 0.42) * rays)[..., None] * colour(255, 222, 150)
    light += (0.2 * np.exp(-r / 1.5) * rays)[..., None] * colour(255, 176, 96)
    return light + (0.012 * np.exp(-r / 5))[..., None] * colour(120, 140, 255)


# --- the planet -------------------------------------------------------------------------------


def sphere(x: Array, y: Array) -> Array:
    """The point of the unit sphere that each pixel sees, (..., 3); on its rim outside it."""
    r = np.maximum(1.0, np.hypot(x, y))
    z = np.sqrt(np.clip(1 - (x / r) ** 2 - (y / r) ** 2, 0, 1))
    return np.stack([x / r, y / r, z], -1)


def height(point: Array, pixel: float) -> Array:
    """Land above 0, sea below, with detail down to ``pixel`` (in radii)."""
    px, py, pz = point[..., 0], point[..., 1], point[..., 2]
    octaves = np.log2(1 / (1.55 * pixel * 2)) / np.log2(2.03)
    bend = 0.25 * fbm(px * 1.4, py * 1.4, pz * 1.4, octaves=5, seed=101)
    return (
        fbm(px * 1.55 + bend, py * 1.55, pz * 1.55 - bend, octaves=octaves, seed=111, gain=0.535)
        - 0.06
    )


def clouds(point: Array, x: Array, y: Array, target: Array, pixel: float) -> Array:
    """Swirling cover, 0-1, with a hole over the place that the zoom dives into."""
    px, py, pz = point[..., 0], point[..., 1], point[..., 2]
    octaves = min(11.0, np.log2(1 / (3 * pixel * 2)))
    swirl = fbm(px * 2, py * 3, pz * 2, octaves=6, seed=131)
    cover = fbm(
        px * 2.4 + 0.8 * swirl, py * 4.2 + 0.5 * swirl, pz * 2.4, octaves=octaves, seed=141,
        gain=0.58,
    )  # fmt: skip
    hole = smooth(0.07, 0.4, np.hypot(x - target[0], y - target[1]))
    return 0.92 * smooth(0.12, 0.85, cover + 0.16 * (hole - 1)) * hole


def ground(point: Array, pixel: float, lush: Array) -> tuple[Array, Array]:
    """Colour of sea and land without light, and the height."""
    h = height(point, pixel)
    px, py, pz = point[..., 0], point[..., 1], point[..., 2]
    detail = min(9.0, np.log2(1 / (40 * pixel * 2)) + 3)
    damp = fbm(px * 3, py * 3, pz * 3, octaves=detail, seed=161) - 0.8 * abs(py) + 0.3 + 0.75 * lush
    grain = fbm(px * 90, py * 90, pz * 90, octaves=max(0.5, detail - 3), seed=171, gain=0.65)
    sea = mix(colour(4, 20, 52), colour(8, 58, 104), smooth(-0.5, -0.09, h))
    sea = mix(sea, colour(18, 118, 142), smooth(-0.10, -0.012, h))
    sea = mix(sea, colour(74, 186, 178), smooth(-0.020, -0.0012, h + 0.004 * grain))
    sea = mix(sea, colour(168, 220, 196), smooth(-0.009, 0.0, h))
    forest = mix(colour(58, 86, 40), colour(30, 62, 32), smooth(-0.4, 0.5, grain))
    plain = mix(colour(160, 138, 92), colour(110, 116, 60), smooth(-0.4, 0.4, grain))
    land = mix(plain, forest, smooth(-0.05, 0.25, damp + 0.12 * grain))
    land = mix(land, colour(122, 104, 84), smooth(0.28, 0.5, h + 0.05 * grain))
    land = mix(land, colour(236, 240, 246), smooth(0.5, 0.72, h + 0.015 * grain + 0.12 * abs(py)))
    sand = mix(colour(226, 206, 160), colour(198, 172, 122), smooth(-0.5, 0.5, grain))
    land = mix(sand, land, smooth(0.006, 0.0085, h + 0.0022 * grain))
    return mix(sea, land, smooth(-pixel * 0.15, pixel * 0.15, h)), h


def trees(colours: Array, h: Array, x: Array, y: Array, pixel: float) -> Array:
    """Round crowns with light and shadow where land is green, once they are large enough."""
    crown = 0.0011
    visible = float(np.clip(np.log2(crown / pixel) / 2, 0, 1))
    if visible == 0.0:
        return colours
    share_of_green = colours[..., 1] / colours.sum(-1)
    green = smooth(0.008, 0.0095, h) * smooth(0.39, 0.47, share_of_green)
    best = np.full(h.shape, -1.0)
    tone = np.zeros(h.shape)
    cell_x, cell_y = np.floor(x / crown), np.floor(y / crown)
    for step_x in (-1, 0, 1):
        for step_y in (-1, 0, 1):
            cx, cy = cell_x + step_x, cell_y + step_y
            dx = x / crown - cx - _hash(cx, cy, seed=201)
            dy = y / crown - cy - _hash(cx, cy, seed=202)
            size = 0.45 + 0.4 * _hash(cx, cy, seed=203)
            top = 1 - (dx * dx + dy * dy) / size**2
            # The side towards the sun (upper left) is lighter.
            shade = 0.62 + 0.5 * np.sqrt(np.clip(top, 0, 1)) + 0.45 * (dy - dx) / size
            nearer = top > best
            tone = np.where(nearer, shade * (0.75 + 0.5 * _hash(cx, cy, seed=204)), tone)
            best = np.maximum(best, top)
    leaf = np.where(best > 0, tone, 0.34)
    leaf = leaf * (1 + 0.25 * noise(x / crown * 5, y / crown * 5, seed=205))
    return colours * (1 + (green * visible)[..., None] * (1.25 * leaf[..., None] - 1))


def surf(colours: Array, h: Array, x: Array, y: Array, pixel: float) -> Array:
    """Lines of foam that follow the shore, and small waves further out."""
    visible = float(np.clip(np.log2(0.006 / pixel) / 3, 0, 1))
    if visible == 0.0:
        return colours
    wobble = fbm(x * 500, y * 500, octaves=5, seed=211, gain=0.6)
    line = np.clip(np.cos(h * 2300 + 2.2 * wobble), 0, 1) ** 8
    foam = line * smooth(-0.0105, -0.003, h) * smooth(0.0002, -0.0004, h)
    foam = np.clip(foam + smooth(-0.0014, -0.0002, h) * smooth(0.0004, 0, h), 0, 1)
    foam = foam * (0.25 + 0.75 * smooth(-0.5, 0.3, wobble))
    ripple = noise(x * 2600 + wobble, y * 4200 - x * 900, seed=221) * smooth(-0.0005, -0.006, h)
    colours = colours * (1 + 0.16 * visible * ripple)[..., None]
    return mix(colours, colour(246, 250, 248), 0.85 * visible * foam)


def planet(x: Array, y: Array, target: Array, pixel: float) -> tuple[Array, Array]:
    """The lit planet and its coverage, 0-1."""
    r = np.hypot(x, y)
    point = sphere(x, y)
    lush = np.exp(-((np.hypot(x - target[0], y - target[1]) / 0.3) ** 2))
    colours, h = ground(point, pixel, lush)
    colours = surf(trees(colours, h, x, y, pixel), h, x, y, pixel)
    slope_y, slope_x = np.gradient(np.maximum(h, 0) / pixel)
    # Coarse views see gentler slopes; keep relief at every scale.
    relief = (-slope_x + slope_y * 0.8) * 0.055 * (pixel / 0.0047) ** 0.12
    colours = colours * np.clip(1 - relief, 0.45, 1.6)[..., None]
    light = np.clip(point @ (SUNLIGHT / np.linalg.norm(SUNLIGHT)), 0, 1)
    day = smooth(-0.02, 0.35, light)
    glint = np.exp(-((x + 0.33) ** 2 + (y - 0.24) ** 2) / 0.035) * smooth(0, -0.05, h)
    lit = colours * (0.12 + 1.35 * light * day)[..., None] + 0.10 * glint[..., None]
    white = clouds(point, x, y, target, pixel)
    shadow = clouds(sphere(x - 0.012, y + 0.009), x, y, target, pixel)
    lit = lit * (1 - 0.45 * shadow)[..., None]
    lit = mix(lit, (0.08 + 1.5 * light * day)[..., None] * colour(238, 243, 252), white)
    haze = (1 - point[..., 2]) ** 2.2 * day
    lit = mix(lit, colour(120, 178, 255) * 1.15, np.clip(0.85 * haze, 0, 1))
    lit = lit * (0.015 + 0.985 * day)[..., None]
    return lit, smooth(1 + pixel, 1 - pixel, r)


def air(x: Array, y: Array) -> Array:
    """The thin blue glow around the planet's lit side."""
    r = np.hypot(x, y)
    toward = np.clip((x * SUNLIGHT[0] + y * SUNLIGHT[1]) / np.maximum(r, 1e-6) + 0.45, 0, 1)
    glow = np.exp(-np.clip(r - 1, 0, None) / 0.035) * toward * (r > 0.98)
    return glow[..., None] * colour(96, 160, 255) * 0.9


def moon(x: Array, y: Array, pixel: float) -> tuple[Array, Array]:
    """A grey companion."""
    size, cx, cy = 0.27, 2.35, 1.15
    u, v = (x - cx) / size, (y - cy) / size
    point = sphere(u, v)
    light = np.clip(point @ (SUNLIGHT / np.linalg.norm(SUNLIGHT)), 0, 1)
    rough = fbm(u * 2, v * 2, point[..., 2] * 2, octaves=7, seed=301, gain=0.6)
    shade = (light * (0.55 + 0.3 * rough))[..., None] * colour(210, 200, 190)
    return shade, smooth(1 + pixel / size, 1 - pixel / size, np.hypot(u, v))


def system(centre: Array, half: float, sky: Array, target: Array) -> Array:
    """A window on star, planet and moon in front of ``sky``."""
    x, y = window((centre[0], centre[1]), half)
    pixel = 2 * half / SIZE
    light = sky + sunshine(x, y) + air(x, y)
    for body, coverage in (moon(x, y, pixel), planet(x, y, target, pixel)):
        light = mix(light, body, coverage)
    return light


# --- putting it together ----------------------------------------------------------------------


def enlarged(light: Array, left: int, top: int, softness: float) -> Array:
    """A footprint of ``light`` at full size, smoothed of its pixels."""
    crop = light[top : top + CELL, left : left + CELL]
    planes = [
        np.asarray(
            Image.fromarray(plane.astype(np.float32))
            .resize((int(CELL / softness),) * 2, Image.Resampling.BOX)
            .resize((SIZE, SIZE), Image.Resampling.BICUBIC)
        )
        for plane in np.moveaxis(crop, -1, 0)
    ]
    return np.clip(np.stack(planes, -1), 0, None)


def dimmed(light: Array, middle: float) -> Array:
    """Darker in the middle, unchanged at the border, where it meets the level before it."""
    x, y = window((0, 0), 1)
    inside = smooth(1.0, 0.35, np.maximum(abs(x), abs(y)))
    return light * (1 - (1 - middle) * inside)[..., None]


def find_shore(centre: Array, half: float) -> Array:
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


def move(centre: Array, half: float, corner: Array) -> Array:
    """The centre of the footprint whose upper left corner is at a pixel."""
    middle = (corner + CELL / 2) / SIZE * 2 - 1
    return np.array([centre[0] + half * middle[0], centre[1] - half * middle[1]])


def nest(levels: list[Array], corners: list[Array]) -> None:
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


def main(folder: Path) -> None:
    half = 1.85
    corners = [np.array([448, 372]), np.array([240, 222]), np.array([392, 316])]
    # Windows in planet radii, from the star system down to the shore.
    centres, halves = [np.zeros(2)], [half]
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
    cloud = nebula(enlarged(wide, *corners[0], softness=8), hollow)
    sky = dimmed(enlarged(cloud, *corners[1], softness=8), 0.4)
    close_sky = dimmed(enlarged(sky, *corners[2], softness=8), 0.7) + stars(260, 9, 0.45)
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
    stack = {"version": 1, "levels": entries, "made_with": {"program": "samples/make_sample.py"}}
    (folder / "stack.json").write_text(json.dumps(stack, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    here = Path(__file__).resolve().parent / "galaxy_to_shore"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else here)
