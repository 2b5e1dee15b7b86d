"""Runs on the disk: zooms that were made, and unfinished ones that can be gone on with.

Reads the disk and nothing of Blender's, so that a thread can do it.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ..blender.texts import bytes_text, clock_text, count_text
from ..engine.contract import work_folder
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.ids import Ids
from ..engine.contract.job import Job
from ..engine.contract.job_parser import parse_job
from ..engine.contract.ordinary_files import sha256_of
from ..engine.contract.stack import SHARPENED, STACK_FILE, Stack, read_stack
from ..engine.contract.validation import read_json, readable

# More are not listed.
_MOST = 200
#: Why a run has to be left alone.
AT_WORK = "This run is at work, in another Blender or on the command line"
_MARKER = "engine"  # in a stack's "made_with"


@dataclass(frozen=True)
class Run:
    """The folder of one of them.

    Attributes:
        stack: what was made; None of an unfinished run.
        job: of an unfinished run.
        made: when, by the clock of files.
        files: that are the run's own: pictures in its folder, and what the engine keeps there.
        stamps: (bytes, time in ns) of each of these, which tell whether it is still the same.
        is_link: the folder's name leads to another place.
        is_held: an engine was at work in it when it was looked at.
    """

    folder: Path
    stack: Stack | None
    job: Job | None
    made: float
    files: tuple[Path, ...]
    stamps: tuple[tuple[int, int], ...]
    is_link: bool
    is_held: bool

    @property
    def size(self) -> int:
        """Of its files, in bytes."""
        return sum(size for size, _ in self.stamps)

    @property
    def ids(self) -> Ids | None:
        """Of the zoom and its levels."""
        made = self.stack or self.job
        return made.ids if made is not None else None

    @property
    def zoom(self) -> str:
        """The zoom's id; "" where nobody gave one."""
        return self.ids.zoom if self.ids is not None else ""

    @property
    def levels(self) -> int:
        """How many there are."""
        made = self.stack or self.job
        return len(made.levels) if made is not None else 0

    @property
    def is_ours(self) -> bool:
        """Whether the engine made it; others are nobody's to delete but their maker's."""
        return not self.why_not_ours()

    def why_not_ours(self) -> str:
        """Why it is not ours to delete, for people; empty where it is."""
        made_with = self.stack.made_with if self.stack is not None else {}
        if not (self.stack is None or _MARKER in made_with or SHARPENED in made_with):
            return "Zoom Stack did not make these pictures: delete them in the file browser"
        if self.is_link:
            return "This folder is a link to another place: delete it in the file browser"
        return ""

    def pictures(self) -> list[Path]:
        """The levels' files, of a finished run."""
        stack = self.stack
        return [stack.picture(n) for n in range(len(stack.levels))] if stack is not None else []

    def subject(self) -> str:
        """What the zoom shows, for people: "spiral galaxy to leaf veins"."""
        made = self.stack or self.job
        prompts = [level.prompt.partition(",")[0].strip() for level in made.levels] if made else []
        ends = dict.fromkeys(each for each in (*prompts[:1], *prompts[-1:]) if each)
        return str(readable(" to ".join(ends) or self.folder.name))

    def title(self) -> str:
        """When it was made and how large it is, for people."""
        return f"{self.moment()} · {bytes_text(self.size)}"

    def moment(self) -> str:
        """The same without its size, short enough for a narrow side bar."""
        return f"{clock_text(self.made)} · {count_text(self.levels, 'level')}"


@dataclass(frozen=True)
class Picture:
    """A picture that a level has had.

    Attributes:
        file: of the latest run that has it.
        made: of the first run that has it.
        key: the same of equal pictures, and of no others.
    """

    file: Path
    made: float
    key: str


@dataclass(frozen=True)
class Found:
    """All runs of some folders, the latest first."""

    runs: Sequence[Run]
    keys: dict[Path, str]

    def of_zoom(self, zoom: str) -> list[Run]:
        """The finished runs of a zoom."""
        return [each for each in self.runs if zoom and each.zoom == zoom and each.stack]

    def of_others(self, zoom: str) -> list[Run]:
        """The finished runs of other zooms."""
        return [each for each in self.runs if each.stack and not (zoom and each.zoom == zoom)]

    def unfinished(self) -> list[Run]:
        """Those that can be gone on with."""
        return [each for each in self.runs if each.stack is None and not each.is_held]

    def at_work(self) -> list[Run]:
        """Those that some engine is making."""
        return [each for each in self.runs if each.stack is None and each.is_held]

    def at(self, folder: Path | str) -> Run | None:
        """The run in a folder."""
        return next((each for each in self.runs if each.folder == Path(folder)), None)

    def pictures(self, zoom: str, level: str) -> list[Picture]:
        """The different pictures that a level has had, by its id; the latest first."""
        found: dict[str, Picture] = {}
        for run in self.of_zoom(zoom):
            assert run.ids is not None
            assert run.stack is not None
            if level not in run.ids.levels:
                continue
            file = run.stack.picture(run.ids.levels.index(level))
            key = self.keys.get(file, str(file))
            latest = found.get(key)
            found[key] = Picture(latest.file if latest else file, run.made, key)
        return sorted(found.values(), key=lambda each: each.made, reverse=True)


def find_runs(parents: Iterable[Path]) -> Found:
    """Look through folders that have folders of runs in them."""
    runs = [run for parent in dict.fromkeys(parents) for run in _runs_in(parent)]
    runs.sort(key=lambda each: each.made, reverse=True)
    return Found(runs[:_MOST], _keys(runs[:_MOST]))


def read_run(folder: Path) -> Run | None:
    """The run in one folder, as it is now; None where there is none."""
    with contextlib.suppress(ZoomStackError, OSError):
        return _finished(folder) if (folder / STACK_FILE).exists() else _unfinished(folder)
    return None


_ASKED = 0.5  # seconds: whoever asks whether a folder is held holds it for a moment


def remove_run(run: Run) -> None:
    """Delete a run's own files, and its folder if nothing else lies there.

    Args:
        run: as it was when a person said so: nothing is deleted that is another one by now.

    Raises:
        ZoomStackError: codes ``changed``, ``busy``, ``unwritable``.
    """
    with contextlib.ExitStack() as holding:
        try:
            holding.enter_context(work_folder.held(run.folder, make=False, patience=_ASKED))
        except BlockingIOError:
            raise ZoomStackError(
                "busy", f"{AT_WORK}, so nothing was deleted.", "Wait for its end."
            ) from None
        except OSError:  # nothing to hold: no engine has been at work there
            pass
        _remove_files(run)
    with contextlib.suppress(OSError):
        work_folder.remove_lock(run.folder)
    with contextlib.suppress(OSError):
        (run.folder / work_folder.WORK_FOLDER).rmdir()
    with contextlib.suppress(OSError):
        run.folder.rmdir()


def _remove_files(run: Run) -> None:
    """All but the lock's, which is held."""
    now = read_run(run.folder)
    if now is None or not now.is_ours or replace(now, is_held=False) != replace(run, is_held=False):
        raise ZoomStackError(
            "changed",
            f"{run.folder.name} holds other files than when it was looked at: nothing was deleted.",
            "Look at what is listed now, and delete it again.",
        )
    lock = work_folder.lock_file(run.folder)
    try:
        # Named by no stack.json any more, half of a run cannot be taken for a whole one.
        for file in sorted(run.files, key=lambda each: each.name != STACK_FILE):
            if file != lock:
                file.unlink(missing_ok=True)
    except OSError as error:
        raise ZoomStackError(
            "unwritable",
            f"{error.filename} cannot be deleted: {error.strerror or error}.",
            "Close what uses it, or delete it in the file browser.",
        ) from None


def _runs_in(parent: Path) -> list[Run]:
    try:
        entries = [each for each in os.scandir(parent) if each.is_dir()]
    except OSError:
        return []
    # A name that no text can show cannot be handed to an operator either.
    folders = [Path(each.path) for each in entries if readable(each.path) == each.path]
    return [run for folder in folders if (run := read_run(folder)) is not None]


def _finished(folder: Path) -> Run:
    stack = read_stack(folder)
    pictures = [stack.picture(number) for number in range(len(stack.levels))]
    files = [*dict.fromkeys(pictures), folder / STACK_FILE, *work_folder.files_in(folder)]
    return _run(folder, stack, None, (folder / STACK_FILE).stat().st_mtime, files)


def _unfinished(folder: Path) -> Run | None:
    states = work_folder.saved_states(folder)
    file = work_folder.job_file(folder)
    if not states or file.is_symlink() or not file.exists():
        return None
    job = parse_job(read_json(file, "bad_job"))
    made = max(state.stat().st_mtime for state in states)
    return _run(folder, None, job, made, work_folder.files_in(folder))


def _run(
    folder: Path, stack: Stack | None, job: Job | None, made: float, files: Iterable[Path]
) -> Run:
    real = folder.resolve()
    # A picture elsewhere, or a link, is not the run's to delete.
    own = sorted(
        f for f in files if f.is_file() and not f.is_symlink() and real in f.resolve().parents
    )
    about = [file.stat() for file in own]
    stamps = tuple((each.st_size, each.st_mtime_ns) for each in about)
    is_link = os.path.normcase(real) != os.path.normcase(folder.parent.resolve() / folder.name)
    held = work_folder.is_held(folder)
    return Run(folder, stack, job, made, tuple(own), stamps, is_link, held)


def _keys(runs: Iterable[Run]) -> dict[Path, str]:
    """What tells a level's pictures from one another: sizes, or contents where these agree."""
    levels: dict[tuple[str, str], dict[Path, os.stat_result]] = {}
    for run in runs:
        if run.stack is None or run.ids is None:
            continue
        for number, level in enumerate(run.ids.levels):
            with contextlib.suppress(OSError):
                file = run.stack.picture(number)
                levels.setdefault((run.zoom, level), {})[file] = file.stat()
    keys = {}
    for files in levels.values():
        counts = Counter(about.st_size for about in files.values())
        for file, about in files.items():
            keys[file] = str(about.st_size)
            if counts[about.st_size] > 1:
                with contextlib.suppress(OSError):
                    keys[file] = _content(file, about.st_size, about.st_mtime_ns)
    return keys


@lru_cache(maxsize=4096)
def _content(file: Path, size: int, changed: int) -> str:  # noqa: ARG001 - they tell it is another
    """The same of files with the same content; read once, until a file is another one."""
    return sha256_of(file)
