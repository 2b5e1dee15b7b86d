"""The hidden folder inside a stack's own: previews, and the saved state of an unfinished run."""

from __future__ import annotations

import contextlib
from pathlib import Path

WORK_FOLDER = ".zoom_stack"
_STATE = "state-{}.safetensors"


def state_file(folder: Path, digest: str) -> Path:
    """Where the engine saves the run of a job; every job has its own.

    Args:
        folder: the stack's.
        digest: tells one job from another.
    """
    return folder / WORK_FOLDER / _STATE.format(digest)


def saved_states(folder: Path) -> list[Path]:
    """The states of unfinished runs that the engine has saved in a stack's folder."""
    return sorted((folder / WORK_FOLDER).glob(_STATE.format("*")))


def discard(folder: Path) -> None:
    """Remove what an unfinished run left; a folder with anything else in it stays."""
    work = folder / WORK_FOLDER
    with contextlib.suppress(OSError):
        for file in work.iterdir():
            file.unlink()
        work.rmdir()
        folder.rmdir()
