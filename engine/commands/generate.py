"""``generate JOB.json --out DIR`` or ``generate --preset NAME --out DIR``: run one job."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from ..contract.job import Job
from ..contract.job_parser import checked, load_job
from ..contract.options import DEVICE_NAMES, MAX_SEED
from ..run.request import GenerateRequest
from ..run.start import run_generate
from .arguments import add_models, add_output, path, reporter_of, size
from .exits import run_to_end

# They lie beside the engine, in the checkout and in the extension.
PRESETS = Path(__file__).parents[2] / "presets"


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "generate", parents=[common], help="run one job", description="Run one job to the end."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("job", metavar="JOB.json", type=path, nargs="?", help="what to make")
    names = sorted(file.stem for file in PRESETS.glob("*.json"))
    what.add_argument("--preset", metavar="NAME", choices=names, help=f"or: {', '.join(names)}")
    parser.add_argument("--out", metavar="DIR", type=path, required=True, help="where to write it")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    parser.add_argument("--overwrite", action="store_true", help="replace a stack that is there")
    parser.add_argument("--device", choices=DEVICE_NAMES, default="auto", help="what computes")
    add_models(parser)
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

    def work() -> None:
        request = GenerateRequest(
            job=_job(arguments),
            out=arguments.out,
            resume=arguments.resume,
            overwrite=arguments.overwrite,
            device=arguments.device,
            models=tuple(arguments.models),
        )
        run_generate(request, reporter, is_cancelled=lambda: False)

    return run_to_end(
        work, reporter, arguments.debug, "Cancelled; go on with --resume.", arguments.out
    )


def _job(arguments: argparse.Namespace) -> Job:
    """The job that is named, with what other arguments give in the place of its own."""
    job = load_job(arguments.job or PRESETS / f"{arguments.preset}.json")
    given = {name: getattr(arguments, name) for name in ("seed", "size", "upscaler")}
    changes = {name: value for name, value in given.items() if value is not None}
    return checked(dataclasses.replace(job, **changes))


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value <= MAX_SEED:
        raise argparse.ArgumentTypeError(f"must lie between 0 and {MAX_SEED}")
    return value
