"""A conversation with a worker: requests, and what is said in answer to them.

No method blocks; the pipe is served by threads, and ``Client.poll`` hands over what has come since
the last call.

Whatever happens to the worker, the caller sees the protocol: every request that is answered by
"done" gets exactly one, after an "error" message where the worker died, kept silent or spoke
another language. A worker that is silent in the midst of a run is not ended: the caller asks.
"""

from __future__ import annotations

import queue
import time
from pathlib import Path
from typing import Final

from ..contract.errors import ZoomStackError
from ..contract.message_table import REQUESTS
from ..contract.messages import (
    LONGEST_SHORT,
    MAX_LINE_BYTES,
    PROTOCOL_VERSION,
    Message,
    checked,
    decode,
    encode,
    error_message,
    is_long,
)
from .inline_pictures import Inbox
from .launch import Launch
from .mailbox import Mailbox
from .process import Exit, WorkerProcess

HELLO_SECONDS = 60.0  # a cold disk and a virus scanner can make Python's start very slow
CANCEL_SECONDS = 1.0
SILENT_SECONDS: Final = 10.0  # several times as long as a worker that is well says nothing
_OVERDUE_PATIENCE = 0.5  # for the end of one that did not answer to "cancel"


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
        self._broken = False  # something was said that is not understood: no more is listened to
        self._heard = self._started
        self._inbox = None if launch.inbox is None else Inbox(launch.inbox)
        self._mailbox = Mailbox()
        self._endings: queue.SimpleQueue[Exit] = queue.SimpleQueue()
        self._process = WorkerProcess(launch, self._receive, self._end)

    # The caller's side: nothing here waits for the worker.

    def request(self, message: Message) -> None:
        """Send "generate", "sharpen", "check" or "models"; one at a time.

        Raises:
            ZoomStackError: codes ``bad_message``, when the table of requests has no such one, and
                ``bad_job``; the worker is ended then.
        """
        if self.busy or self.ended:
            raise RuntimeError("The worker is busy or has ended.")
        try:
            line = _line_of(message)
        except ZoomStackError:
            self.close()
            raise
        self.busy = True
        self._cancelled = None
        self._heard = time.monotonic()
        self._mailbox.begin()
        if self._inbox is not None and "out" in message:
            self._inbox.begin(Path(message["out"]))
        self._process.write(line)

    def cancel(self) -> None:
        """Ask the worker to stop; after ``cancel_seconds`` without "done" it is ended."""
        if self.busy and self._cancelled is None:
            self._cancelled = time.monotonic()
            self._process.write(encode({"type": "cancel"}))

    def poll(self) -> list[Message]:
        """The messages since the last call."""
        try:
            ending = self._endings.get_nowait()  # whatever came before it is in the box
        except queue.Empty:
            ending = None
        messages: list[Message] = []
        for message in self._mailbox.take():
            messages += self._accept(message)
        if ending is not None:
            messages += self._exited(ending)
        return messages + self._overdue()

    def silent_seconds(self) -> float:
        """How long a worker that should say something has not; 0 where it need not."""
        return time.monotonic() - self._heard if self.busy else 0.0

    def close(self) -> None:
        """End the worker: end of file first, then terminate, then kill; returns at once."""
        self.ended = True
        self.busy = False
        self._process.close()

    def wait_closed(self, seconds: float) -> bool:
        """After ``close``: whether the process was gone within so many seconds."""
        return self._process.wait(seconds)

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def _accept(self, message: Message) -> list[Message]:
        if not self.busy and message["type"] != "hello":
            return []
        if message["type"] == "hello":
            self._greeted = True
            if message["protocol"] != PROTOCOL_VERSION:
                return self._fail(
                    "protocol",
                    f"The engine speaks protocol {message['protocol']}, this extension "
                    f"{PROTOCOL_VERSION}.",
                    "Install the same version of Zoom Stack at both ends.",
                )
        elif not self._greeted:
            return []
        if message["type"] == "done":
            self.busy = False
        return [message]

    def _exited(self, how: Exit) -> list[Message]:
        was_busy = self.busy
        cancelled = self._cancelled is not None
        self.close()
        if not was_busy:
            return []
        if cancelled:
            return [{"type": "done", "status": "cancelled"}]
        return [error_message(self._diagnosis(how)), {"type": "done", "status": "failed"}]

    def _diagnosis(self, how: Exit) -> ZoomStackError:
        """Why the worker ended, as far as one can tell from outside."""
        if isinstance(how, ZoomStackError):
            return how
        tail = self._process.log_tail()
        last = tail.splitlines()[-1] if tail else ""
        python = self.launch.argv[0]
        if not self._greeted and "needs Python" in last:
            return ZoomStackError("old_python", last.rstrip(".") + ".", "Choose another Python.")
        if not self._greeted and last.startswith("SyntaxError"):
            return ZoomStackError(
                "old_python", f"{python} is too old.", "The engine needs Python 3.11 or newer."
            )
        ending = f"signal {-how}" if how < 0 else f"exit code {how}"
        when = "unexpectedly" if self._greeted else "before it was ready"
        hint = "Try again; if it stops again, check the engine in the preferences."
        if how == -9:  # also how Linux ends whoever takes too much memory
            hint = "It was ended from outside, or memory ran out: try fewer or smaller levels."
        if "out of memory" in last.lower() or "bad_alloc" in last:
            hint = "Try fewer levels, or smaller pictures."
        said = f"It said: {last}" if last else ""
        return ZoomStackError(
            "worker_died", f"The engine stopped {when} ({ending}).", f"{hint} {said}".strip()
        )

    def _overdue(self) -> list[Message]:
        now = time.monotonic()
        if not self.busy:
            return []
        if self._cancelled is not None and now - self._cancelled > self._cancel_seconds:
            self.ended, self.busy = True, False
            self._process.close(_OVERDUE_PATIENCE)
            return [{"type": "done", "status": "cancelled"}]
        if not self._greeted and now - self._started > self._hello_seconds:
            last = self._process.log_tail()
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

    # In the process's threads.

    def _receive(self, line: str) -> None:
        """Decode a line and store its pictures; both would hold the caller up."""
        if self._broken or self.ended or (len(line) > LONGEST_SHORT and not is_long(line)):
            return
        try:
            message = decode(line)
            if message is None:
                return  # libraries and remote shells print to standard output too
            self._heard = time.monotonic()
            if message["type"] == "alive":
                return
            if self._inbox is not None:
                if message["type"] == "done":
                    self._inbox.close()
                message = self._inbox.store(message)
            elif "data" in message:  # of a worker that should name its files
                message = None
            if message is not None:
                self._mailbox.put(message)
        except ZoomStackError as error:
            self._broken = True
            self._endings.put(error)

    def _end(self, how: Exit) -> None:
        """The conversation is over: no piece of a file that is half there stays."""
        if self._inbox is not None:
            self._inbox.close()
        self._endings.put(how)


def _line_of(request: Message) -> str:
    line = encode(checked(request, REQUESTS))
    if len(line.encode()) > MAX_LINE_BYTES:
        raise ZoomStackError(
            "bad_job", "The job is larger than 4 MiB.", "Make its prompts shorter."
        )
    return line
