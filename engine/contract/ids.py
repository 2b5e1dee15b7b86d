"""Names of a zoom and of its levels that stay when levels are renamed, moved, added or removed.

They decide no pixel. Blender gives them, and finds by them which level of which zoom a new picture
belongs to.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True)
class Ids:
    """Of one zoom.

    Attributes:
        zoom: its own.
        levels: of each level, widest first; no two are alike.
    """

    zoom: str
    levels: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"zoom": self.zoom, "levels": list(self.levels)}


def new_id() -> str:
    """For a zoom or a level."""
    return uuid.uuid4().hex[:12]


def parse_ids(value: object, levels: int) -> Ids | None:
    """Read the JSON form; None where it names no zoom of so many levels.

    Who edits the levels of a ``stack.json`` by hand need not mind the names: the zoom then counts
    as another one.
    """
    if not isinstance(value, Mapping):
        return None
    zoom, names = value.get("zoom"), value.get("levels")
    if not _is_id(zoom) or not isinstance(names, list | tuple) or len(names) != levels:
        return None
    if not all(map(_is_id, names)) or len(set(names)) < levels:
        return None
    return Ids(str(zoom), tuple(map(str, names)))


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None
