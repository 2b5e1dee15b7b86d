"""Numbers in words, for panels."""

from __future__ import annotations

import math

_PLAIN = math.log2(1000.0)
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def magnification_text(octaves: float) -> str:
    """How many times closer a view is: 1 is "2×", 13.6 is "1.2·10⁴×"."""
    if octaves < _PLAIN:
        return f"{2.0**octaves:.3g}×"
    # Not as one number: deep zooms go beyond the largest.
    exponent = int(octaves * math.log10(2.0))
    mantissa = f"{10.0 ** (octaves * math.log10(2.0) - exponent):.1f}"
    if mantissa == "10.0":
        mantissa, exponent = "1.0", exponent + 1
    power = f"10{str(exponent).translate(_SUPERSCRIPTS)}×"
    return power if mantissa == "1.0" else f"{mantissa}·{power}"


def duration_text(seconds: float) -> str:
    """75 is "1 min 15 s"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
