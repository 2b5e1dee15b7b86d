"""A worker's process and the threads that serve its pipe; knows lines, and nothing of messages.

No method blocks but ``wait``. A thread that fails ends the conversation with an error: nobody
waits for one that is gone.
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
import time
import traceback
import weakref
from collections.abc import Callable
from typing import BinaryIO

from ..contract.errors import ZoomStackError
from ..contract.fields import shown
from ..contract.messages import MAX_LINE_BYTES
from ..contract.ordinary_files import open_ordinary
from .launch import Launch, child_options, start_error

END_SECONDS = 1.5  # for it to end by itself; a worker saves meanwhile
_TERMINATE_SECONDS = 0.5  # until it is killed
_LEAST_PAUSE = 0.05
_CLOSED_SECONDS = 0.5  # between the end of a worker's pipes and its own
LOG_LINES = 3
_LOG_TAIL = 4096  # bytes
_LONGEST_LINE = 300  # characters that are shown of one
_LARGEST_LOG = 4 * 2**20  # bytes; then it begins anew
_LOG_WATCH = 1.0  # seconds between two looks at its size
_MOST_LINES = 2000  # a second; a worker that says more is slowed down by its pipe
# Bytes a second, likewise: what decodes them holds up whoever shares the interpreter.
_MOST_BYTES = 16 * 2**20

Exit = int | ZoomStackError  # the exit code, or why there was no process

_live: weakref.WeakSet[WorkerProcess] = weakref.WeakSet()


class WorkerProcess:
    """One worker process; it is started at once, in a thread.

    Args:
        launch: how to start it.
        on_line: called with each line of its standard output, in a thread.
        on_exit: called in a thread, after the last line; also where it could not be started, and
            where a thread of this class failed.
    """

    def __init__(
        self, launch: Launch, on_line: Callable[[str], None], on_exit: Callable[[Exit], None]
    ) -> None:
        self._launch = launch
        self._on_line = on_line
        self._on_exit = on_exit
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        self._gone = threading.Event()
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()  # None ends them
        _live.add(self)
        self._start_thread(self._supervise)

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def write(self, line: str) -> None:
        """Have a line written to its standard input, also before it has started."""
        self._lines.put(line)

    def close(self, patience: float = END_SECONDS) -> None:
        """End it: end of file first, then terminate, then kill; returns at once.

        Args:
            patience: seconds that it has to end by itself.
        """
        if not self._closing:
            self._closing = True
            self._lines.put(None)
            self._start_thread(self._reap, patience)

    def kill(self) -> None:
        """End it and what it has started by force, where it has started."""
        if self._process is None or self._gone.is_set():
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            _kill_group(self._process.pid)

    def wait(self, seconds: float) -> bool:
        """Whether it was gone within so many seconds."""
        return self._gone.wait(seconds)

    def log_tail(self) -> str:
        """The last lines that it wrote to standard error."""
        try:
            with open_ordinary(self._launch.log) as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_TAIL))
                text = file.read(_LOG_TAIL).decode("utf-8", "replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return "\n".join(shown(line, _LONGEST_LINE) for line in lines[-LOG_LINES:])

    # In threads.

    def _supervise(self) -> None:
        try:
            process = self._start()
        except OSError as error:
            self._gone.set()
            self._on_exit(start_error(error, self._launch))
            return
        self._process = process
        self._start_thread(self._write_lines, process)
        reader = self._start_thread(self._read_lines, process)
        _kill_what_it_left(process.pid)
        code = process.wait()
        self._gone.set()
        # A grandchild may hold the pipe open for long; the worker itself has ended.
        reader.join(1.0)
        self._lines.put(None)
        self._on_exit(code)

    def _start(self) -> subprocess.Popen[bytes]:
        launch = self._launch
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # Windows keeps a file that another worker writes
            launch.log.unlink()  # a link is not written through
        log = launch.log.open("ab")
        try:
            log.truncate(0)
            process = subprocess.Popen(
                launch.argv,
                cwd=launch.cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                **child_options(launch.variables),
            )
        except BaseException:
            log.close()
            raise
        self._start_thread(self._watch_log, log)
        return process

    def _write_lines(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        try:
            while (line := self._lines.get()) is not None:
                process.stdin.write(line.encode())
                process.stdin.flush()
            process.stdin.close()
        except OSError:
            self._pipe_closed()

    def _pipe_closed(self) -> None:
        """The other side closed an end; where it has ended, the supervisor says so."""
        if not self._gone.wait(_CLOSED_SECONDS) and not self._closing:
            self._on_exit(
                ZoomStackError(
                    "worker_died",
                    "The engine closed its end of the pipe.",
                    "Try again; if it happens again, check the engine in the preferences.",
                )
            )

    def _watch_log(self, log: BinaryIO) -> None:
        """Keep the log small: whoever writes goes on at its new end."""
        with log, contextlib.suppress(OSError):
            while not self._gone.wait(_LOG_WATCH):
                if os.fstat(log.fileno()).st_size > _LARGEST_LOG:
                    log.truncate(0)

    def _read_lines(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        count, size, since = 0, 0, time.monotonic()
        while line := process.stdout.readline(MAX_LINE_BYTES):
            self._on_line(line.decode("utf-8", "replace"))
            count, size = count + 1, size + len(line)
            pause = max(count / _MOST_LINES, size / _MOST_BYTES) - (time.monotonic() - since)
            if pause > _LEAST_PAUSE:
                time.sleep(pause)
            if time.monotonic() - since > 1.0:
                count, size, since = 0, 0, time.monotonic()
        process.stdout.close()
        self._pipe_closed()

    def _reap(self, patience: float) -> None:
        if self._gone.wait(patience):
            return
        if self._process is None:  # its start has not come back yet
            time.sleep(END_SECONDS)
        if self._process is None:
            return
        self._process.terminate()
        if not self._gone.wait(_TERMINATE_SECONDS):
            self.kill()

    def _start_thread(self, target: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(
            target=self._guard, args=(target, *arguments), name="zoom-stack-client", daemon=True
        )
        thread.start()
        return thread

    def _guard(self, target: Callable[..., None], *arguments: object) -> None:
        try:
            target(*arguments)
        except Exception as error:
            traceback.print_exc()
            self._on_exit(
                ZoomStackError(
                    "pipe",
                    "The conversation with the engine broke: "
                    f"{type(error).__name__}: {shown(str(error), _LONGEST_LINE)}.",
                    "Please report it, and try again.",
                )
            )


def _kill_group(leader: int) -> None:
    """End a process that leads a group, and its children."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _kill_what_it_left(leader: int) -> None:
    """Wait for the end of a group's leader, and end its children that live on.

    Until somebody fetches the leader's exit code, no other process gets its number. Where the
    system does not let one wait without that (Windows, macOS before Python 3.13), they are left.
    """
    if sys.platform != "win32" and hasattr(os, "waitid"):
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, leader, os.WEXITED | os.WNOWAIT)
            _kill_group(leader)


def _end_all() -> None:
    """At exit: the workers' standard input is closed, and who does not follow is ended."""
    workers = [worker for worker in list(_live) if not worker.wait(0.0)]
    for worker in workers:
        worker.close()
    for worker in workers:
        if not worker.wait(0.5):
            worker.kill()


atexit.register(_end_all)
