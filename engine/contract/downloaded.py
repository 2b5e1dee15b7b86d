"""How much of a download is there, for people; what is not known yet is left out."""

from __future__ import annotations

_MB = 1e6
_SLOW = 1e5  # bytes a second that are not worth telling


def downloaded_text(done: float, total: float, speed: float) -> str:
    """ "5 of 20 MB, 3.0 MB/s", "5 MB", or "" as long as there is nothing to tell.

    Args:
        done: bytes that are there.
        total: bytes in all; 0 while unknown.
        speed: bytes a second; 0 while unknown.
    """
    there, whole = round(done / _MB), round(total / _MB)
    words = [f"{there} of {whole} MB"] if whole else [f"{there} MB"] if there else []
    words += [f"{speed / _MB:.1f} MB/s"] if speed >= _SLOW else []
    return ", ".join(words)
