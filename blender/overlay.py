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
_SHADOW = 5  # blf's word for a blurred shadow
_TEXT_SIZE = 13


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
    """Write a line that begins at a pixel; the region's borders push it inwards."""
    scale = bpy.context.preferences.system.ui_scale
    font = 0
    blf.size(font, _TEXT_SIZE * scale)
    width, height = blf.dimensions(font, text)
    region = bpy.context.region
    x = max(min(at[0], region.width - width - 4 * scale), 4 * scale)
    y = max(min(at[1], region.height - height - 4 * scale), 4 * scale)
    blf.enable(font, blf.SHADOW)
    blf.shadow(font, _SHADOW, 0.0, 0.0, 0.0, 1.0)
    blf.position(font, x, y, 0.0)
    blf.color(font, *colour)
    blf.draw(font, text)
    blf.disable(font, blf.SHADOW)
