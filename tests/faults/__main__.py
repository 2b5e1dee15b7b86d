"""``python -m tests.faults [--inputs N] [--kills N] [--seed N]``: record a run."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.fuzzing import Counts, fuzz
from tests.faults.kills import kill_many
from tests.faults.parsers import parsers


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="in all, over all parsers")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one parser")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        faults = _fuzz(arguments, Path(folder) / "inputs")
        return 1 if faults + _kill(arguments, Path(folder) / "runs") else 0


def _fuzz(arguments: argparse.Namespace, folder: Path) -> int:
    chosen = {n: p for n, p in parsers().items() if arguments.only in (None, n)}
    total = Counts()
    print(f"{'parser':16}{'inputs':>8}{'refused':>9}{'faults':>8}{'MB':>6}{'s':>7}")
    for name, each in chosen.items():
        started = time.monotonic()
        count = -(-arguments.inputs // len(chosen))
        counts = fuzz(name, each, count, arguments.seed, folder)
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


def _kill(arguments: argparse.Namespace, folder: Path) -> int:
    folder.mkdir()
    kills = kill_many(arguments.kills, arguments.seed, folder)
    print(
        f"{kills.kills} kills, {kills.finished} runs finished with the bytes of an unbroken one; "
        f"orphans {kills.orphans}, lost {kills.lost}, stuck {kills.stuck}, tracebacks "
        f"{kills.tracebacks}; the slowest worker was gone after {kills.last:.1f} s"
    )
    print("\n".join(kills.examples))
    return kills.faults()


if __name__ == "__main__":
    sys.exit(main())
