"""What a job says while it runs: messages of the worker protocol, for programs or for people."""

from __future__ import annotations

import base64
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from .. import __version__
from ..contract.errors import ZoomStackError
from ..contract.message_table import LONGEST_ETA, PIECE
from ..contract.messages import PROTOCOL_VERSION, Message, Stage, checked, encode, error_message
from ..contract.stack import STACK_FILE, Stack

if TYPE_CHECKING:
    from tqdm import tqdm

    from ..models.registry import ModelList


class Reporter:
    """Builds the messages; a subclass says where they go.

    Attributes:
        inline: put pictures into the messages instead of the names of their files.
    """

    inline = False

    def send(self, message: Message) -> None:
        """Deliver one message; by default nobody listens."""

    def hello(self) -> None:
        self.send(hello_message())

    def check(self, report: dict[str, Any]) -> None:
        self.send({"type": "check", **report})

    def models(self, found: ModelList) -> None:
        listed = [entry.listed().to_dict() for entry in found.entries]
        self.send({"type": "models", "models": listed, "problems": list(found.problems)})

    def stage(self, stage: Stage) -> None:
        self.send({"type": "stage", "name": stage.name, "text": stage.text})

    def progress(self, step: int, total: int, levels: int, eta: float | None) -> None:
        """``step`` of ``total`` is finished; all levels go together, so the level is always 0."""
        eta = None if eta is None else round(min(eta, LONGEST_ETA), 1)
        counts = {"step": step, "total": total, "level": 0, "levels": levels}
        self.send({"type": "progress", **counts, "eta": eta})

    def previews(self, step: int, files: Sequence[Path]) -> None:
        for level, file in enumerate(files):
            counts = {"step": step, "level": level, "levels": len(files)}
            content = {"data": _base64(file)} if self.inline else {"file": str(file)}
            self.send({"type": "preview", **counts, **content})

    def warning(self, code: str, text: str) -> None:
        self.send({"type": "warning", "code": code, "text": text})

    def known_subjects(self, subjects: Sequence[str]) -> None:
        """What a small model can draw, where it did not understand a prompt.

        For people at a terminal; the add-on has it in a menu.
        """

    def result(self, stack: Stack) -> None:
        if self.inline:
            for name in [*(level.image for level in stack.levels), STACK_FILE]:
                for piece in _pieces(stack.folder / name):
                    self.send(piece)
        self.send({"type": "result", "folder": str(stack.folder), "levels": len(stack.levels)})

    def error(self, error: ZoomStackError) -> None:
        self.send(error_message(error))

    def done(self, status: str) -> None:
        self.send({"type": "done", "status": status})


class JsonReporter(Reporter):
    """One JSON object a line, by the table of messages; safe to use from several threads."""

    def __init__(self, stream: TextIO, inline: bool = False) -> None:
        self.stream = stream
        self.inline = inline
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        line = encode(checked(message))
        with self._lock:
            self.stream.write(line)
            self.stream.flush()


class TerminalReporter(Reporter):
    """A progress bar on standard error for a person; the result on standard output.

    Args:
        stream: the real standard output.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: tqdm[Any] | None = None

    def stage(self, stage: Stage) -> None:
        self._close_bar()
        print(f"{stage.text} …", file=sys.stderr, flush=True)

    def progress(self, step: int, total: int, _levels: int, _eta: float | None) -> None:
        if self._bar is None:
            from tqdm import tqdm

            # Nothing is drawn where standard error is no terminal.
            self._bar = tqdm(total=total, initial=step - 1, unit="step", disable=None, leave=True)
        self._bar.update(step - self._bar.n)

    def previews(self, step: int, files: Sequence[Path]) -> None:
        pass

    def warning(self, _code: str, text: str) -> None:
        self._close_bar()
        print(f"Note: {text}", file=sys.stderr, flush=True)

    def known_subjects(self, subjects: Sequence[str]) -> None:
        self._close_bar()
        print(f"The model can draw: {', '.join(subjects)}.", file=sys.stderr, flush=True)

    def result(self, stack: Stack) -> None:
        self._close_bar()
        print(f"{len(stack.levels)} levels in {stack.folder}", file=self._stream, flush=True)

    def error(self, _error: ZoomStackError) -> None:
        self._close_bar()

    def done(self, _status: str) -> None:
        self._close_bar()

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def hello_message() -> Message:
    """The protocol's greeting."""
    return {
        "type": "hello",
        "protocol": PROTOCOL_VERSION,
        "engine": __version__,
        "python": sys.version.split()[0],
    }


def claim_stdout() -> TextIO:
    """Standard output for messages alone; whatever else is printed goes to standard error.

    Libraries print, some of them from C: so the file descriptor moves, not just ``sys.stdout``.
    """
    if sys.stdout is None:  # it was closed: nobody listens
        return open(os.devnull, "w", encoding="utf-8")
    sys.stdout.flush()
    private = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(private, "w", encoding="utf-8", errors="backslashreplace", newline="\n")


def _pieces(file: Path) -> Iterator[Message]:
    """A file in messages; the last one completes it."""
    parts = max(1, -(-file.stat().st_size // PIECE))
    with file.open("rb") as stream:
        for part in range(parts):
            data = base64.b64encode(stream.read(PIECE)).decode("ascii")
            counts = {"part": part, "parts": parts}
            yield {"type": "file", "name": file.name, **counts, "data": data}


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")
