"""The stacks that a zoom has shown: they lie in folders beside that of the one it shows now."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..engine.contract import work_folder
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.stack import STACK_FILE, Stack, read_stack
from . import keys
from .finding import stack_of

# Panels ask often; more are not listed.
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


# (the zoom, where its stack lies, when that folder changed) and what was found then.
_seen: tuple[tuple[str, Path, int], list[Version]] | None = None


def versions_of(root: bpy.types.Object) -> list[Version]:
    """All versions of a zoom that are on the disk, the latest first; the one that it shows too."""
    global _seen
    name = str(root.get(keys.ID, ""))
    with contextlib.suppress(ZoomStackError, OSError):
        shown = stack_of(root).folder
        key = (name, shown, shown.parent.stat().st_mtime_ns)
        if name and (_seen is None or _seen[0] != key):
            _seen = key, _found(shown.parent, name)
        if name and _seen is not None:
            return _seen[1]
    return []


def forget_versions() -> None:
    """Look at the disk again the next time."""
    global _seen
    _seen = None


def delete_version(version: Version) -> None:
    """Delete the files that a version's stack.json names, and what the engine keeps beside them.

    Raises:
        ZoomStackError: code ``unwritable``.
    """
    numbers = range(len(version.stack.levels))
    files = [version.stack.picture(number) for number in numbers]
    try:
        for file in [*files, version.folder / STACK_FILE]:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise ZoomStackError(
            "unwritable",
            f"{error.filename} cannot be deleted: {error.strerror or error}.",
            "Close what uses it, and try again.",
        ) from None
    finally:
        forget_versions()
    work_folder.discard(version.folder)
    with contextlib.suppress(OSError):
        version.folder.rmdir()


def _found(parent: Path, name: str) -> list[Version]:
    files = [each for each in parent.glob(f"*/{STACK_FILE}") if each.is_file()]
    found = []
    for file in sorted(files, key=lambda each: each.stat().st_mtime, reverse=True):
        with contextlib.suppress(ZoomStackError, OSError):
            stack = read_stack(file.parent)
            if stack.ids is not None and stack.ids.zoom == name:
                numbers = range(len(stack.levels))
                size = sum(stack.picture(number).stat().st_size for number in numbers)
                found.append(Version(stack, file.stat().st_mtime, size))
        if len(found) == _MOST:
            break
    return found
