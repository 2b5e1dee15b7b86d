"""``worker``: take requests on standard input until it ends; Blender's way to the engine."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any

from ..contract.own_engine import in_use
from ..run.reporting import claim_stdout
from ..worker import Worker
from .arguments import add_models


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "worker",
        parents=[common],
        help="serve requests on standard input",
        description="Take requests on standard input, answer on standard output, JSON lines.",
    )
    add_models(parser)
    parser.add_argument(
        "--inline-pictures",
        action="store_true",
        help="pictures within the messages: for a worker on another machine",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if not sys.stdin.isatty():
        # Ctrl+C in the terminal that Blender was started from is meant for Blender, which then
        # closes standard input.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    with in_use(Path(sys.prefix)):
        Worker(claim_stdout(), models=arguments.models, inline=arguments.inline_pictures).serve()
    sys.stderr.flush()
    # With torch loaded, Python's own ending takes seconds, and Blender may be waiting to quit.
    os._exit(0)
