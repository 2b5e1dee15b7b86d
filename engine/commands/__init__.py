"""The commands of ``python -m engine``, one to a file; ``exits`` is how they all end.

Each command has ``add(commands)``, which describes its arguments, and ``run(arguments)``, which
returns the exit code. Nothing heavy is imported before the arguments are known to be right.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__
from ..machine.failures import as_zoom_stack_error
from . import check, generate, install, models, sharpen, view, worker
from .exits import INTERRUPTED, report_failure


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, without the whole usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help lists the arguments)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    _never_fail_to_print()
    arguments = build_parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except KeyboardInterrupt:
        print("Cancelled.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stderr.close()
        return 1
    except Exception as error:
        return report_failure(error, as_zoom_stack_error(error), arguments.debug)
    return code


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = _Parser(prog="python -m engine", description="Zoom Stack's engine.")
    parser.add_argument("--version", action="version", version=f"Zoom Stack engine {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of errors")
    for module in (generate, sharpen, view, models, check, install, worker):
        module.add(commands, common)
    return parser


def _never_fail_to_print() -> None:
    # A prompt in any script must not break a console with a small character set.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
