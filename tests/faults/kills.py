"""Kills a worker at random times and goes on with its run, again and again.

Counted are orphans, lost levels (a finished stack that differs from an unbroken run's, or is not
whole), runs that do not go on, and tracebacks told to the caller.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.client.connection import Client
from engine.client.launch import Launch
from engine.contract.stack import STACK_FILE, read_stack
from engine.contract.work_folder import WORK_FOLDER

REPO = Path(__file__).parents[2]
PARENT = Path(__file__).with_name("parent.py")
JOB: dict[str, Any] = {
    "levels": [{"prompt": "a galaxy"}, {"prompt": "a planet"}, {"prompt": "a coast"}],
    "size": [32, 32],
    "sampler": {"steps": 6},
}
_LONGEST = 60.0  # seconds of one run
_ORPHANED = 10.0  # seconds after which a worker that lives on is one
_BY_CLIENT = ("kill", "terminate", "end of input", "stopped and cancelled")
_BY_PARENT = ("parent", "pipe")


@dataclass
class Kills:
    """What a run came to; ``last`` is how long the slowest worker lived on, in seconds."""

    kills: int = 0
    finished: int = 0
    orphans: int = 0
    lost: int = 0
    stuck: int = 0
    tracebacks: int = 0
    last: float = 0.0
    examples: list[str] = field(default_factory=list)

    def faults(self) -> int:
        return self.orphans + self.lost + self.stuck + self.tracebacks

    def note(self, kind: str, what: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < 10:
            self.examples.append(f"{kind}: {what}")


def kill_many(count: int, seed: int, folder: Path) -> Kills:
    """Begin, kill and go on with runs until so many kills were done.

    Args:
        folder: empty; for the runs.
    """
    kills, chance = Kills(), random.Random(seed)
    _run(folder, folder / "unbroken", False, None, kills, chance)
    expected = _digests(folder / "unbroken")
    longest = 3.0  # of a run up to its end, about
    number = 0
    while kills.kills < count:
        out = folder / f"run-{number}"
        number += 1
        tries = 0
        while not _is_finished(out) and tries < 40:
            after = chance.uniform(0.0, longest) if kills.kills < count else None
            _run(folder, out, tries > 0, after, kills, chance)
            tries += 1
        if not _is_finished(out):
            kills.note("stuck", f"{out.name} after {tries} tries")
        elif _digests(out) != expected:
            kills.note("lost", f"{out.name} differs from an unbroken run")
        else:
            kills.finished += 1
            if list(out.glob("*.tmp")) or list((out / WORK_FOLDER).glob("state-*")):
                kills.note("lost", f"{out.name} kept files of the unfinished run")
        shutil.rmtree(out, ignore_errors=True)
    return kills


def _run(
    folder: Path, out: Path, resume: bool, after: float | None, kills: Kills, chance: random.Random
) -> None:
    """One worker: to its end, or ended from outside after some seconds."""
    request = {"type": "generate", "job": JOB, "out": str(out), "resume": resume}
    double = REPO / "tests" / "doubles" / "analytic_engine.py"
    command = (sys.executable, "-B", str(double), "worker")
    variables = {"ANALYTIC_STEP": "0.05"}
    way = chance.choice((*_BY_CLIENT, *_BY_PARENT))
    if after is not None and way in _BY_PARENT:
        kills.kills += 1
        _run_by_parent(way, after, json.dumps(request), command, variables, kills)
        return
    launch = Launch(command, REPO, folder / "log", variables=tuple(variables.items()))
    _run_by_client(way, after, request, launch, kills)


def _run_by_client(
    way: str, after: float | None, request: dict[str, Any], launch: Launch, kills: Kills
) -> None:
    client = Client(launch)
    client.request(request)
    began, ended = time.monotonic(), False
    pid: int | None = None
    while time.monotonic() - began < _LONGEST:
        pid = pid or client.pid
        messages = client.poll()
        for message in messages:
            if message["type"] == "error" and message["code"] in ("internal", "pipe"):
                kills.note("tracebacks", message["text"])
        if client.ended or any(message["type"] == "done" for message in messages):
            break
        if not ended and after is not None and pid and time.monotonic() - began >= after:
            ended = True
            kills.kills += 1
            _end(client, pid, way)
        time.sleep(0.005)
    else:
        kills.note("stuck", f"no end within {_LONGEST:g} s ({way})")
    began = time.monotonic()
    client.close()
    if pid is not None and not client.wait_closed(_ORPHANED):
        kills.note("orphans", f"{pid} ({way})")
        os.kill(pid, signal.SIGKILL)
    kills.last = max(kills.last, time.monotonic() - began)


def _end(client: Client, pid: int, way: str) -> None:
    """As the system or a person does it."""
    if way == "kill":
        os.kill(pid, signal.SIGKILL)
    elif way == "terminate":
        os.kill(pid, signal.SIGTERM)
    elif way == "end of input":
        client.close()
    else:
        os.kill(pid, signal.SIGSTOP)
        client.cancel()


def _run_by_parent(
    way: str,
    after: float,
    request: str,
    command: Sequence[str],
    variables: dict[str, str],
    kills: Kills,
) -> None:
    parent = subprocess.Popen(
        [sys.executable, PARENT, way, str(after), request, *command],
        cwd=REPO,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid, began = int(parent.stdout.readline()), time.monotonic()
    while way == "parent" and parent.poll() is None and time.monotonic() - began < _LONGEST:
        time.sleep(0.005)
    began = max(began + after, time.monotonic()) if way == "parent" else began + after
    while is_alive(pid) and time.monotonic() - began < _ORPHANED:
        time.sleep(0.005)
    kills.last = max(kills.last, time.monotonic() - began)
    if is_alive(pid):
        kills.note("orphans", f"{pid} ({way})")
        os.kill(pid, signal.SIGKILL)
    said = parent.communicate()[1]
    if "Traceback" in said:
        kills.note("tracebacks", said[-300:])


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] not in "ZX"


def _is_finished(out: Path) -> bool:
    return (out / STACK_FILE).is_file()


def _digests(out: Path) -> list[str]:
    """Of the levels' pictures, in order; every one that stack.json names has to be there."""
    stack = read_stack(out)
    return [
        hashlib.sha256(stack.picture(number).read_bytes()).hexdigest()
        for number in range(len(stack.levels))
    ]
