"""What both the command line and the worker do with a "generate" request.

Order matters: what is cheap to find out, and does not need torch, comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import environment
from .contract.job import Job
from .contract.messages import LOAD
from .models.registry import check_upscaler, find_model
from .models.registry import open_model as registry_open_model
from .output import OutputFolder
from .reporting import Reporter

if TYPE_CHECKING:
    from .generation import OpenModel


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
