"""``generate JOB.json --out DIR`` or ``generate --preset NAME --out DIR``: run one job."""

from __future__ import annotations

import argparse
import dataclasses
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from ..contract.job_parser import load_job
from ..contract.options import DEVICE_NAMES, MAX_SEED
from ..machine.failures import Cancelled, as_zoom_stack_error, details
from ..run.output_folder import OutputFolder
from ..run.reporting import JsonReporter, Reporter, TerminalReporter, claim_stdout
from ..run.request import GenerateRequest
from ..run.start import run_generate
from .exits import INTERRUPTED, report_failure

# They lie beside the engine, in the checkout and in the extension.
PRESETS = Path(__file__).parents[2] / "presets"


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "generate", parents=[common], help="run one job", description="Run one job to the end."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("job", metavar="JOB.json", type=Path, nargs="?", help="what to make")
    names = sorted(file.stem for file in PRESETS.glob("*.json"))
    what.add_argument("--preset", metavar="NAME", choices=names, help=f"or: {', '.join(names)}")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where to write it")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    parser.add_argument("--overwrite", action="store_true", help="replace a stack that is there")
    parser.add_argument("--device", choices=DEVICE_NAMES, default="auto", help="what computes")
    parser.add_argument("--models", metavar="DIR", type=Path, help="folder with models")
    parser.add_argument("--seed", metavar="N", type=_seed, help="in the place of the job's seed")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="messages of the worker protocol")
    output.add_argument("--quiet", action="store_true", help="nothing but errors")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    reporter = _reporter(arguments)
    reporter.hello()
    folder: OutputFolder | None = None
    try:
        job = load_job(arguments.job or PRESETS / f"{arguments.preset}.json")
        if arguments.seed is not None:
            job = dataclasses.replace(job, seed=arguments.seed)
        folder = OutputFolder(arguments.out)
        request = GenerateRequest(
            job=job,
            out=arguments.out,
            resume=arguments.resume,
            overwrite=arguments.overwrite,
            device=arguments.device,
            models=arguments.models,
        )
        signal.signal(signal.SIGTERM, _interrupt)
        run_generate(request, reporter, is_cancelled=lambda: False)
    except (KeyboardInterrupt, Cancelled):
        reporter.done("cancelled")
        print("Cancelled; go on with --resume.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        shown = as_zoom_stack_error(error)
        reporter.error(shown)
        reporter.done("failed")
        if shown.code == "internal" and folder is not None:
            log = folder.write_log(details(error))
            shown.hint += f" They are in {log}." if log else ""
        return report_failure(error, shown, arguments.debug)
    reporter.done("finished")
    return 0


def _reporter(arguments: argparse.Namespace) -> Reporter:
    stream = claim_stdout()
    if arguments.json:
        return JsonReporter(stream)
    return Reporter() if arguments.quiet else TerminalReporter(stream)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """A polite end from outside is the same as Ctrl+C: what is done is saved."""
    raise KeyboardInterrupt


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value <= MAX_SEED:
        raise argparse.ArgumentTypeError(f"must lie between 0 and {MAX_SEED}")
    return value
