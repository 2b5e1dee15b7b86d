"""Progress lines, sentences for failures, and running other programs with their output in a log."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

_print_lock = threading.Lock()

Command = list[str | Path]

_running: set[subprocess.Popen[bytes]] = set()
_interrupted = threading.Event()


class Problem(Exception):
    """Something went wrong that a sentence explains; shown without a traceback."""


class Unavailable(Problem):
    """This machine cannot do it at all (no Python 3.13, not root, …): skipped, not failed."""


def say(text: str) -> None:
    """Print one line at once, whole even when several threads print."""
    with _print_lock:
        print(text, flush=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a step before it starts and its duration after it succeeded."""
    say(f"- {text} ...")
    start = time.monotonic()
    yield
    say(f"- {text}: done in {time.monotonic() - start:.0f} s")


# pip, apt and debootstrap say these in many ways; the first phrase found decides the sentence.
_CAUSES = (
    ("No space left on device", "the disk is full"),
    ("not enough space", "the disk is full"),
    ("Temporary failure in name resolution", "the network cannot be reached"),
    ("Name or service not known", "the network cannot be reached"),
    ("getaddrinfo failed", "the network cannot be reached"),
    ("Temporary failure resolving", "the network cannot be reached"),
    ("Network is unreachable", "the network cannot be reached"),
    ("NewConnectionError", "the network cannot be reached"),
    ("Connection refused", "the network refuses connections"),
    ("Read timed out", "the network is too slow or was cut off"),
    ("Could not get lock", "another package manager is running"),
    ("Permission denied", "a file may not be written"),
    ("Killed", "the machine ran out of memory"),
)


def cause_of_failure(log_text: str) -> str:
    """The likely cause, in words, of a set-up command's failure: from the end of its output.

    Falls back on the last line that looks like an error, else on the last line.
    """
    tail = log_text[-20000:]
    for phrase, cause in _CAUSES:
        if phrase in tail:
            return cause
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "e: ", "fatal"))]
    return (errors or lines or ["it printed nothing"])[-1][:300]


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    what: str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 1800,
) -> None:
    """Run a set-up command with its output appended to ``log``.

    Raises:
        Problem: the command failed, cannot be started or ran past ``timeout`` seconds; the sentence
            names ``what``, the cause and the log.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    start = log.stat().st_size if log.exists() else 0
    with log.open("a", encoding="utf-8", errors="replace") as stream:
        stream.write("$ " + " ".join(map(str, command)) + "\n")
        stream.flush()
        try:
            code = wait(start_process(command, stdout=stream, env=env, cwd=cwd), timeout)
        except OSError as error:
            raise Problem(f"{what} failed: {error}.") from error
    if code == 0:
        return
    if code is None:
        raise Problem(f"{what} failed: no end after {timeout / 60:.0f} minutes (log: {log}).")
    with log.open("r", encoding="utf-8", errors="replace") as stream:
        stream.seek(start)
        cause = cause_of_failure(stream.read())
    raise Problem(f"{what} failed: {cause} (log: {log}).")


def start_process(
    command: Sequence[str | Path],
    *,
    stdout: IO[str] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own, without standard input.

    Its own group, so that :func:`wait` can end what the program started as well.
    """
    if _interrupted.is_set():
        raise Problem("interrupted")
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        start_new_session=os.name == "posix",
    )
    _running.add(process)
    return process


def wait(process: subprocess.Popen[bytes], timeout: float) -> int | None:
    """Wait for a process of :func:`start_process`: its exit code, None after ``timeout`` seconds.

    The process never outlives this call: on a time-out or Ctrl-C its whole group is ended.
    """
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            end_group(process)
        _running.discard(process)


def end_everything() -> None:
    """On Ctrl-C: end what :func:`start_process` started, in every thread, and start nothing more.

    Programs in sessions of their own hear nothing of a terminal's Ctrl-C.
    """
    _interrupted.set()
    for process in list(_running):
        end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process of :func:`start_process` with everything in its group."""
    if os.name != "posix":
        process.kill()
        process.wait()
        return
    # An interrupted pytest closes the windows that its tests have opened.
    for number, patience in ((signal.SIGINT, 20), (signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    with contextlib.suppress(ProcessLookupError):  # children that did not heed the signals
        os.killpg(process.pid, signal.SIGKILL)


def fail(text: str) -> int:
    """Print a failure's sentence on standard error; returns the exit code 1."""
    with _print_lock:
        print(f"dev.py: {text}", file=sys.stderr, flush=True)
    return 1
