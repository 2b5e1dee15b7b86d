"""The start of what is asked for, for the worker and the command line alike.

Order matters: what is cheap to find out, and does not need torch, comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..contract.messages import LOAD
from ..contract.stack import read_stack
from ..contract.work_folder import Hold
from ..machine import environment
from ..models import registry, upscaler_names
from .given_files import check_given_files
from .output_folder import OutputFolder
from .reporting import Reporter
from .request import GenerateRequest, SharpenRequest

if TYPE_CHECKING:
    from ..models.protocol import OpenModel


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
        Cancelled, ZoomStackError: see ``generation.Generation.run``.
    """
    folder = OutputFolder(request.out)

    def is_finished() -> bool:
        stack = folder.prepare(request.job, resume=request.resume, overwrite=request.overwrite)
        if stack is None:
            return False
        reporter.warning("finished", f"{folder.path} is finished already; nothing is left to do.")
        reporter.result(stack)
        return True

    if is_finished():
        folder.tidy(request.job)
        return
    check_given_files(request.job)
    entry = None
    if open_model is None:
        open_model = registry.open_model
        entry = registry.find_model(request.job.model, request.models)
        loras = [lora.name for lora in request.job.loras]
        for found, name in zip(
            [entry, *registry.find_loras(loras, entry, request.models)],
            [request.job.model, *loras],
            strict=True,
        ):
            if found.name != name:
                reporter.warning("moved", f"There is no {name!r}; {found.name!r} is used.")
        upscaler_names.check(request.job.upscaler, request.models, entry)
    environment.require()
    with folder.held() as hold:
        _note_locks(hold, folder.path, reporter)
        if is_finished():  # by another run, just now
            return
        reporter.stage(LOAD)
        environment.prepare_libraries()
        environment.import_torch()
        from .generation import Generation

        folder.note_job(request.job)
        stack = Generation(request, folder, reporter, is_cancelled).run(open_model, entry)
    reporter.result(stack)


def run_sharpen(
    request: SharpenRequest, reporter: Reporter, is_cancelled: Callable[[], bool]
) -> None:
    """Enlarge a finished stack.

    Raises:
        Cancelled, ZoomStackError: see ``sharpening.Sharpening.run``.
    """
    upscaler_names.check_single(request.upscaler, request.models)
    environment.require()
    stack = read_stack(request.stack.expanduser())
    folder = OutputFolder(request.out)
    folder.prepare_for_copy(stack, overwrite=request.overwrite)
    with folder.held() as hold:
        _note_locks(hold, folder.path, reporter)
        folder.prepare_for_copy(stack, overwrite=request.overwrite)  # another run may have ended
        reporter.stage(replace(LOAD, text="Looking at the pictures"))
        environment.prepare_libraries()
        environment.import_torch()
        from .sharpening import Sharpening

        larger = Sharpening(request, stack, folder, reporter, is_cancelled).run()
    reporter.result(larger)


def _note_locks(hold: Hold, folder: Path, reporter: Reporter) -> None:
    """Tell of a drive that cannot keep two machines from writing into one folder."""
    if not hold.everywhere:
        reporter.warning(
            "no_locks",
            f"The drive of {folder} knows no locks: let no other machine write there meanwhile.",
        )
