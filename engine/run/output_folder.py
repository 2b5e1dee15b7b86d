"""The folder that a job writes to: what may be written there, and what an earlier run left.

Nothing that is already there is lost: pictures and stacks are replaced only when asked for, and
only when the new ones are complete. Of its own the engine keeps previews and saved states in the
hidden folder ``.zoom_stack``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..contract import work_folder
from ..contract.errors import Remedy, ZoomStackError
from ..contract.job import Job
from ..contract.job_parser import parse_job
from ..contract.stack import (
    SHARPENED,
    STACK_FILE,
    Stack,
    parse_stack,
    read_stack,
    write_atomically,
)
from ..contract.validation import read_json
from ..contract.work_folder import (
    WORK_FOLDER,
    changing_file,
    job_file,
    leads_elsewhere,
    lock_file,
    log_file,
    saved_states,
    state_file,
)

_OTHER_FOLDER = "Choose another folder."
# Seconds: a worker that was cancelled in the midst of a long step takes up to 2 to end.
_ASKED = 2.5
_PICTURE = re.compile(r"level_\d{2,}(_\d+)?\.png")
_HALF_STACK = re.compile(rf"\.{re.escape(STACK_FILE)}\.\d+\.tmp")


class OutputFolder:
    """A job's folder.

    Attributes:
        path: where ``stack.json`` and the pictures go.
        work: the hidden folder inside.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(os.path.expanduser(path)))
        self.work = self.path / WORK_FOLDER
        self._changing = changing_file(self.path)
        self._hold: work_folder.Hold | None = None

    def prepare(self, job: Job, *, resume: bool, overwrite: bool) -> Stack | None:
        """Make the folder ready, or find the job already finished there.

        Returns:
            The finished stack when ``resume`` meets one of the same job, otherwise None.

        Raises:
            ZoomStackError: codes ``exists``, ``other_job``, ``unwritable``.
        """
        if resume:
            finished = self._finished(job, overwrite)
            if finished is not None:
                return finished
        if not overwrite:
            self._keep_what_is_there()
        if resume and not self.state_file(job).exists() and self._states():
            raise ZoomStackError(
                "other_job",
                f"The unfinished run in {self.path} is of another job.",
                "Go on with the same job as before, or start anew.",
                Remedy.START_ANEW,
            )
        self._make_writable()
        return None

    def prepare_for_copy(self, stack: Stack, *, overwrite: bool) -> None:
        """Make the folder ready for another stack, which is made of a finished one.

        Raises:
            ZoomStackError: codes ``exists``, ``unwritable``.
        """
        read = (stack.picture(number) for number in range(len(stack.levels)))
        if stack.folder.resolve() == self.path.resolve() or any(map(self.may_replace, read)):
            raise ZoomStackError(
                "exists",
                f"The new pictures would take the place of those in {self.path}.",
                _OTHER_FOLDER,
            )
        if not overwrite:
            self._keep_what_is_there()
        self._make_writable()

    def state_file(self, job: Job) -> Path:
        """Where the run of a job is saved; every job has its own, so none overwrites another's."""
        text = json.dumps(job.to_dict(), sort_keys=True)
        return state_file(self.path, hashlib.sha256(text.encode()).hexdigest()[:16])

    def preview_file(self, level: int) -> Path:
        return work_folder.preview_file(self.path, level)

    def half_picture_file(self, level: int) -> Path:
        """Where a finished picture waits for the others."""
        return work_folder.half_picture_file(self.path, level)

    def check_held(self) -> None:
        """Look whether other runs are still kept away.

        Raises:
            ZoomStackError: code ``unwritable``, once the folder was deleted or moved.
        """
        if self._hold is None or not self._hold.lasts():
            raise ZoomStackError(
                "unwritable",
                f"{self.path} was deleted or moved while the run was under way.",
                "Start the run anew, or put the folder back and go on with the run.",
            )

    def may_replace(self, picture: Path) -> bool:
        """Whether a finished run may remove a picture, as one of the stack that it replaces."""
        real = picture.resolve()
        return real.parent == self.path.resolve() and _is_ours(real.name)

    def new_names(self, levels: int) -> list[str]:
        """A name for each level's picture, which no file has yet, nor the stack.json gives."""
        taken = self.named() or set()
        return [self._new_name(f"level_{level:02d}", taken) for level in range(levels)]

    def named(self) -> set[str] | None:
        """Names of the engine's pictures in the folder's stack.json, whether they are there or not.

        None where nobody can tell: it cannot be read.
        """
        file = self.path / STACK_FILE
        if not file.exists():
            return set()
        try:
            stack = parse_stack(read_json(file, "bad_stack"), self.path)
        except ZoomStackError:
            return None
        return {level.image for level in stack.levels if _is_ours(level.image)}

    def note_changing(self, names: Iterable[str]) -> None:
        """Remember pictures that no stack.json names yet, or will, in case the run is killed."""
        write_atomically(self._changing, "\n".join(names).encode(), lasting=True)

    def forget_changing(self) -> None:
        """All that is there is named."""
        with contextlib.suppress(OSError):  # the next run finds the same
            self._changing.unlink(missing_ok=True)

    def remove(self, names: Iterable[str]) -> None:
        """Remove pictures that no stack.json names any more."""
        for name in names:
            with contextlib.suppress(OSError):  # another program shows it
                (self.path / name).unlink()

    def note_job(self, job: Job) -> None:
        """Remember what is worked on, for whoever finds the run unfinished."""
        with contextlib.suppress(OSError):
            write_atomically(job_file(self.path), _noted_as(job), lasting=True)

    def remove_states(self) -> None:
        """Once the stack is complete, saved states have no use."""
        for file in [*self._states(), job_file(self.path)]:
            with contextlib.suppress(OSError):
                file.unlink()

    def tidy(self, job: Job) -> None:
        """Remove what the run of a finished job left that was killed after its last picture.

        Leaves alone what is of other jobs, and all where another run is at work.
        """
        state, note = self.state_file(job), job_file(self.path)
        if not any(map(os.path.lexists, (state, note, self._changing))):
            return
        with contextlib.suppress(ZoomStackError, OSError), self.held():
            state.unlink(missing_ok=True)
            expected = _noted_as(job)
            about = note.lstat()  # nobody waits at a pipe, nor reads a file without end
            plain = stat.S_ISREG(about.st_mode) and about.st_size == len(expected)
            if plain and note.read_bytes() == expected:
                note.unlink()

    def write_log(self, text: str) -> Path | None:
        """Keep the details of a failure; None when even that is not possible."""
        log = log_file(self.path)
        try:
            if leads_elsewhere(self.path):
                return None
            self.work.mkdir(parents=True, exist_ok=True)
            write_atomically(log, text.encode("utf-8", "backslashreplace"))
        except OSError:
            return None
        return log

    @contextlib.contextmanager
    def held(self) -> Iterator[work_folder.Hold]:
        """Keep other runs away from the folder, which is prepared; a run that dies holds nothing.

        Raises:
            ZoomStackError: codes ``busy``, ``unwritable``.
        """
        self._make_writable()  # somebody may have discarded a run in here, just now
        with contextlib.ExitStack() as holding:
            try:
                # Whoever asks whether the folder is held holds it for a moment.
                self._hold = holding.enter_context(work_folder.held(self.path, patience=_ASKED))
            except BlockingIOError:
                raise ZoomStackError(
                    "busy",
                    f"Another run writes into {self.path} just now.",
                    "Wait for its end, or choose another folder.",
                ) from None
            except OSError as error:
                lock = lock_file(self.path)
                raise ZoomStackError(
                    "unwritable",
                    f"{lock} cannot be locked: {error.strerror or error}.",
                    "Remove it, or choose another folder.",
                ) from None
            self._remove_leftovers()
            yield self._hold

    def _remove_leftovers(self) -> None:
        """Of a run that was killed while writing."""
        beside = [file for file in self._listed() if _HALF_STACK.fullmatch(file.name)]
        for leftover in (*work_folder.half_written(self.path), *beside):
            with contextlib.suppress(OSError):
                leftover.unlink()
        named = self.named()
        if named is not None:
            self.remove(self._noted() - named)
            self.forget_changing()

    def _noted(self) -> set[str]:
        """What a run was changing when it was killed."""
        return set(filter(_is_ours, work_folder.read_changing(self.path)))

    def _new_name(self, stem: str, taken: set[str]) -> str:
        stems = itertools.chain([stem], (f"{stem}_{number}" for number in itertools.count(2)))
        names = (f"{each}.png" for each in stems)
        return next(
            name for name in names if name not in taken and not os.path.lexists(self.path / name)
        )

    def _pictures(self) -> list[Path]:
        return sorted(file for file in self._listed() if _is_ours(file.name))

    def _listed(self) -> list[Path]:
        try:
            return list(self.path.iterdir())
        except OSError:
            return []

    def _states(self) -> list[Path]:
        return saved_states(self.path)

    def _finished(self, job: Job, overwrite: bool) -> Stack | None:
        if not (self.path / STACK_FILE).is_file():
            return None
        stack = read_stack(self.path)
        if is_made_by(stack, job):
            return stack
        if overwrite:  # an overwriting run was interrupted before it replaced anything
            return None
        raise ZoomStackError(
            "other_job",
            f"{self.path} holds the zoom stack of another job.",
            "Choose another folder, or replace the stack.",
            Remedy.REPLACE,
        )

    def _keep_what_is_there(self) -> None:
        if (self.path / STACK_FILE).exists():
            raise ZoomStackError(
                "exists",
                f"{self.path} holds a zoom stack already.",
                "Choose another folder, or replace the stack.",
                Remedy.REPLACE,
            )
        noted = self._noted()
        pictures = [file for file in self._pictures() if file.name not in noted]
        if pictures:
            raise ZoomStackError(
                "exists",
                f"{self.path} holds pictures already, such as {pictures[0].name}.",
                "Choose another folder, or replace them.",
                Remedy.REPLACE,
            )

    def _make_writable(self) -> None:
        if leads_elsewhere(self.path):
            raise ZoomStackError(
                "unwritable",
                f"{self.work} is a link or a file, where Zoom Stack keeps a folder of its own.",
                "Remove it, or choose another folder.",
            )
        probe = self.work / f".probe.{os.getpid()}.tmp"
        try:
            self.work.mkdir(parents=True, exist_ok=True)
            probe.unlink(missing_ok=True)
            probe.open("xb").close()
            probe.unlink(missing_ok=True)
        except OSError as error:
            raise ZoomStackError(
                "unwritable",
                f"The folder {self.path} cannot be written to: {error.strerror or error}.",
                _OTHER_FOLDER,
            ) from None


def _noted_as(job: Job) -> bytes:
    return json.dumps(job.to_dict()).encode()


def _is_ours(name: str) -> bool:
    return _PICTURE.fullmatch(name) is not None


def is_made_by(stack: Stack, job: Job) -> bool:
    """Whether a stack is the result of a job.

    A job that leaves size, guidance and context to the model matches whatever the model chose.
    """
    if SHARPENED in stack.made_with:
        return False
    try:
        made = parse_job(stack.made_with.get("job"))
    except ZoomStackError:
        return False
    left_open = {
        name: getattr(made.sampler, name)
        for name in ("guidance_scale", "context_strength")
        if getattr(job.sampler, name) is None
    }
    return made == dataclasses.replace(
        job,
        size=job.size or made.size,
        sampler=dataclasses.replace(job.sampler, **left_open),
    )
