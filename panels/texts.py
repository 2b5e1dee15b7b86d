"""Numbers in words, for panels."""

from __future__ import annotations

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


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
