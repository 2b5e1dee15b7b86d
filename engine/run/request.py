"""Requests, as the command line makes them and the worker reads them from messages."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract.fields import FieldError
from ..contract.job import AUTOMATIC, Job
from ..contract.job_parser import parse_job
from ..contract.message_table import REQUESTS
from ..contract.messages import Message
from ..contract.validation import Checker
from ..contract.work_folder import is_held

_CHECK = Checker("bad_request", "The request")
_KEPT_SECONDS = 3 * 24 * 3600.0


@dataclass(frozen=True)
class GenerateRequest:
    """Make one zoom stack.

    Attributes:
        out: the stack's folder.
        resume: go on with an interrupted run of the same job.
        overwrite: replace a stack that is there.
        device: one of ``contract.options.DEVICE_NAMES``.
        models: folders with models; none is what the environment says.
    """

    job: Job
    out: Path
    resume: bool = False
    overwrite: bool = False
    device: str = "auto"
    models: tuple[Path, ...] = ()


@dataclass(frozen=True)
class SharpenRequest:
    """Enlarge the pictures of a finished stack.

    Attributes:
        stack: its folder.
        out: the new stack's folder.
        times: how many times as wide and as high; one of ``message_table.TIMES``.
        upscaler: as in a job, but no second stage.
        overwrite: replace a stack that is there.
        device, models: as of ``GenerateRequest``.
    """

    stack: Path
    out: Path
    times: int = 4
    upscaler: str = AUTOMATIC
    overwrite: bool = False
    device: str = "auto"
    models: tuple[Path, ...] = ()


def parse_sharpen(request: Message, models: Sequence[Path]) -> SharpenRequest:
    """Read a "sharpen" request.

    Raises:
        ZoomStackError: code ``bad_request``.
    """
    values = _read(request)
    return SharpenRequest(
        stack=Path(values["stack"]),
        out=Path(values["out"]),
        times=values.get("times", 4),
        upscaler=values.get("upscaler", AUTOMATIC).strip(),
        overwrite=values.get("overwrite", False),
        device=values.get("device", "auto"),
        models=tuple(models),
    )


def parse_generate(request: Message, models: Sequence[Path], inline: bool) -> GenerateRequest:
    """Read a "generate" request.

    Args:
        inline: the request comes from another machine, whose folders are not here: "out" then
            only tells one run from another, and the files lie in a folder of the worker's own.

    Raises:
        ZoomStackError: codes ``bad_request``, ``bad_job``, ``bad_geometry``.
    """
    values = _read(request)
    out = Path(values["out"])
    return GenerateRequest(
        job=parse_job(values["job"]),
        out=own_folder(out) if inline else out,
        resume=values.get("resume", False),
        overwrite=values.get("overwrite", False) or inline,
        device=values.get("device", "auto"),
        models=tuple(map(Path, values["models"])) if "models" in values else tuple(models),
    )


def own_folder(out: Path) -> Path:
    """Where a worker keeps the files of a run that was asked for from another machine."""
    name = hashlib.sha256(str(out).encode(errors="surrogateescape")).hexdigest()[:16]
    return _own_runs() / name


def forget_old_runs() -> None:
    """Remove the runs for other machines that nobody has gone on with for some days.

    A finished one stays as long: whether it has arrived is not known here, and to go on with it
    sends it again.
    """
    oldest = time.time() - _KEPT_SECONDS
    with contextlib.suppress(OSError):
        for run in _own_runs().iterdir():
            if run.stat(follow_symlinks=False).st_mtime < oldest and not is_held(run):
                shutil.rmtree(run, ignore_errors=True)


def _own_runs() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "zoom_stack" / "runs"


def _read(request: Message) -> Message:
    """What the table of requests has of one."""
    record = REQUESTS[request["type"]]
    known = frozenset({"type", *record.needed, *record.possible})
    _CHECK.known_keys(request, known, "it")
    try:
        return record.read(request)
    except FieldError as error:
        raise _CHECK.fail(f"{error}.") from None
