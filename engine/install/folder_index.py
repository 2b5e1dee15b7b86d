"""Folders of packages as an index, which uv asks before any other one.

Of a package that is in a folder and elsewhere, uv would download the one from elsewhere.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from .removing import remove_folder


def write_index(folders: Sequence[Path], place: Path) -> None:
    """Lay the wheels of some folders out as an index; what was at its place goes.

    Raises:
        OSError: a folder cannot be read, or the place not be written.
    """
    links: dict[str, list[str]] = {}
    for folder in folders:
        for wheel in sorted(folder.glob("*.whl")):
            name = re.sub(r"[-_.]+", "-", wheel.name.partition("-")[0]).lower()
            address = html.escape(wheel.absolute().as_uri())
            links.setdefault(name, []).append(f'<a href="{address}">{html.escape(wheel.name)}</a>')
    remove_folder(place)
    for name, rows in links.items():
        page = place / name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text("\n".join(rows) + "\n", "utf-8")
