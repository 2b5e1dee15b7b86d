"""How long the default preset takes, and how much memory: from the command to the stack on disk."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
PRESET = "powers_of_ten"
# What is asked of two CPU cores, loading included.
MOST_SECONDS, MOST_GIGABYTES = 60.0, 6.0


def run(preset: str = PRESET) -> int:
    """Run the engine as a user does and print; 1 where it takes more than the limits.

    The memory is the largest resident set of any process that was waited for, which is the engine.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "stack"
        command = [sys.executable, "-m", "engine", "generate", "--preset", preset]
        started = time.perf_counter()
        subprocess.run([*command, "--out", str(out), "--quiet"], cwd=ROOT, check=True)
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    gigabytes = peak / (1e9 if sys.platform == "darwin" else 1e6)  # bytes there, kilobytes here
    holds = seconds <= MOST_SECONDS and gigabytes <= MOST_GIGABYTES
    print(
        f"{preset}: {seconds:.1f} s (at most {MOST_SECONDS:g}), {gigabytes:.2f} GB (at most "
        f"{MOST_GIGABYTES:g}): {'holds' if holds else 'misses the limits'}"
    )
    return 0 if holds else 1
