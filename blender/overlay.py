"""Lines and words over a 3D view, drawn by a ``POST_PIXEL`` handler; positions in its pixels."""

from __future__ import annotations

from collections.abc import Sequence

import blf
import bpy
import gpu
from gpu_extras.batch import batch_for_shader

Point = tuple[float, float]
Colour = tuple[float, float, float, float]

WHITE: Colour = (1.0, 1.0, 1.0, 1.0)
FAINT: Colour = (1.0, 1.0, 1.0, 0.5)
ALERT: Colour = (1.0, 0.55, 0.3, 1.0)
_DARK: Colour = (0.0, 0.0, 0.0, 0.6)
_TEXT_SIZE = 13
_AIR = 4  # around words, in pixels at an interface scale of 1


def draw_outline(points: Sequence[Point | None], colour: Colour, width: float = 2.0) -> None:
    """Draw lines from each point to the next one and back to the first, on a dark rim.

    Args:
        points: None where one cannot be seen: its lines are left out.
        width: of the lines, in pixels at an interface scale of 1.
    """
    lines = [
        (*end, 0.0)
        for a, b in zip(points, [*points[1:], *points[:1]], strict=True)
        if a is not None and b is not None
        for end in (a, b)
    ]
    if not lines:
        return
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    batch = batch_for_shader(shader, "LINES", {"pos": lines})
    scale = bpy.context.preferences.system.ui_scale
    gpu.state.blend_set("ALPHA")
    shader.bind()
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    for tone, extent in ((_DARK, width + 2.0), (colour, width)):
        shader.uniform_float("lineWidth", extent * scale)
        shader.uniform_float("color", tone)
        batch.draw(shader)
    gpu.state.blend_set("NONE")


def draw_text(at: Point, text: str, colour: Colour = WHITE) -> None:
    """Write a line that begins at a pixel, on a dark ground; borders and bars push it in."""
    scale = bpy.context.preferences.system.ui_scale
    font, air = 0, _AIR * scale
    blf.size(font, _TEXT_SIZE * scale)
    width, height = blf.dimensions(font, text)
    right, top = _free_corner()
    x = max(min(at[0] + air, right - width - 2 * air), 2 * air)
    y = max(min(at[1] + air, top - height - 2 * air), 2 * air)
    left, low, right, high = x - air, y - air, x + width + air, y + height + air
    ground = [(left, low), (right, low), (left, high), (right, high)]
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    batch = batch_for_shader(shader, "TRI_STRIP", {"pos": [(*each, 0.0) for each in ground]})
    gpu.state.blend_set("ALPHA")
    shader.bind()
    shader.uniform_float("color", _DARK)
    batch.draw(shader)
    gpu.state.blend_set("NONE")
    blf.position(font, x, y, 0.0)
    blf.color(font, *colour)
    blf.draw(font, text)


def _free_corner() -> Point:
    """The right top corner of the present region, or of what bars over it leave free."""
    area, region = bpy.context.area, bpy.context.region
    right, top = region.width, region.height
    for bar in area.regions if area is not None else ():
        if bar.type == "UI" and bar.alignment == "RIGHT" and bar.width > 1:
            right = min(right, bar.x - region.x)
        elif bar.type in {"HEADER", "TOOL_HEADER"} and bar.alignment == "TOP" and bar.height > 1:
            top = min(top, bar.y - region.y)
    return float(right), float(top)
