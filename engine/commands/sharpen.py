"""``sharpen DIR --out DIR``: enlarge the pictures of a finished zoom stack."""

from __future__ import annotations

import argparse
from typing import Any

from ..contract.job import AUTOMATIC, LANCZOS, REAL_ESRGAN, REAL_ESRGAN_QUICK
from ..contract.message_table import TIMES
from ..contract.options import DEVICE_NAMES
from ..run.request import SharpenRequest
from ..run.start import run_sharpen
from .arguments import add_models, add_output, path, reporter_of
from .exits import run_to_end


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "sharpen",
        parents=[common],
        help="enlarge a finished stack",
        description="Write a zoom stack again with larger, sharper pictures; no model is asked.",
    )
    parser.add_argument("stack", metavar="DIR", type=path, help="the folder of a zoom stack")
    parser.add_argument("--out", metavar="DIR", type=path, required=True, help="where to write it")
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
    add_models(parser)
    add_output(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    reporter = reporter_of(arguments)
    reporter.hello()
    names = ("stack", "out", "times", "upscaler", "overwrite", "device")
    given = {name: getattr(arguments, name) for name in names}
    request = SharpenRequest(**given, models=tuple(arguments.models))
    return run_to_end(
        lambda: run_sharpen(request, reporter, is_cancelled=lambda: False),
        reporter,
        arguments.debug,
        "Cancelled.",
        arguments.out,
    )


def _times(text: str) -> int:
    if not text.isdecimal() or int(text) not in TIMES:
        raise argparse.ArgumentTypeError(
            f"must be a whole number between {TIMES[0]} and {TIMES[-1]}"
        )
    return int(text)
