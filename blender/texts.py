"""Numbers and names in words."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

_PLAIN = math.log2(9999.5)
_MOST_NAMES = 3
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def magnification_text(octaves: float) -> str:
    """How many times closer a view is: 1 is "2×", 13.6 is "1.2·10⁴×"."""
    if octaves < _PLAIN:
        factor = 2.0**octaves
        return f"{factor:.3g}×" if factor < 999.5 else f"{factor:.0f}×"
    # Not as one number: deep zooms go beyond the largest.
    exponent = int(octaves * math.log10(2.0))
    mantissa = f"{10.0 ** (octaves * math.log10(2.0) - exponent):.1f}"
    if mantissa == "10.0":
        mantissa, exponent = "1.0", exponent + 1
    power = f"10{str(exponent).translate(_SUPERSCRIPTS)}×"
    return power if mantissa == "1.0" else f"{mantissa}·{power}"


def times_text(factor: float) -> str:
    """The same of a factor: 4 is "4×"."""
    return magnification_text(math.log2(factor)) if factor > 0.0 else "0×"


def size_text(width: int, height: int) -> str:
    """Of a picture, in pixels: "512 × 512 px"."""
    return f"{width} × {height} px"


def count_text(count: int, one: str, several: str = "") -> str:
    """ "1 picture", "3 pictures"."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def duration_text(seconds: float) -> str:
    """75 is "1 min 15 s"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def clock_text(when: float) -> str:
    """A time of today as "16:42:05", others as "24 Nov 16:42" or, of another year, "24 Nov 2025";
    in seconds as files have it.
    """
    now, then = time.localtime(), time.localtime(when)
    day = f"{then.tm_mday} {time.strftime('%b', then)}"
    if now.tm_year != then.tm_year:
        return f"{day} {then.tm_year}"
    if now.tm_yday == then.tm_yday:  # short runs follow one another within a minute
        return time.strftime("%H:%M:%S", then)
    return f"{day} {time.strftime('%H:%M', then)}"


def bytes_text(size: float) -> str:
    """Bytes as "12.3 MB"."""
    if size < 1e6:
        return f"{size / 1e3:.0f} kB"
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"


def names_text(names: Sequence[str]) -> str:
    """Names for people, not too many of them: "Cube, Lamp, Text and 4,997 more"."""
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown
