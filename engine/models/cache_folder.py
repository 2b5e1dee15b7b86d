"""Where the engine keeps what it could find out again."""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "ZOOM_STACK_CACHE"


def cache_folder() -> Path:
    """The folder; it need not exist."""
    folder = os.environ.get(CACHE_VARIABLE, "").strip()
    if not folder:
        cache = os.environ.get("XDG_CACHE_HOME", "").strip() or "~/.cache"
        folder = str(Path(cache) / "zoom_stack")
    return Path(os.path.expanduser(folder))
