"""A process that tells what it does, one JSON object a line; nothing here blocks the caller.

Standard library only, no bpy: Blender installs the engine by it. Where Blender ends, in whatever
way, the process does too: its standard input is at its end then.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path

from ..contract.errors import ZoomStackError
from ..contract.fields import shown
from ..contract.message_table import INSTALLER
from ..contract.messages import Message, decode
from .launch import child_options

_PATIENCE = 3.0  # seconds until an end is forced
_MOST_WAITING = 2000  # messages that nobody has fetched; older ones go
_LONGEST_LINE = 100_000  # characters
_KEPT = 20  # of the lines that are no messages

_live: weakref.WeakSet[HelperProcess] = weakref.WeakSet()


class HelperProcess:
    """Starts a command and reads what it tells.

    Args:
        command: no shell.
        cwd: where it runs.

    Raises:
        ZoomStackError: code ``no_python``.
    """

    def __init__(self, command: Sequence[str], cwd: Path) -> None:
        self.cancelled = False
        self.other_lines: list[str] = []
        self._messages: queue.Queue[Message] = queue.Queue(_MOST_WAITING)
        try:
            self._process = subprocess.Popen(
                list(command),
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                **child_options(),
            )
        except OSError as error:
            raise ZoomStackError(
                "no_python",
                f"{command[0]} cannot be run: {error.strerror or error}.",
                "Choose a Python that has the engine's packages in the preferences.",
            ) from None
        self._reader = threading.Thread(target=self._read, name="zoom-stack-helper", daemon=True)
        self._reader.start()
        _live.add(self)

    def messages(self) -> list[Message]:
        """Those since the last call."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._messages.get_nowait())
        return found

    def has_ended(self) -> bool:
        """Whether it is over, and all that it told is there to be fetched."""
        return not self._reader.is_alive() and self._process.poll() is not None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def cancel(self) -> None:
        """End it and all that it has started; returns at once."""
        self.cancelled = True
        if self._process.poll() is not None:
            return
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._signal(signal.SIGTERM)
        killer = threading.Timer(_PATIENCE, self._kill)
        killer.daemon = True
        killer.start()

    def _kill(self) -> None:
        if sys.platform == "win32":
            self._process.kill()
        else:
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        """To the whole group, which it leads; on Windows closing its input ends what it runs."""
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _read(self) -> None:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(_LONGEST_LINE):
            message = _message_of(line)
            if message is None:
                self.other_lines = [*self.other_lines, shown(line.strip(), 500)][-_KEPT:]
                continue
            while True:
                try:
                    self._messages.put_nowait(message)
                    break
                except queue.Full:
                    with contextlib.suppress(queue.Empty):
                        self._messages.get_nowait()


def _message_of(line: str) -> Message | None:
    """The message of a line; what is none, or none of the table, is a line for people."""
    try:
        return decode(line, INSTALLER)
    except ZoomStackError:
        return None


def _end_all() -> None:
    for process in list(_live):
        process.cancel()


atexit.register(_end_all)
