"""The stacks that a zoom has shown: they lie in folders beside that of the one it shows now."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.stack import STACK_FILE, Stack, read_stack
from . import keys
from .finding import stack_of

# More are not listed.
_MOST = 50


@dataclass(frozen=True)
class Version:
    """One of them.

    Attributes:
        made: when, by the clock of files.
        size: of its files, in bytes.
    """

    stack: Stack
    made: float
    size: int

    @property
    def folder(self) -> Path:
        return self.stack.folder

    def title(self) -> str:
        """When it was made and how large it is, for people."""
        today = time.strftime("%x") == time.strftime("%x", time.localtime(self.made))
        when = time.strftime("%H:%M" if today else "%x %H:%M", time.localtime(self.made))
        return f"{when} · {len(self.stack.levels)} levels · {self.size / 1e6:.1f} MB"


def whereabouts(root: bpy.types.Object) -> tuple[str, Path] | None:
    """What ``find_versions`` wants to know of a zoom: its id and the folder that it shows."""
    name = str(root.get(keys.ID, ""))
    with contextlib.suppress(ZoomStackError):
        return (name, stack_of(root).folder) if name else None
    return None


def find_versions(name: str, shown: Path) -> list[Version]:
    """All versions of a zoom that are on the disk, the latest first; the one that it shows too.

    Reads the disk and nothing of Blender's.
    """
    times: dict[Path, float] = {}
    for file in shown.parent.glob(f"*/{STACK_FILE}"):
        with contextlib.suppress(OSError):
            times[file] = file.stat().st_mtime
    found = []
    for file in sorted(times, key=lambda each: times[each], reverse=True):
        with contextlib.suppress(ZoomStackError, OSError):
            stack = read_stack(file.parent)
            if stack.ids is not None and stack.ids.zoom == name:
                numbers = range(len(stack.levels))
                size = sum(stack.picture(number).stat().st_size for number in numbers)
                found.append(Version(stack, times[file], size))
        if len(found) == _MOST:
            break
    return found
