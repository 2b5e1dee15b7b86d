"""``python -m tests.faults [--side SIDE] [--inputs N] [--kills N] [--seed N]``: record a run.

The engine's side runs in the engine's environment, Blender's side where its module is.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.fuzzing import Counts, fuzz
from tests.faults.parser import Parser


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--side", choices=("engine", "blender"), default="engine")
    parser.add_argument("--inputs", type=int, default=100_000, help="in all, over all parsers")
    parser.add_argument("--kills", type=int, default=200, help="of the engine")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one parser")
    arguments = parser.parse_args()
    if arguments.side == "blender":
        return 1 if _blender(arguments) else 0
    return 1 if _engine(arguments) else 0


def _engine(arguments: argparse.Namespace) -> int:
    from engine.contract.errors import ZoomStackError
    from tests.faults.engine_side import parsers
    from tests.faults.kills import kill_many

    faults = _fuzz(arguments, parsers(), ZoomStackError, ())
    with tempfile.TemporaryDirectory() as folder:
        kills = kill_many(arguments.kills, arguments.seed, Path(folder))
    print(
        f"{kills.kills} kills, {kills.finished} runs finished with the bytes of an unbroken one; "
        f"orphans {kills.orphans}, lost {kills.lost}, stuck {kills.stuck}, tracebacks "
        f"{kills.tracebacks}; the slowest worker was gone after {kills.last:.1f} s"
    )
    print("\n".join(kills.examples))
    return faults + kills.faults()


def _blender(arguments: argparse.Namespace) -> int:
    from devtools import bpy_session

    bpy = bpy_session.start(from_checkout=True)
    from tests.faults.blender_side import parsers

    refusal = bpy_session.submodule("engine.contract.errors").ZoomStackError
    return _fuzz(arguments, parsers(bpy), refusal, (bpy.utils.resource_path("USER"),))


def _fuzz(
    arguments: argparse.Namespace,
    parsers: dict[str, Parser],
    refusal: type[Exception],
    known: tuple[str, ...],
) -> int:
    chosen = {n: p for n, p in parsers.items() if arguments.only in (None, n)}
    total = Counts()
    print(f"{'parser':16}{'inputs':>8}{'refused':>9}{'faults':>8}{'MB':>6}{'s':>7}")
    for name, each in chosen.items():
        started = time.monotonic()
        count = -(-arguments.inputs // len(chosen))
        with tempfile.TemporaryDirectory() as folder:
            inputs = Path(folder) / "inputs"
            counts = fuzz(name, each, count, arguments.seed, inputs, refusal, known)
        seconds = time.monotonic() - started
        print(
            f"{name:16}{counts.inputs:8}{counts.refused:9}{counts.faults():8}"
            f"{counts.peak / 1e6:6.0f}{seconds:7.0f}",
            flush=True,
        )
        total.add(counts)
    print(
        f"{total.inputs} inputs, {total.refused} refused; tracebacks {total.tracebacks}, hangs "
        f"{total.hangs}, escapes {total.escapes}, bad sentences {total.bad_sentences}"
    )
    print("\n".join(total.examples))
    return total.faults()


if __name__ == "__main__":
    sys.exit(main())
