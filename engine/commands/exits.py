"""How a command ends: exit codes, and one clear line for whatever went wrong."""

from __future__ import annotations

import sys

from ..contract.errors import Remedy, ZoomStackError
from ..machine.failures import details
from ..models.registry import MODELS_VARIABLE

INTERRUPTED = 130  # what shells expect of a program ended by Ctrl+C

_ARGUMENTS = {
    Remedy.GO_ON: "--resume",
    Remedy.START_ANEW: "without --resume",
    Remedy.REPLACE: "--overwrite",
    Remedy.CHOOSE_MODELS: f"--models, or the environment variable {MODELS_VARIABLE}",
}


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
