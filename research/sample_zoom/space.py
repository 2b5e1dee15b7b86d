"""The sample's upper levels: galaxy, nebula, stars and the sun near the planet."""

from __future__ import annotations

import numpy as np

from .noise import SIZE, Array, colour, fbm, smooth, window

SUN = np.array([-3.3, 2.5])


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
    light: Array = disc[..., None] * colour(190, 165, 150) * 0.42
    light = light + (disc * arms * (0.75 + 0.5 * wisps))[..., None] * colour(135, 175, 255) * 2.1
    light += (disc * arms * clumps)[..., None] * np.array([1.0, 0.55, 0.8]) * 2.6
    light += core[..., None] * colour(255, 222, 170)
    light *= 1 - (0.72 * lanes * smooth(0.05, 0.2, radius) * smooth(1.1, 0.5, radius))[..., None]
    rng = np.random.default_rng(5)
    sparkle = rng.random((SIZE, SIZE)) ** 60 * disc * (0.3 + arms)
    light += sparkle[..., None] * colour(225, 232, 255) * 2.4
    light = np.clip(light, 0, None)
    light += stars(420, 6, 1.1) * 0.8
    return light + 0.0012 * colour(90, 110, 200)


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
    light: Array = base * (1 + inside * np.clip(0.9 * gas, -0.75, 1.3))[..., None]
    pink = inside * smooth(0.1, 0.9, gas) * fibres**3
    blue = inside * smooth(-0.1, 0.8, warp_x - 0.3 * gas) * fibres**2
    light += pink[..., None] * np.array([0.75, 0.16, 0.24]) * 0.85
    light += blue[..., None] * np.array([0.10, 0.22, 0.62]) * 0.6
    light *= (1 - 0.65 * inside * smooth(0.15, 0.75, -gas))[..., None]
    away = np.hypot(x - hollow[0], y + hollow[1]) + 0.06 * warp_x
    light *= (1 - 0.86 * np.exp(-((away / 0.3) ** 4)))[..., None]
    shell = inside * np.exp(-(((away - 0.36) / 0.07) ** 2)) * fibres**2
    light += shell[..., None] * np.array([0.62, 0.3, 0.2]) * 0.5
    return light


def sunshine(x: Array, y: Array) -> Array:
    """The star near the planet: a small disc in a glow that reaches far."""
    r = np.hypot(x - SUN[0], y - SUN[1])
    angle = np.arctan2(y - SUN[1], x - SUN[0])
    rays = 1 + 0.25 * fbm(np.cos(angle) * 4, np.sin(angle) * 4, octaves=4, seed=81)
    light: Array = (8 * np.exp(-((r / 0.42) ** 4)))[..., None] * colour(255, 246, 220)
    light = light + (2.6 * np.exp(-r / 0.42) * rays)[..., None] * colour(255, 222, 150)
    light += (0.2 * np.exp(-r / 1.5) * rays)[..., None] * colour(255, 176, 96)
    light += (0.012 * np.exp(-r / 5))[..., None] * colour(120, 140, 255)
    return light
