"""How a command ends: exit codes, and one clear line for whatever went wrong."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ..contract.errors import Remedy, ZoomStackError
from ..machine.failures import Cancelled, as_zoom_stack_error, details
from ..models.registry import MODELS_VARIABLE
from ..run.output_folder import OutputFolder

if TYPE_CHECKING:
    from ..run.reporting import Reporter

INTERRUPTED = 130  # what shells expect of a program ended by Ctrl+C

_ARGUMENTS = {
    Remedy.GO_ON: "--resume",
    Remedy.START_ANEW: "without --resume",
    Remedy.REPLACE: "--overwrite",
    Remedy.CHOOSE_MODELS: f"--models, or the environment variable {MODELS_VARIABLE}",
}


def run_to_end(
    work: Callable[[], None],
    reporter: Reporter,
    debug: bool,
    cancelled: str,
    out: Path,
) -> int:
    """Do something that a reporter tells about, and say how it ended.

    Args:
        work: a polite end from outside is the same to it as Ctrl+C.
        cancelled: a sentence for that.
        out: the output folder, which keeps the details of a failure that nobody expected.

    Returns:
        the exit code.
    """
    try:
        signal.signal(signal.SIGTERM, _interrupt)
        work()
    except (KeyboardInterrupt, Cancelled):
        reporter.done("cancelled")
        print(cancelled, file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        shown = as_zoom_stack_error(error)
        reporter.error(shown)
        reporter.done("failed")
        log = OutputFolder(out).write_log(details(error)) if shown.code == "internal" else None
        shown.hint += f" They are in {log}." if log else ""
        return report_failure(error, shown, debug)
    reporter.done("finished")
    return 0


def report_failure(error: Exception, shown: ZoomStackError, debug: bool) -> int:
    """One clear line on standard error; the traceback only for those who want it.

    Returns:
        the exit code.
    """
    if debug:
        print(details(error), file=sys.stderr, end="")
    print(f"Error: {one_line(shown)}", file=sys.stderr)
    return 1


def one_line(error: ZoomStackError) -> str:
    """Text, hint and the argument that does what it says, without line breaks."""
    argument = f"({_ARGUMENTS[error.remedy]})" if error.remedy else ""
    return " ".join(f"{error.text} {error.hint} {argument}".split())


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
