"""Small stacks for tests, made without any engine: numpy and the standard library."""

from __future__ import annotations

import json
import struct
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray


def to_linear(encoded: Array) -> Array:
    """sRGB values 0-1 as linear light."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def to_bytes(linear: Array) -> Array:
    """Linear light 0-1 as 8-bit sRGB."""
    linear = np.clip(linear, 0.0, 1.0)
    encoded = np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )
    return (encoded * 255.0 + 0.5).astype(np.uint8)


def write_png(path: Path, pixels: Array) -> None:
    """Write (h, w, 3) or (h, w, 4) 8-bit pixels."""
    height, width, channels = pixels.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(pixels))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def natural(width: int, height: int, seed: int) -> Array:
    """(h, w, 3) linear light with the spectrum of a photograph."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.fft2(rng.standard_normal((height, width, 3)), axes=(0, 1))
    frequency = np.hypot(
        np.fft.fftfreq(height)[:, None] * height, np.fft.fftfreq(width)[None] * width
    )
    frequency[0, 0] = 1.0
    field = np.fft.ifft2(spectrum / frequency[..., None], axes=(0, 1)).real
    return to_linear(np.clip(0.5 + 0.18 * (field - field.mean()) / field.std(), 0.0, 1.0))


def write_stack(
    folder: Path,
    pictures: list[Array],
    factors: list[float] | None = None,
    focuses: list[tuple[float, float]] | None = None,
    **display: float,
) -> Path:
    """Write (h, w, 3) 8-bit pictures and a stack.json; factors and focuses from level 1 on."""
    folder.mkdir(parents=True, exist_ok=True)
    levels: list[dict[str, Any]] = []
    for number, pixels in enumerate(pictures):
        write_png(folder / f"{number:02d}.png", pixels)
        level: dict[str, Any] = {"image": f"{number:02d}.png"}
        if number:
            level["zoom_factor"] = factors[number - 1] if factors else 2.0
            level["focus"] = list(focuses[number - 1]) if focuses else [0.5, 0.5]
        levels.append(level)
    data: dict[str, Any] = {"version": 1, "levels": levels}
    if display:
        data["display"] = display
    (folder / "stack.json").write_text(json.dumps(data), encoding="utf-8")
    return folder


def write_loop(
    folder: Path,
    pictures: list[Array],
    factors: list[float],
    focuses: list[tuple[float, float]],
    turns: int = 0,
    **display: float,
) -> Path:
    """A zoom that repeats; factors and focuses from level 0 on.

    Args:
        turns: 0: a loop; otherwise an ordinary stack in which the levels come so many times.
    """
    times = max(turns, 1)
    write_stack(folder, pictures * times, (factors * times)[1:], (focuses * times)[1:], **display)
    if not turns:
        file = folder / "stack.json"
        data = json.loads(file.read_text(encoding="utf-8"))
        data["levels"][0] |= {"zoom_factor": factors[0], "focus": list(focuses[0])}
        file.write_text(json.dumps({**data, "loop": True}), encoding="utf-8")
    return folder


def consistent_stack(
    folder: Path,
    count: int,
    factor: int,
    size: tuple[int, int],
    corner: tuple[int, int] | None = None,
    **display: float,
) -> Path:
    """A stack whose every picture holds the next one, reduced in linear light.

    Args:
        corner: of the footprint in the parent, in pixels; None: in the middle.
    """
    width, height = size
    small = (width // factor, height // factor)
    left, top = corner or ((width - small[0]) // 2, (height - small[1]) // 2)
    levels = [natural(width, height, seed) for seed in range(count)]
    for parent, child in reversed(list(pairwise(levels))):
        cells = child.reshape(small[1], factor, small[0], factor, 3)
        parent[top : top + small[1], left : left + small[0]] = cells.mean((1, 3))
    focus = ((left + small[0] / 2) / width, (top + small[1] / 2) / height)
    return write_stack(
        folder,
        [to_bytes(level) for level in levels],
        [float(factor)] * (count - 1),
        [focus] * (count - 1),
        **display,
    )


def zoom_of_one_picture(folder: Path, factor: int, side: int) -> Path:
    """Two levels of one large picture: nothing but Blender can put a seam between them."""
    large = natural(side * factor, side * factor, 3)
    reduced = large.reshape(side, factor, side, factor, 3).mean((1, 3))
    start = side * (factor - 1) // 2
    crop = large[start : start + side, start : start + side]
    return write_stack(folder, [to_bytes(reduced), to_bytes(crop)], [float(factor)])


def plain_stack(
    folder: Path,
    count: int,
    factor: float,
    focus: tuple[float, float] = (0.5, 0.5),
    sizes: list[tuple[int, int]] | None = None,
) -> Path:
    """Tiny one-coloured pictures: for tests of geometry."""
    rng = np.random.default_rng(0)
    pictures = []
    for number in range(count):
        width, height = sizes[number] if sizes else (8, 8)
        pictures.append(
            np.full((height, width, 3), rng.integers(40, 220, 3), np.uint8),
        )
    return write_stack(folder, pictures, [factor] * (count - 1), [focus] * (count - 1))
