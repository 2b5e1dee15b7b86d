"""Feeds hostile inputs to every parser and counts what must not happen.

What may happen is an answer or one sentence. Counted are tracebacks, hangs (more than two seconds),
escapes (a file outside the input's own folder written, deleted or opened on its word; a program
started; a socket opened) and memory above a gigabyte.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.documents import STRANGERS
from tests.faults.parser import Parser, example

HANG_SECONDS = 2.0
MEMORY = 2**30  # bytes beyond what there was before
_CHANGING = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod")
_STARTING = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")
_NETWORK = ("socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request")


@dataclass
class Counts:
    """What a run came to; ``examples`` are the first inputs of each fault."""

    inputs: int = 0
    refused: int = 0
    tracebacks: int = 0
    hangs: int = 0
    escapes: int = 0
    bad_sentences: int = 0
    peak: int = 0  # bytes
    examples: list[str] = field(default_factory=list)

    def faults(self) -> int:
        over = int(self.peak > MEMORY)
        return self.tracebacks + self.hangs + self.escapes + self.bad_sentences + over

    def note(self, kind: str, parser: str, content: bytes, what: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < 10:
            self.examples.append(f"{kind} in {parser}: {what}\n    {content[:400]!r}")

    def add(self, other: Counts) -> None:
        for name in ("inputs", "refused", "tracebacks", "hangs", "escapes", "bad_sentences"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.peak = max(self.peak, other.peak)
        self.examples = [*self.examples, *other.examples][:10]


class Watch:
    """Python's audit events while an input is read; the hook stays, and sleeps otherwise.

    Args:
        known: folders whose files may be read besides the programs' own.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._folder = ""
        self._allowed = tuple(map(os.path.realpath, (*known, *_programs())))
        self.escapes: list[str] = []
        sys.addaudithook(self._hear)

    @contextlib.contextmanager
    def over(self, folder: Path) -> Iterator[None]:
        """Watch what is done meanwhile."""
        self.escapes, self._folder = [], os.path.realpath(folder)
        try:
            yield
        finally:
            self._folder = ""

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._folder:
            return
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            writes = isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if not self._is_own(arguments[0]) and (writes or not self._is_known(arguments[0])):
                self.escapes.append(f"open {arguments[0]!r}")
        elif event.startswith(_CHANGING) and not self._is_own(arguments[0]):
            self.escapes.append(f"{event} {arguments[0]!r}")
        elif event.startswith((*_STARTING, *_NETWORK)):
            self.escapes.append(f"{event} {arguments!r:.100}")

    def _is_own(self, path: Any) -> bool:
        return self._below(path, (self._folder,))

    def _is_known(self, path: Any) -> bool:
        return self._below(path, self._allowed)

    def _below(self, path: Any, places: tuple[str, ...]) -> bool:
        name = os.path.realpath(os.fsdecode(path))
        return any(name == place or name.startswith(place + os.sep) for place in places)


def _programs() -> tuple[str, ...]:
    return sys.prefix, sys.base_prefix, str(Path(__file__).parents[2])


_watch: list[Watch] = []


def fuzz(
    name: str,
    parser: Parser,
    count: int,
    seed: int,
    folder: Path,
    refusal: type[Exception],
    known: Iterable[str] = (),
) -> Counts:
    """Feed so many inputs to one parser.

    Args:
        seed: the same one gives the same inputs.
        folder: for the inputs' files; emptied again and again.
        refusal: what the parser raises with one sentence: ZoomStackError, as it imports it.
        known: folders whose files may be read besides the programs' own.
    """
    if not _watch:
        _watch.append(Watch(known))
    counts, chance = Counts(), random.Random(f"{name} {seed}")
    before = _peak_memory(anew=True)
    for number in range(count):
        content = example(parser, chance, STRANGERS)
        own = folder / f"{name}-{number % 50}"
        own.mkdir(parents=True, exist_ok=True)
        _feed(counts, name, parser, content, own, refusal)
        counts.inputs += 1
        if number % 50 == 49:
            shutil.rmtree(folder)
    counts.peak = _peak_memory() - before
    return counts


def _feed(
    counts: Counts,
    name: str,
    parser: Parser,
    content: bytes,
    own: Path,
    refusal: type[Exception],
) -> None:
    started = time.monotonic()
    try:
        for variable in ("ZOOM_STACK_CACHE", "HF_HUB_CACHE"):  # what an engine remembers
            os.environ[variable] = str(own / variable.lower())
        with _watch[0].over(own):
            parser.read(content, own)
    except refusal as error:
        counts.refused += 1
        if not _is_sentence(getattr(error, "text", "")):
            counts.note("bad_sentences", name, content, str(error)[:300])
    except parser.refuses:
        counts.refused += 1
    except Exception:
        counts.note("tracebacks", name, content, traceback.format_exc(limit=-3))
    if time.monotonic() - started > HANG_SECONDS:
        counts.note("hangs", name, content, f"{time.monotonic() - started:.1f} s")
    if _watch[0].escapes:
        counts.note("escapes", name, content, "; ".join(_watch[0].escapes[:3]))


def _is_sentence(text: str) -> bool:
    """One that a panel can show: it ends, has one line and no endless word of the input."""
    return text.endswith((".", "!")) and "\n" not in text and len(text) < 1000


def _peak_memory(anew: bool = False) -> int:
    """Bytes; the most that this process had since it was last measured anew.

    Where the system does not tell (Linux does), since its start.
    """
    with contextlib.suppress(OSError):
        if anew:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
