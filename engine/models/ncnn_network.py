"""A network of ncnn's format in a process of its own; see ``ncnn_process``. Without torch."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

import numpy as np

from ..pictures.colour import Floats

CARD, PROCESSOR = "card", "cpu"  # where a network may compute

_PROGRAM = Path(__file__).with_name("ncnn_process.py")
_SIZE = struct.Struct("<II")
_POLL = 0.1  # seconds between two looks whether to go on
_PROBE_SECONDS = 30.0  # drivers of cards may take long to start
_LONGEST_REASON = 200
_KILLED = {-9, -15}  # exit codes of a process that was killed
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows alone has it


class NetworkFailed(Exception):
    """The process could not be started, ended, or gave nothing.

    Attributes:
        reason: in a few words.
        memory: it is a want of memory, as far as one can tell from outside.
        killed: somebody ended it: Linux where memory runs out, or a person.
    """

    def __init__(self, reason: str, *, memory: bool = False, killed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.memory = memory or killed
        self.killed = killed


class _GaveNothing(EOFError):
    """The network's answer to a picture that its memory was too small for."""


class NcnnNetwork:
    """One network, loaded at the first picture.

    Args:
        files: description and weights.
        where: ``CARD``, if there is one, or ``PROCESSOR``.
    """

    def __init__(self, files: tuple[Path, Path], where: str) -> None:
        self._files = files
        self._where = where
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self.device = ""  # what computes: "cpu" or a card's name; empty until it is loaded

    def enlarge(self, picture: Floats, check: Callable[[], None]) -> Floats:
        """Run the network.

        Args:
            picture: (h, w, 3), 0 to 1.
            check: called ten times a second; an exception of its ends process and work.

        Returns:
            (H, W, 3) as the network gives it.

        Raises:
            NetworkFailed: the process is ended then.
        """
        try:
            if self._process is None:
                self._start()
            assert self._thread is not None
            return _awaited(self._thread.submit(self._exchange, picture), check)
        except (OSError, ValueError, EOFError) as error:
            failure = self._failure(error)
            self.close()
            raise failure from error
        except BaseException:  # of the caller: the process is in the midst of an answer
            self.close()
            raise

    def close(self) -> None:
        """End the process and give its memory back."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._thread is not None:
            self._thread.shutdown()
        if self._process is not None:
            _close_quietly(self._process.stdin)
            _close_quietly(self._process.stdout)
        _close_quietly(self._said)
        self._process = self._thread = self._said = None
        self.device = ""

    def _start(self) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._thread = ThreadPoolExecutor(1, "ncnn")
        self._process = subprocess.Popen(
            _command(self._where, *self._files),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            creationflags=_NO_WINDOW,
        )

    def _exchange(self, picture: Floats) -> Floats:
        """In the thread: ask for one picture and read it."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        requests, answers = self._process.stdin, self._process.stdout
        if not self.device:
            self.device = _device_in(answers.readline())
        requests.write(_SIZE.pack(*picture.shape[:2]))
        requests.write(np.ascontiguousarray(picture, np.float32).tobytes())
        requests.flush()
        height, width = _SIZE.unpack(_read(answers, _SIZE.size))
        if height * width == 0:
            raise _GaveNothing("it gave nothing")
        content = _read(answers, height * width * 3 * 4)
        return np.frombuffer(content, np.float32).reshape(height, width, 3)

    def _failure(self, error: Exception) -> NetworkFailed:
        """An exception of the exchange, with what the process itself has said."""
        if isinstance(error, _GaveNothing):
            return NetworkFailed(str(error), memory=True)
        code = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(timeout=1.0)
        said = b""
        if self._said is not None:
            self._said.seek(0)
            said = self._said.read()
        return NetworkFailed(_reason(code, said) or str(error), killed=code in _KILLED)


def device_at_hand(where: str) -> str:
    """What ncnn would compute on: "cpu" or a card's name.

    Args:
        where: ``CARD``, if there is one, or ``PROCESSOR``.

    Raises:
        NetworkFailed: it does not run.
    """
    try:
        probe = subprocess.run(
            _command(where),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
            creationflags=_NO_WINDOW,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NetworkFailed(str(error)) from error
    try:
        return _device_in(probe.stdout)
    except (ValueError, EOFError) as error:
        reason = _reason(probe.returncode, probe.stderr) or str(error)
        raise NetworkFailed(reason) from error


def _reason(code: int | None, said: bytes) -> str:
    """Why a process ended by itself; empty where nobody knows."""
    lines = said.decode("utf-8", errors="replace").splitlines()
    # ncnn describes the card in lines that begin with its number in brackets.
    lines = [line.strip() for line in lines if line.strip() and not line.startswith("[")]
    if code == 1 and lines:  # Python's own way to end, with a sentence
        return lines[-1][:_LONGEST_REASON].rstrip(".")
    return "" if code is None else f"its process ended with code {code}"


def _command(*arguments: str | Path) -> list[str]:
    # -P: what lies beside the program is none of its packages.
    return [sys.executable, "-P", str(_PROGRAM), *map(str, arguments)]


def _device_in(line: bytes) -> str:
    if not line:
        raise EOFError("it ended before it had begun")
    return str(json.loads(line)["device"])


def _read(stream: IO[bytes], count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise EOFError("it ended too early")
    return content


def _awaited(future: Future[Floats], check: Callable[[], None]) -> Floats:
    while True:
        try:
            return future.result(timeout=_POLL)
        except TimeoutError:
            check()


def _close_quietly(stream: IO[bytes] | None) -> None:
    if stream is not None:
        with contextlib.suppress(OSError):  # what was not written yet goes nowhere
            stream.close()
