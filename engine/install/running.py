"""Run a program to its end: what it says goes into a log, and it never outlives this process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..contract.errors import ZoomStackError

_TICK = 0.25  # seconds
_PATIENCE = 3.0  # seconds until an end is forced


@dataclass(frozen=True)
class Said:
    """How a program ended.

    Attributes:
        code: its exit code.
        text: all that it said.
    """

    code: int
    text: str


class Runner:
    """Runs programs, one at a time.

    Args:
        log: where what they say is written, as UTF-8.
        variables: their environment.
        folder: where they run.
        lock: descriptor of the lock that they hold as well, so that nobody else begins while one
            works on that this process, killed, has left.
    """

    def __init__(
        self,
        log: IO[str],
        variables: Mapping[str, str],
        folder: Path,
        lock: int | None = None,
    ) -> None:
        self._log = log
        self._variables = dict(variables)
        self._folder = folder
        self._kept = () if lock is None or sys.platform == "win32" else (lock,)
        self._process: subprocess.Popen[str] | None = None

    def run(
        self,
        command: Sequence[str | Path],
        tell: Callable[[list[str]], None] = lambda _: None,
        timeout: float | None = None,
    ) -> Said:
        """Run one.

        Args:
            tell: called a few times a second with the lines that are new.
            timeout: seconds after which it is ended.

        Raises:
            ZoomStackError: code ``scanner``: it may not be started.
            OSError: it cannot be started for another reason.
        """
        self.note("$ " + " ".join(map(str, command)))
        lines: list[str] = []
        process = self._started(command)
        self._process = process
        reader = threading.Thread(target=self._read, args=(process, lines), daemon=True)
        reader.start()
        started, told = time.monotonic(), 0
        try:
            while True:
                reader.join(_TICK)
                count = len(lines)
                tell(lines[told:count])
                told = count
                if not reader.is_alive():
                    break
                if timeout is not None and time.monotonic() - started > timeout:
                    lines.append(f"took longer than {timeout:.0f} s")
                    break
        finally:
            self.stop()
            reader.join(_PATIENCE)
        return Said(process.wait(), "\n".join(lines))

    def _started(self, command: Sequence[str | Path]) -> subprocess.Popen[str]:
        try:
            return subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                cwd=self._folder,
                env=self._variables,
                pass_fds=self._kept,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows alone has it
            )
        except PermissionError:
            raise ZoomStackError(
                "scanner",
                f"{command[0]} may not run.",
                "A virus scanner, a rule of this computer's or an option of the disk forbids it: "
                "allow programs in the extension's folder.",
            ) from None

    def note(self, line: str) -> None:
        """Write a line of one's own into the log."""
        self._log.write(line + "\n")
        self._log.flush()

    def stop(self) -> None:
        """End what runs; returns when it has."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _read(self, process: subprocess.Popen[str], lines: list[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip():
                lines.append(line.rstrip())
                self.note(lines[-1])


def end_with_input(runner: Runner) -> None:
    """End this process, and what it runs, once its standard input is at its end.

    Whoever has started it keeps the other end of that open: where they end, in whatever way, this
    does too.
    """

    def watch() -> None:
        # Not by sys.stdin: its lock would be held when this process ends by itself.
        while os.read(0, 4096):
            pass
        runner.stop()
        os._exit(130)

    threading.Thread(target=watch, daemon=True).start()
