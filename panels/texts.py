"""Words and numbers for panels."""

from __future__ import annotations

import textwrap

import bpy

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# Of the interface's font at a scale of 1; measured, with a little air.
_CHARACTER_WIDTH = 6.4
_MARGIN = 60.0


def draw_wrapped(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE"
) -> None:
    """Draw a text over as many lines as the region's width asks for."""
    scale = context.preferences.system.ui_scale
    width = context.region.width if context.region is not None else 300
    characters = max(20, int((width - _MARGIN * scale) / (_CHARACTER_WIDTH * scale)))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, characters)):
        column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else icon)


def magnification_text(magnification: float) -> str:
    """2 is "2×", 12345 is "1.2·10⁴×"."""
    if magnification < 1000.0:
        return f"{magnification:.3g}×"
    mantissa, exponent = f"{magnification:.1e}".split("e")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}×"
    return power if mantissa == "1.0" else f"{mantissa}·{power}"


def duration_text(seconds: float) -> str:
    """75 is "1 min 15 s"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
