"""``check``: whether the engine can work here, as JSON."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..run.check_report import build_report
from ..run.reporting import claim_stdout
from .arguments import add_models


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "check",
        parents=[common],
        help="report Python, torch, devices and models",
        description="Report Python, torch, devices, memory and models as JSON.",
    )
    add_models(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    stream = claim_stdout()
    json.dump(build_report(arguments.models), stream, indent=2, ensure_ascii=False)
    stream.write("\n")
    stream.flush()
    return 0
