"""Requests, as the command line makes them and the worker reads them from messages."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract.job import AUTOMATIC, Job
from ..contract.job_parser import parse_job
from ..contract.messages import Message
from ..contract.options import DEVICE_NAMES
from ..contract.validation import Checker

_CHECK = Checker("bad_request", "The request")
TIMES = range(2, 17)
_SHARPEN_KEYS = frozenset({"type", "stack", "out", "times", "upscaler", "overwrite", "device"})
_GENERATE_KEYS = frozenset({"type", "job", "out", "resume", "overwrite", "device", "models"})


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
        times: how many times as wide and as high; one of ``TIMES``.
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
    _CHECK.known_keys(request, _SHARPEN_KEYS, "it")
    return SharpenRequest(
        stack=_path(request.get("stack"), '"stack"'),
        out=_path(request.get("out"), '"out"'),
        times=_CHECK.integer(request.get("times", 4), '"times"', TIMES[0], TIMES[-1]),
        upscaler=_CHECK.text(request.get("upscaler", AUTOMATIC), '"upscaler"').strip(),
        overwrite=_flag(request, "overwrite"),
        device=_CHECK.choice(request.get("device", "auto"), DEVICE_NAMES, '"device"'),
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
    _CHECK.known_keys(request, _GENERATE_KEYS, "it")
    own_models = request.get("models")
    out = _path(request.get("out"), '"out"')
    return GenerateRequest(
        job=parse_job(request.get("job")),
        out=own_folder(out) if inline else out,
        resume=_flag(request, "resume"),
        overwrite=_flag(request, "overwrite") or inline,
        device=_CHECK.choice(request.get("device", "auto"), DEVICE_NAMES, '"device"'),
        models=tuple(models) if own_models is None else _folders(own_models),
    )


def own_folder(out: Path) -> Path:
    """Where a worker keeps the files of a run that was asked for from another machine."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    name = hashlib.sha256(str(out).encode()).hexdigest()[:16]
    return Path(cache) / "zoom_stack" / "runs" / name


def _path(value: object, where: str) -> Path:
    text = _CHECK.text(value, where)
    if not text or "\0" in text:
        raise _CHECK.fail(f"{where} is no path: {text!r}.")
    return Path(text)


def _folders(value: object) -> tuple[Path, ...]:
    """One path, or several."""
    items = value if isinstance(value, list) else [value]
    return tuple(_path(item, '"models"') for item in items)


def _flag(request: Message, key: str) -> bool:
    value = request.get(key, False)
    if not isinstance(value, bool):
        raise _CHECK.fail(f'"{key}" must be true or false.')
    return value
