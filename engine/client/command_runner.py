"""Run commands one after another and hand over their lines; nothing here blocks the caller.

Standard library only, no bpy: Blender installs the engine's packages by it.
"""

from __future__ import annotations

import atexit
import queue
import subprocess
import threading
import weakref
from collections.abc import Collection, Sequence
from pathlib import Path

from .launch import child_options

Command = Sequence[str]

_live: weakref.WeakSet[CommandRunner] = weakref.WeakSet()


class CommandRunner:
    """Runs commands in a thread until one fails.

    Args:
        may_fail: numbers of the commands after whose failure the next one runs all the same.

    Attributes:
        current: the command that runs, counted from 0.
        exit_code: of the first command that failed, or 0; None while they run. -1 when a
            command could not be started or was cancelled.
    """

    def __init__(
        self, commands: Sequence[Command], cwd: Path, may_fail: Collection[int] = ()
    ) -> None:
        self.current = 0
        self.exit_code: int | None = None
        self.cancelled = False
        self._commands = commands
        self._may_fail = may_fail
        self._cwd = cwd
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="zoom-stack-commands", daemon=True)
        _live.add(self)
        self._thread.start()

    def lines(self) -> list[str]:
        """The lines since the last call."""
        found = []
        while not self._lines.empty():
            found.append(self._lines.get_nowait())
        return found

    def cancel(self) -> None:
        """End the running command and start no other; returns at once."""
        with self._lock:
            self.cancelled = True
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()
                killer = threading.Timer(3.0, self._process.kill)
                killer.daemon = True
                killer.start()

    def join(self, seconds: float) -> bool:
        """Whether everything has ended within so many seconds."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        code = 0
        for number, command in enumerate(self._commands):
            self.current = number
            code = self._run_one(command)
            if self.cancelled or (code != 0 and number not in self._may_fail):
                break
        self.exit_code = -1 if self.cancelled else code

    def _run_one(self, command: Command) -> int:
        try:
            with self._lock:
                if self.cancelled:
                    return -1
                process = subprocess.Popen(
                    list(command),
                    cwd=self._cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    **child_options(),
                )
                self._process = process
        except OSError as error:
            self._lines.put(f"{command[0]} cannot be run: {error.strerror or error}")
            return -1
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip():
                self._lines.put(line.strip())
        return process.wait()


def _end_all() -> None:
    for runner in list(_live):
        runner.cancel()


atexit.register(_end_all)
