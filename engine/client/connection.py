"""Blender's end of the pipe: starts a worker, talks to it, and is rid of it again.

Standard library only, and no bpy: it works, and is tested, in plain Python. No method blocks;
the pipe is served by threads, and ``Client.poll`` hands over what has come since the last call.

Whatever happens to the worker, the caller sees the protocol: every request that is answered by
"done" gets exactly one, after an "error" message where the worker died, kept silent or spoke
another language.
"""

from __future__ import annotations

import atexit
import queue
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

from ..contract.errors import ZoomStackError
from ..contract.messages import (
    MAX_LINE_BYTES,
    PROTOCOL_VERSION,
    Message,
    decode,
    encode,
    error_message,
)
from .inline_pictures import store_pictures
from .launch import Launch, start_error, worker_environment

HELLO_SECONDS = 60.0  # a cold disk and a virus scanner can make Python's start very slow
CANCEL_SECONDS = 3.0
END_SECONDS = 2.0
LOG_LINES = 3

_live: weakref.WeakSet[Client] = weakref.WeakSet()


class Client:
    """One worker process.

    Args:
        launch: how to start it.
        hello_seconds: how long it may take to say hello.
        cancel_seconds: how long it may take to answer "cancel" before it is ended.
    """

    def __init__(
        self,
        launch: Launch,
        hello_seconds: float = HELLO_SECONDS,
        cancel_seconds: float = CANCEL_SECONDS,
    ) -> None:
        self.launch = launch
        self.busy = False
        self.ended = False
        self._hello_seconds = hello_seconds
        self._cancel_seconds = cancel_seconds
        self._started = time.monotonic()
        self._cancelled: float | None = None
        self._greeted = False
        self._out = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._gone = threading.Event()
        self._requests: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Message] = queue.SimpleQueue()
        _live.add(self)
        self._thread(self._supervise)

    # The caller's side: nothing here waits for the worker.

    def request(self, message: Message) -> None:
        """Send "generate" or "check"; one at a time."""
        if self.busy or self.ended:
            raise RuntimeError("The worker is busy or has ended.")
        self.busy = True
        self._cancelled = None
        if message["type"] == "generate":
            self._out = Path(message["out"])
        self._requests.put(encode(message))

    def cancel(self) -> None:
        """Ask the worker to stop; after ``cancel_seconds`` without "done" it is ended."""
        if self.busy and self._cancelled is None:
            self._cancelled = time.monotonic()
            self._requests.put(encode({"type": "cancel"}))

    def poll(self) -> list[Message]:
        """The messages since the last call."""
        messages: list[Message] = []
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                break
            messages += self._accept(event)
        return messages + self._overdue()

    def close(self) -> None:
        """End the worker: end of file first, then terminate, then kill; returns at once."""
        self.ended = True
        self.busy = False
        if not self._closing.is_set():
            self._closing.set()
            self._requests.put(None)
            self._thread(self._reap)

    def wait_closed(self, seconds: float) -> bool:
        """After ``close``: whether the process was gone within so many seconds."""
        return self._gone.wait(seconds)

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def log_tail(self) -> str:
        """The last lines that the worker wrote to standard error."""
        try:
            with self.launch.log.open("rb") as file:
                file.seek(max(0, self.launch.log.stat().st_size - 4096))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return "\n".join(lines[-LOG_LINES:])

    def _accept(self, event: Message) -> list[Message]:
        if event["type"] == "exit":
            return self._exited(event)
        if not self.busy and event["type"] != "hello":
            return []
        if event["type"] == "hello":
            self._greeted = True
            if event.get("protocol") != PROTOCOL_VERSION:
                return self._fail(
                    "protocol",
                    f"The engine speaks protocol {event.get('protocol')}, this extension "
                    f"{PROTOCOL_VERSION}.",
                    "Install the same version of Zoom Stack at both ends.",
                )
        if event["type"] == "done":
            self.busy = False
        return [event]

    def _exited(self, event: Message) -> list[Message]:
        was_busy = self.busy
        cancelled = self._cancelled is not None
        self.close()
        if not was_busy:
            return []
        if cancelled:
            return [{"type": "done", "status": "cancelled"}]
        return [error_message(self._diagnosis(event)), {"type": "done", "status": "failed"}]

    def _diagnosis(self, event: Message) -> ZoomStackError:
        """Why the worker ended, as far as one can tell from outside."""
        error = event.get("error")
        if isinstance(error, ZoomStackError):
            return error
        tail = self.log_tail()
        last = tail.splitlines()[-1] if tail else ""
        python = self.launch.argv[0]
        if not self._greeted and "needs Python" in last:
            return ZoomStackError("old_python", last.rstrip(".") + ".", "Choose another Python.")
        if not self._greeted and last.startswith("SyntaxError"):
            return ZoomStackError(
                "old_python", f"{python} is too old.", "The engine needs Python 3.11 or newer."
            )
        code = event["code"]
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        when = "unexpectedly" if self._greeted else "before it was ready"
        hint = "Try again; if it stops again, check the engine in the preferences."
        if code == -9:  # also how Linux ends whoever takes too much memory
            hint = (
                "It was ended from outside, or memory ran out: try fewer levels, or smaller ones."
            )
        return ZoomStackError(
            "worker_died",
            f"The engine stopped {when} ({how}).",
            f"It said: {last}" if last else hint,
        )

    def _overdue(self) -> list[Message]:
        now = time.monotonic()
        if not self.busy:
            return []
        if self._cancelled is not None and now - self._cancelled > self._cancel_seconds:
            self.close()
            return [{"type": "done", "status": "cancelled"}]
        if not self._greeted and now - self._started > self._hello_seconds:
            last = self.log_tail()
            return self._fail(
                "silent",
                f"The engine did not answer within {self._hello_seconds:g} seconds.",
                f"It said: {last}" if last else "Check the engine in the preferences.",
            )
        return []

    def _fail(self, code: str, text: str, hint: str) -> list[Message]:
        was_busy = self.busy
        self.close()
        if not was_busy:
            return []
        error = ZoomStackError(code, text, hint)
        return [error_message(error), {"type": "done", "status": "failed"}]

    # The threads' side.

    def _thread(self, target: object) -> threading.Thread:
        thread = threading.Thread(target=target, name="zoom-stack-client", daemon=True)  # type: ignore[arg-type]
        thread.start()
        return thread

    def _supervise(self) -> None:
        try:
            process = self._start()
        except OSError as error:
            self._gone.set()
            self._events.put({"type": "exit", "error": start_error(error, self.launch)})
            return
        self._process = process
        self._thread(self._write)
        reader = self._thread(self._read)
        code = process.wait()
        # A grandchild may hold the pipe open for long; the worker itself has ended.
        reader.join(1.0)
        self._gone.set()
        self._requests.put(None)
        self._events.put({"type": "exit", "code": code})

    def _start(self) -> subprocess.Popen[bytes]:
        self.launch.log.parent.mkdir(parents=True, exist_ok=True)
        windows = sys.platform == "win32"
        with self.launch.log.open("wb") as log:
            return subprocess.Popen(
                self.launch.argv,
                cwd=self.launch.cwd,
                env={**worker_environment(), **dict(self.launch.variables)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                creationflags=subprocess.CREATE_NO_WINDOW if windows else 0,  # type: ignore[attr-defined,unused-ignore]
                # Ctrl-C in Blender's terminal is for Blender; ssh must not ask there either.
                start_new_session=not windows,
            )

    def _write(self) -> None:
        process = self._process
        assert process is not None and process.stdin is not None
        try:
            while (line := self._requests.get()) is not None:
                process.stdin.write(line.encode())
                process.stdin.flush()
            process.stdin.close()
        except OSError:
            pass  # it has ended, and the supervisor says so

    def _read(self) -> None:
        process = self._process
        assert process is not None and process.stdout is not None
        while line := process.stdout.readline(MAX_LINE_BYTES):
            try:
                message = decode(line.decode("utf-8", "replace"))
                self._events.put(store_pictures(message, self.launch.inbox, self._out))
            except ZoomStackError as error:
                # Libraries print to standard output too; that must not end a job.
                if error.code != "bad_message":
                    self._events.put(error_message(error))
        process.stdout.close()

    def _reap(self) -> None:
        if self._gone.wait(END_SECONDS / 2 if self._cancelled is None else 0.0):
            return
        process = self._process
        if process is None:  # its start has not come back yet
            time.sleep(END_SECONDS)
            process = self._process
        if process is None:
            return
        process.terminate()
        if not self._gone.wait(END_SECONDS):
            process.kill()


def _end_all() -> None:
    """At exit: the workers' standard input is closed, and who does not follow is ended."""
    clients = [client for client in list(_live) if not client._gone.is_set()]
    for client in clients:
        client.close()
    for client in clients:
        if not client.wait_closed(0.5) and client._process is not None:
            client._process.kill()


atexit.register(_end_all)
