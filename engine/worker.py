"""The engine as a service on standard input and output: ``contract.messages`` is the protocol.

Jobs run one after another in the main thread. A second thread reads requests, so that "cancel"
and the end of the input are noticed at once, also while torch is imported or a model loads; a
third says now and then that the process is alive.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from .contract.errors import ZoomStackError
from .contract.fields import shown
from .contract.message_table import REQUESTS
from .contract.messages import (
    ALIVE_SECONDS,
    LOAD,
    MAX_LINE_BYTES,
    Message,
    Stage,
    error_message,
    read_object,
)
from .machine.failures import Cancelled, as_zoom_stack_error, details
from .models.registry import list_models
from .run.check_report import build_report
from .run.reporting import JsonReporter, Reporter
from .run.request import forget_old_runs, parse_generate, parse_sharpen
from .run.start import run_generate, run_sharpen

if TYPE_CHECKING:
    from .models.protocol import OpenModel

# Seconds that a cancel waits for the present step and its saving. A longer step is given up: what
# came before it was saved when it began.
CANCEL_GRACE = 0.6
# The same after the end of the input, and where there is nothing to save.
SAVING_GRACE = 1.5
LOADING_GRACE = 0.5


class Task(Reporter):
    """One request, waiting or under way, and its messages.

    Attributes:
        request: as it came.
    """

    def __init__(self, request: Message, stream: JsonReporter) -> None:
        self.request = request
        self.inline = stream.inline
        self._stream = stream
        self._lock = threading.Lock()
        self._cancelled = False
        self._done = False
        self._can_save = False

    def send(self, message: Message) -> None:
        with self._lock:
            if not self._done:
                self._stream.send(message)

    def stage(self, stage: Stage) -> None:
        with self._lock:
            self._can_save = stage.can_save
        super().stage(stage)

    def done(self, status: str) -> None:
        with self._lock:
            self._end(status)

    def cancel(self) -> None:
        """End after the present step, where that is near; at once while there is no step yet.

        Neither a step nor the import of a library can be stopped safely in its midst. So the main
        thread finishes it and then finds the task cancelled, but nobody has to wait for it.
        """
        with self._lock:
            self._cancelled = True
            if not self._can_save:
                self._end("cancelled")
                return
        patience = threading.Timer(CANCEL_GRACE, self.done, ("cancelled",))
        patience.daemon = True
        with contextlib.suppress(RuntimeError):  # no memory is left for a thread
            patience.start()

    def is_cancelled(self) -> bool:
        return self._cancelled

    def may_be_saving(self) -> bool:
        return self._can_save

    def _end(self, status: str) -> None:
        if not self._done:
            self._done = True
            self._stream.send({"type": "done", "status": status})


class Worker:
    """Serves requests until the input ends.

    Args:
        output: takes the messages and nothing else.
        input_fd: file descriptor that the requests come from.
        models: folders with models.
        inline: pictures within the messages.
        open_model: in the place of the registry's, for tests and models of one's own.
    """

    def __init__(
        self,
        output: TextIO,
        *,
        input_fd: int = 0,
        models: Sequence[Path] = (),
        inline: bool = False,
        open_model: OpenModel | None = None,
    ) -> None:
        self._input_fd = input_fd
        self._models = models
        self._open_model = open_model
        self._stream = _Pipe(output, inline, self._leave)
        self._waiting: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._tasks: list[Task] = []  # waiting and under way, oldest first
        self._finished = threading.Event()

    def serve(self) -> None:
        """Run until "quit" or the end of the input."""
        self._stream.hello()
        if self._stream.inline:
            forget_old_runs()
        threading.Thread(target=self._read_to_the_end, name="requests", daemon=True).start()
        threading.Thread(target=self._say_alive, name="alive", daemon=True).start()
        while (task := self._waiting.get()) is not None:
            self._run(task)
            with self._lock:
                self._tasks.remove(task)
            _release_memory()
        self._finished.set()

    def _run(self, task: Task) -> None:
        status = "failed"
        try:
            if not task.is_cancelled():
                self._answer(task)
            status = "finished"
        except Cancelled:
            status = "cancelled"
        except Exception as error:
            told = as_zoom_stack_error(error)
            if told.code == "internal":
                print(details(error), file=sys.stderr, flush=True)
                told.hint = "Please report it; the details are in the engine's log."
            task.error(told)
        task.done(status)

    def _answer(self, task: Task) -> None:
        if task.request["type"] == "check":
            task.stage(replace(LOAD, text="Looking at the engine's environment"))
            task.check(build_report(self._models))
        elif task.request["type"] == "models":
            task.models(list_models(self._models))
        elif task.request["type"] == "sharpen":
            if self._stream.inline:
                raise ZoomStackError(
                    "no_pictures",
                    "Pictures cannot be sent to an engine on another machine yet.",
                    "Use an engine on this machine.",
                )
            run_sharpen(parse_sharpen(task.request, self._models), task, task.is_cancelled)
        else:
            request = parse_generate(task.request, self._models, self._stream.inline)
            run_generate(request, task, task.is_cancelled, self._open_model)

    def _say_alive(self) -> None:
        while not self._finished.wait(ALIVE_SECONDS):
            self._stream.send({"type": "alive"})

    def _read_to_the_end(self) -> None:
        """The reading thread: without it nobody could reach the worker, so it ends with it."""
        try:
            self._read()
        finally:
            self._leave()

    def _read(self) -> None:
        for line in read_lines(self._input_fd):
            request = read_object(line) or {}
            kind = request.get("type")
            if not isinstance(kind, str) or kind not in REQUESTS:
                text = f"Not a request of the protocol: {shown(line, 200)!r}."
                self._stream.send(error_message(ZoomStackError("bad_message", text)))
                continue
            if request["type"] == "quit":
                break
            if request["type"] == "cancel":
                self._cancel_oldest()
                continue
            task = Task(request, self._stream)
            with self._lock:
                self._tasks.append(task)
            self._waiting.put(task)

    def _cancel_oldest(self) -> None:
        with self._lock:
            tasks = [task for task in self._tasks if not task.is_cancelled()]
        if tasks:
            tasks[0].cancel()

    def _leave(self) -> None:
        """Nobody listens any more: save what is worth it and end, whatever is under way."""
        # A write that nobody reads may hold the locks that are wanted below.
        last = threading.Timer(SAVING_GRACE, os._exit, (0,))
        last.daemon = True
        with contextlib.suppress(RuntimeError):  # no memory is left for a thread
            last.start()
        with self._lock:
            tasks = list(self._tasks)
        saving = any(task.may_be_saving() for task in tasks)
        for task in tasks:
            task.cancel()
        self._waiting.put(None)
        if not self._finished.wait(SAVING_GRACE if saving else LOADING_GRACE):
            os._exit(0)


class _Pipe(JsonReporter):
    """Messages to a reader that may be gone: then the worker has no reason to live."""

    def __init__(self, stream: TextIO, inline: bool, on_gone: Callable[[], None]) -> None:
        super().__init__(stream, inline)
        self._on_gone = on_gone
        self._gone = False

    def send(self, message: Message) -> None:
        try:
            super().send(message)
        except (OSError, ValueError):  # a closed pipe, a closed file
            if not self._gone:
                self._gone = True
                # In a thread of its own: the caller may hold a task's lock.
                threading.Thread(target=self._on_gone, daemon=True).start()


def read_lines(fd: int) -> Iterator[str]:
    """Lines of a file descriptor, until its end.

    Not through ``sys.stdin``: a thread that blocks in there holds a lock that Python's own
    ending needs.
    """
    rest = b""
    while chunk := _read_chunk(fd):
        *lines, rest = (rest + chunk).split(b"\n") if b"\n" in chunk else [rest + chunk]
        for line in lines:
            if line.strip():
                yield line.decode("utf-8", errors="replace")
        if len(rest) > MAX_LINE_BYTES:
            return


def _read_chunk(fd: int) -> bytes:
    try:
        return os.read(fd, 2**16)
    except OSError:  # the same as its end
        return b""


def _release_memory() -> None:
    """Blender and the next job need the device's memory."""
    gc.collect()
    if "torch" in sys.modules:
        from .machine.devices import free_memory

        free_memory()
