"""Take away environments, whatever the length of their paths."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ..contract.errors import ZoomStackError
from ..contract.own_engine import SLOTS, Home, installed, is_in_use
from .alone import Waiting, alone
from .causes import cause_of

_BEFORE = "engine"  # where versions up to 0.2.0 made their environment


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it; one that is not there is fine.

    It gets another name first: what has files in use on Windows stays whole.

    Raises:
        OSError: it cannot be removed.
    """
    aside = folder.with_name(folder.name + ".old")
    _take_away(aside)  # of a removal that was killed
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif os.path.lexists(folder):
        folder.replace(aside)
        _take_away(aside)


def _take_away(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif os.path.lexists(folder):
        shutil.rmtree(_long(folder))


def remove_leftovers(home: Home) -> None:
    """Remove the environments that the marker does not name and nobody uses."""
    present = installed(home)
    names = [name for name in SLOTS if present is None or name != present.slot]
    old = home.path / _BEFORE
    folders = [*(home.slot(name) for name in names), *([old] if _is_environment(old) else [])]
    for folder in folders:
        if not is_in_use(folder):
            try:
                remove_folder(folder)
            except OSError:
                continue  # the next installation tries again


def remove_engine(home: Home, listener: Waiting) -> None:
    """Remove the engine, uv and all that they keep. The marker goes first.

    Raises:
        ZoomStackError: an engine is at work in it, or something cannot be removed.
    """
    if not home.path.is_dir():
        return
    old = home.path / _BEFORE
    slots = [home.slot(name) for name in SLOTS]
    stage = "Removing the engine"
    try:
        with alone(home, listener):
            if any(map(is_in_use, slots)):
                raise ZoomStackError(
                    "in_use",
                    "The engine is at work, perhaps for another Blender.",
                    "Let it end, then try again.",
                )
            listener.stage(stage)
            home.marker.unlink(missing_ok=True)
            for folder in [*slots, *([old] if _is_environment(old) else []), home.tools]:
                remove_folder(folder)
    except OSError as error:
        raise cause_of(f"{error} (os error {error.errno})", stage, home.log) from error


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file()


def _long(folder: Path) -> str:
    """A path that Windows takes whatever its length."""
    return "\\\\?\\" + os.path.abspath(folder) if sys.platform == "win32" else str(folder)
