"""The hidden folder inside a stack's own: previews, and an unfinished run with its job.

It may lie in a folder that came from a stranger. So nothing is read, written or removed through a
link in its place, and what is in it is ours by its name alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .locking import NoLocks, hold, is_at

WORK_FOLDER = ".zoom_stack"
_STATE = "state-{}.safetensors"
_JOB = "job.json"
_LOCK = "lock"
_LOG = "log"
_CHANGING = "changing"
_PREVIEW = "preview_{:02d}.png"
_POLL = 0.02  # seconds
_ENDING = 5.0  # seconds in which an engine that was told to end lets go of its folder
_MOST_NOTED = 2**20  # bytes
_KEPT = r"state-[0-9a-f]+\.safetensors|preview_\d{2,}\.png|" + "|".join(
    map(re.escape, (_JOB, _LOCK, _LOG, _CHANGING))
)
_LEVEL = r"\.level_\d{2,}(?:\.\d+)?\.tmp"
# What a run that was killed has left half written.
_HALF = rf"\.(?:{_KEPT}|{_LEVEL}|probe)\.\d+\.tmp|{_LEVEL}"


def state_file(folder: Path, digest: str) -> Path:
    """Where the engine saves the run of a job; every job has its own.

    Args:
        folder: the stack's.
        digest: tells one job from another; hexadecimal digits.
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


def log_file(folder: Path) -> Path:
    """Where the engine keeps the details of a failure."""
    return folder / WORK_FOLDER / _LOG


def changing_file(folder: Path) -> Path:
    """Where the engine notes the pictures that it is about to put in place, or to remove."""
    return folder / WORK_FOLDER / _CHANGING


def preview_file(folder: Path, level: int) -> Path:
    """A small picture of a level, counted from 0, while it comes into being."""
    return folder / WORK_FOLDER / _PREVIEW.format(level)


def half_picture_file(folder: Path, level: int) -> Path:
    """A level's picture before it has its name; every process has its own."""
    return folder / WORK_FOLDER / f".level_{level:02d}.{os.getpid()}.tmp"


def read_changing(folder: Path) -> list[str]:
    """The lines of ``changing_file``; none where it is no ordinary file."""
    file = changing_file(folder)
    try:
        about = file.lstat()
        plain = stat.S_ISREG(about.st_mode) and about.st_size <= _MOST_NOTED
        if not plain or leads_elsewhere(folder):
            return []
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


@dataclass(frozen=True)
class Hold:
    """A stack's folder that is held.

    Attributes:
        file: that is locked.
        descriptor: of that file.
        everywhere: processes on other machines are kept away too.
    """

    file: Path
    descriptor: int
    everywhere: bool

    def lasts(self) -> bool:
        """Whether it keeps others away: not once the folder or the file was removed or moved."""
        return is_at(self.descriptor, self.file)


def leads_elsewhere(folder: Path) -> bool:
    """Whether something else than a folder of its own is in the work folder's place: a link."""
    try:
        about = (folder / WORK_FOLDER).lstat()
    except OSError:
        return False
    junction = getattr(about, "st_reparse_tag", 0) == getattr(
        stat, "IO_REPARSE_TAG_MOUNT_POINT", -1
    )
    return junction or not stat.S_ISDIR(about.st_mode)


@contextlib.contextmanager
def held(folder: Path, *, make: bool = True, patience: float = 0.0) -> Iterator[Hold]:
    """Keep everybody else away from a stack's folder; a process that dies holds nothing.

    On a drive without locks, a lock in this machine's own folder for passing files stands in.

    Args:
        make: the lock's file, where there is none.
        patience: seconds to wait for whoever has it.

    Raises:
        BlockingIOError: a process is at work there.
        OSError: there is no such folder, it cannot be written to, or it is a link.
    """
    if leads_elsewhere(folder):
        raise NotADirectoryError(f"{folder / WORK_FOLDER} is a link, or no folder")
    until = time.monotonic() + patience
    while (found := _taken(folder, make)) is None:
        if time.monotonic() >= until:
            raise BlockingIOError(f"{folder} is held")
        time.sleep(_POLL)
    try:
        yield found
    finally:
        os.close(found.descriptor)


def is_held(folder: Path) -> bool:
    """Whether an engine is at work in a stack's folder, whoever started it.

    Where that cannot be known: False. The lock is taken for a moment, for which the engine waits.
    """
    try:
        if leads_elsewhere(folder):
            return False
        found = _taken(folder, make=False, shared=True)
    except OSError:
        return False
    if found is None:
        return True
    os.close(found.descriptor)
    return False


def saved_states(folder: Path) -> list[Path]:
    """The states of unfinished runs that the engine has saved in a stack's folder."""
    return [each for each in files_in(folder) if each.match(_STATE.format("*"))]


def files_in(folder: Path) -> list[Path]:
    """What the engine keeps in a stack's folder for itself, by name."""
    return _named(folder, f"{_KEPT}|{_HALF}")


def half_written(folder: Path) -> list[Path]:
    """What a run that was killed has left half written; of a folder that is held."""
    return _named(folder, _HALF)


def discard(folder: Path) -> None:
    """Remove what a run left that has saved nothing; a folder with anything else in it stays.

    An engine that is at work there may be about to end: it is waited for in a thread.
    """
    if not _discarded(folder):
        threading.Thread(target=_discard_later, args=(folder,), daemon=True).start()


def _discard_later(folder: Path) -> None:
    until = time.monotonic() + _ENDING
    while time.monotonic() < until and not _discarded(folder):
        time.sleep(_POLL * 5)


def _discarded(folder: Path) -> bool:
    """Whether nothing is left to do: False while an engine is at work there."""
    with contextlib.suppress(OSError):
        try:
            with held(folder):
                if saved_states(folder):  # by now
                    return True
                for file in files_in(folder):
                    if file.name != _LOCK:
                        file.unlink()
            remove_lock(folder)
            (folder / WORK_FOLDER).rmdir()
        except BlockingIOError:
            return False
        except FileNotFoundError:  # no engine came so far
            pass
        folder.rmdir()
    return True


def remove_lock(folder: Path) -> None:
    """Remove the lock's file, unless an engine is at work there.

    Raises:
        OSError: it stays.
    """
    if sys.platform == "win32":  # nobody can remove what anybody has open
        lock_file(folder).unlink()
        return
    with held(folder, make=False):
        lock_file(folder).unlink()


def _named(folder: Path, names: str) -> list[Path]:
    """Ordinary files in the work folder whose whole name a pattern fits, sorted."""
    if leads_elsewhere(folder):
        return []
    ours = re.compile(names)
    try:
        with os.scandir(folder / WORK_FOLDER) as entries:
            return sorted(
                folder / WORK_FOLDER / each.name
                for each in entries
                if ours.fullmatch(each.name) and each.is_file(follow_symlinks=False)
            )
    except OSError:
        return []


def _taken(folder: Path, make: bool, shared: bool = False) -> Hold | None:
    """A lock's file, locked; None where another process has it."""
    file = lock_file(folder)
    try:
        descriptor = hold(file, make=make, shared=shared)
    except NoLocks:
        return _taken_here(folder, make, shared)
    return None if descriptor is None else Hold(file, descriptor, everywhere=True)


def _taken_here(folder: Path, make: bool, shared: bool) -> Hold | None:
    """The same for what stands in for the lock on this machine alone."""
    user = os.getuid() if sys.platform != "win32" else ""
    name = hashlib.sha256(os.path.normcase(folder.resolve()).encode("utf-8", "replace"))
    file = Path(tempfile.gettempdir()) / f"zoom_stack-{user}-{name.hexdigest()[:16]}.lock"
    try:
        descriptor = hold(file, make=make, shared=shared)
    except NoLocks:  # a system without any: that is no reason to do nothing there
        file = Path(os.devnull)
        descriptor = os.open(file, os.O_RDONLY)
    return None if descriptor is None else Hold(file, descriptor, everywhere=False)
