"""The sample's lower levels: one planet, from its globe down to the trees on a shore."""

from __future__ import annotations

import numpy as np

from .noise import SIZE, Array, colour, fbm, hashed, mix, noise, smooth, window
from .space import sunshine

SUNLIGHT = np.array([-0.62, 0.42, 0.66])


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
            dx = x / crown - cx - hashed(cx, cy, seed=201)
            dy = y / crown - cy - hashed(cx, cy, seed=202)
            size = 0.45 + 0.4 * hashed(cx, cy, seed=203)
            top = 1 - (dx * dx + dy * dy) / size**2
            # The side towards the sun (upper left) is lighter.
            shade = 0.62 + 0.5 * np.sqrt(np.clip(top, 0, 1)) + 0.45 * (dy - dx) / size
            nearer = top > best
            tone = np.where(nearer, shade * (0.75 + 0.5 * hashed(cx, cy, seed=204)), tone)
            best = np.maximum(best, top)
    leaf = np.where(best > 0, tone, 0.34)
    leaf = leaf * (1 + 0.25 * noise(x / crown * 5, y / crown * 5, seed=205))
    shaded: Array = colours * (1 + (green * visible)[..., None] * (1.25 * leaf[..., None] - 1))
    return shaded


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
    glow: Array = np.exp(-np.clip(r - 1, 0, None) / 0.035) * toward * (r > 0.98)
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
    light: Array = sky + sunshine(x, y) + air(x, y)
    for body, coverage in (moon(x, y, pixel), planet(x, y, target, pixel)):
        light = mix(light, body, coverage)
    return light
