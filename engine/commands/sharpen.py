"""``sharpen DIR --out DIR``: enlarge the pictures of a finished zoom stack."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..contract.job import AUTOMATIC, LANCZOS, REAL_ESRGAN, REAL_ESRGAN_QUICK
from ..contract.options import DEVICE_NAMES
from ..machine.failures import Cancelled, as_zoom_stack_error
from ..run.request import TIMES, SharpenRequest
from ..run.start import run_sharpen
from .arguments import add_output, end_politely, reporter_of
from .exits import INTERRUPTED, report_failure


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "sharpen",
        parents=[common],
        help="enlarge a finished stack",
        description="Write a zoom stack again with larger, sharper pictures; no model is asked.",
    )
    parser.add_argument("stack", metavar="DIR", type=Path, help="the folder of a zoom stack")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where to write it")
    parser.add_argument(
        "--times", metavar="N", type=_times, default=4, help="how many times as wide (4)"
    )
    parser.add_argument(
        "--upscaler",
        metavar="NAME",
        default=AUTOMATIC,
        help=f"{AUTOMATIC}, {REAL_ESRGAN}, {REAL_ESRGAN_QUICK}, {LANCZOS}, or a model's name",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a stack that is there")
    parser.add_argument("--device", choices=DEVICE_NAMES, default="auto", help="what computes")
    parser.add_argument("--models", metavar="DIR", type=Path, help="folder with models")
    add_output(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    reporter = reporter_of(arguments)
    reporter.hello()
    names = ("stack", "out", "times", "upscaler", "overwrite", "device", "models")
    try:
        end_politely()
        request = SharpenRequest(**{name: getattr(arguments, name) for name in names})
        run_sharpen(request, reporter, is_cancelled=lambda: False)
    except (KeyboardInterrupt, Cancelled):
        reporter.done("cancelled")
        print("Cancelled; nothing was written.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        shown = as_zoom_stack_error(error)
        reporter.error(shown)
        reporter.done("failed")
        return report_failure(error, shown, arguments.debug)
    reporter.done("finished")
    return 0


def _times(text: str) -> int:
    value = int(text)
    if value not in TIMES:
        raise argparse.ArgumentTypeError(f"must lie between {TIMES[0]} and {TIMES[-1]}")
    return value
