"""A worker's process and the threads that serve its pipe; knows lines, and nothing of messages.

No method blocks but ``wait``.
"""

from __future__ import annotations

import atexit
import queue
import subprocess
import threading
import time
import weakref
from collections.abc import Callable

from ..contract.errors import ZoomStackError
from ..contract.messages import MAX_LINE_BYTES
from .launch import Launch, child_options, start_error

END_SECONDS = 2.0
LOG_LINES = 3
_LOG_BYTES = 4096

Exit = int | ZoomStackError  # the exit code, or why there was no process

_live: weakref.WeakSet[WorkerProcess] = weakref.WeakSet()


class WorkerProcess:
    """One worker process; it is started at once, in a thread.

    Args:
        launch: how to start it.
        on_line: called with each line of its standard output, in a thread.
        on_exit: called once, in a thread, after the last line; also where it could not be started.
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
        _start_thread(self._supervise)

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def write(self, line: str) -> None:
        """Have a line written to its standard input, also before it has started."""
        self._lines.put(line)

    def close(self, patience: float = END_SECONDS / 2) -> None:
        """End it: end of file first, then terminate, then kill; returns at once.

        Args:
            patience: seconds that it has to end by itself.
        """
        if not self._closing:
            self._closing = True
            self._lines.put(None)
            _start_thread(self._reap, patience)

    def kill(self) -> None:
        """End it by force, where it has started."""
        if self._process is not None:
            self._process.kill()

    def wait(self, seconds: float) -> bool:
        """Whether it was gone within so many seconds."""
        return self._gone.wait(seconds)

    def log_tail(self) -> str:
        """The last lines that it wrote to standard error."""
        try:
            with self._launch.log.open("rb") as file:
                file.seek(max(0, self._launch.log.stat().st_size - _LOG_BYTES))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return "\n".join(lines[-LOG_LINES:])

    # In threads.

    def _supervise(self) -> None:
        try:
            process = self._start()
        except OSError as error:
            self._gone.set()
            self._on_exit(start_error(error, self._launch))
            return
        self._process = process
        _start_thread(self._write_lines, process)
        reader = _start_thread(self._read_lines, process)
        code = process.wait()
        # A grandchild may hold the pipe open for long; the worker itself has ended.
        reader.join(1.0)
        self._gone.set()
        self._lines.put(None)
        self._on_exit(code)

    def _start(self) -> subprocess.Popen[bytes]:
        launch = self._launch
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        with launch.log.open("wb") as log:
            return subprocess.Popen(
                launch.argv,
                cwd=launch.cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                **child_options(launch.variables),
            )

    def _write_lines(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        try:
            while (line := self._lines.get()) is not None:
                process.stdin.write(line.encode())
                process.stdin.flush()
            process.stdin.close()
        except OSError:
            pass  # it has ended, and the supervisor says so

    def _read_lines(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        while line := process.stdout.readline(MAX_LINE_BYTES):
            self._on_line(line.decode("utf-8", "replace"))
        process.stdout.close()

    def _reap(self, patience: float) -> None:
        if self._gone.wait(patience):
            return
        if self._process is None:  # its start has not come back yet
            time.sleep(END_SECONDS)
        if self._process is None:
            return
        self._process.terminate()
        if not self._gone.wait(END_SECONDS):
            self._process.kill()


def _start_thread(target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, name="zoom-stack-client", daemon=True)
    thread.start()
    return thread


def _end_all() -> None:
    """At exit: the workers' standard input is closed, and who does not follow is ended."""
    workers = [worker for worker in list(_live) if not worker.wait(0.0)]
    for worker in workers:
        worker.close()
    for worker in workers:
        if not worker.wait(0.5):
            worker.kill()


atexit.register(_end_all)
