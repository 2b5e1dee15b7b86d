"""The hidden folder inside a stack's own: previews, and an unfinished run with its job."""

from __future__ import annotations

import contextlib
from pathlib import Path

from .locking import release, take

WORK_FOLDER = ".zoom_stack"
_STATE = "state-{}.safetensors"
_JOB = "job.json"
_LOCK = "lock"


def state_file(folder: Path, digest: str) -> Path:
    """Where the engine saves the run of a job; every job has its own.

    Args:
        folder: the stack's.
        digest: tells one job from another.
    """
    return folder / WORK_FOLDER / _STATE.format(digest)


def job_file(folder: Path) -> Path:
    """Where the engine notes the job that it works on, until that is finished.

    Args:
        folder: the stack's.
    """
    return folder / WORK_FOLDER / _JOB


def lock_file(folder: Path) -> Path:
    """What the engine holds a lock on while it writes into a stack's folder."""
    return folder / WORK_FOLDER / _LOCK


def is_held(folder: Path) -> bool:
    """Whether an engine is at work in a stack's folder, whoever started it.

    Where that cannot be known, on a drive without locks for one: False. The lock is taken for a
    moment, for which the engine waits.
    """
    try:
        with lock_file(folder).open("r+b") as file:
            if not take(file.fileno(), shared=True):
                return True
            release(file.fileno())
            return False
    except OSError:
        return False


def saved_states(folder: Path) -> list[Path]:
    """The states of unfinished runs that the engine has saved in a stack's folder."""
    return sorted((folder / WORK_FOLDER).glob(_STATE.format("*")))


def files_in(folder: Path) -> list[Path]:
    """What the engine keeps in a stack's folder for itself."""
    try:
        return [each for each in (folder / WORK_FOLDER).iterdir() if each.is_file()]
    except OSError:
        return []


def discard(folder: Path) -> None:
    """Remove what an unfinished run left; a folder with anything else in it stays."""
    with contextlib.suppress(OSError):
        for file in files_in(folder):
            file.unlink()
        (folder / WORK_FOLDER).rmdir()
        folder.rmdir()
