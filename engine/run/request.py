"""A "generate" request: read from a message, and run, for the worker and the command line alike.

Order matters: what is cheap to find out, and does not need torch, comes first.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..contract.job import Job, parse_job
from ..contract.messages import LOAD, Message
from ..contract.validation import Checker
from ..machine import environment
from ..models.registry import check_upscaler, find_model
from ..models.registry import open_model as registry_open_model
from .output_folder import OutputFolder
from .reporting import Reporter

if TYPE_CHECKING:
    from .generation import OpenModel

_CHECK = Checker("bad_request", "The request")
_GENERATE_KEYS = frozenset({"type", "job", "out", "resume", "overwrite", "device", "models"})


@dataclass(frozen=True)
class GenerateRequest:
    """Make one zoom stack.

    Attributes:
        out: the stack's folder.
        resume: go on with an interrupted run of the same job.
        overwrite: replace a stack that is there.
        device: one of ``devices.DEVICE_CHOICES``.
        models: the models folder; None is what the environment says.
    """

    job: Job
    out: Path
    resume: bool = False
    overwrite: bool = False
    device: str = "auto"
    models: Path | None = None


def parse_generate(request: Message, models: Path | None, inline: bool) -> GenerateRequest:
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
        device=_CHECK.choice(
            request.get("device", "auto"), ("auto", "cpu", "cuda", "mps"), '"device"'
        ),
        models=models if own_models is None else _path(own_models, '"models"'),
    )


def own_folder(out: Path) -> Path:
    """Where a worker keeps the files of a run that was asked for from another machine."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    name = hashlib.sha256(str(out).encode()).hexdigest()[:16]
    return Path(cache) / "zoom_stack" / "runs" / name


def run_generate(
    request: GenerateRequest,
    reporter: Reporter,
    is_cancelled: Callable[[], bool],
    open_model: OpenModel | None = None,
) -> None:
    """Run a request to its result.

    Args:
        open_model: in the place of the registry's, for tests and models of one's own.

    Raises:
        Cancelled, ZoomStackError: see ``generation.generate``.
    """
    folder = OutputFolder(request.out)
    finished = folder.prepare(request.job, resume=request.resume, overwrite=request.overwrite)
    if finished is not None:
        reporter.warning("finished", f"{folder.path} is finished already; nothing is left to do.")
        reporter.result(finished)
        return
    entry = None
    if open_model is None:
        entry = find_model(request.job.model, request.models)
        check_upscaler(request.job.upscaler, request.models, entry)
    environment.require()
    reporter.stage(LOAD)
    environment.prepare_libraries()
    environment.import_torch()
    from . import generation

    stack = generation.generate(
        request.job,
        folder,
        reporter,
        is_cancelled,
        resume=request.resume,
        device=request.device,
        models=request.models,
        open_model=open_model or registry_open_model,
        entry=entry,
    )
    reporter.result(stack)


def _path(value: object, where: str) -> Path:
    text = _CHECK.text(value, where)
    if not text or "\0" in text:
        raise _CHECK.fail(f"{where} is no path: {text!r}.")
    return Path(text)


def _flag(request: Message, key: str) -> bool:
    value = request.get(key, False)
    if not isinstance(value, bool):
        raise _CHECK.fail(f'"{key}" must be true or false.')
    return value
