"""Rendered frames as one moving picture: ``python -m devtools.film FRAMES_FOLDER FILM.webp``."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

_WIDTH = 640
_QUALITY = 60
_FRAMES_PER_SECOND = 12.0
_PAUSE = 1.0  # seconds, at the end


def make_film(frames: Path, target: Path) -> None:
    """Make an animated WebP, which a page shows like a picture, of a folder's PNG frames by name.

    Raises:
        ValueError: the folder has no frames.
    """
    files = sorted(frames.glob("*.png"))
    if not files:
        raise ValueError(f"no PNG frames in {frames}")
    pictures = []
    for file in files:
        with Image.open(file) as picture:
            height = round(_WIDTH * picture.height / picture.width)
            pictures.append(picture.convert("RGB").resize((_WIDTH, height), Image.Resampling.BOX))
    shown = 1000.0 / _FRAMES_PER_SECOND  # milliseconds
    durations = [round(shown)] * (len(pictures) - 1) + [round(1000.0 * _PAUSE)]
    first, *others = pictures
    first.save(
        target,
        save_all=True,
        append_images=others,
        duration=durations,
        loop=0,
        quality=_QUALITY,
        method=6,
    )


if __name__ == "__main__":
    make_film(Path(sys.argv[1]), Path(sys.argv[2]))
