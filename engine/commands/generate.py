"""``generate JOB.json --out DIR`` or ``generate --preset NAME --out DIR``: run one job."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from ..contract.job_parser import checked, load_job
from ..contract.options import DEVICE_NAMES, MAX_SEED
from ..machine.failures import Cancelled, as_zoom_stack_error, details
from ..run.output_folder import OutputFolder
from ..run.request import GenerateRequest
from ..run.start import run_generate
from .arguments import add_output, end_politely, reporter_of, size
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
    parser.add_argument(
        "--size", metavar="WxH", type=size, help="of the pictures, in the place of the job's"
    )
    parser.add_argument(
        "--upscaler", metavar="NAME", help="in the place of the job's, such as real_esrgan"
    )
    add_output(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    reporter = reporter_of(arguments)
    reporter.hello()
    folder: OutputFolder | None = None
    try:
        job = load_job(arguments.job or PRESETS / f"{arguments.preset}.json")
        given = {name: getattr(arguments, name) for name in ("seed", "size", "upscaler")}
        changes = {name: value for name, value in given.items() if value is not None}
        job = checked(dataclasses.replace(job, **changes))
        folder = OutputFolder(arguments.out)
        request = GenerateRequest(
            job=job,
            out=arguments.out,
            resume=arguments.resume,
            overwrite=arguments.overwrite,
            device=arguments.device,
            models=arguments.models,
        )
        end_politely()
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


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value <= MAX_SEED:
        raise argparse.ArgumentTypeError(f"must lie between 0 and {MAX_SEED}")
    return value
