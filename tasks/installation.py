"""Install, repair or remove the engine of the extension's own, in a process beside Blender."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass

import bpy

from ..blender import folders
from ..blender.screen import redraw_soon
from ..engine.client.helper_process import HelperProcess
from ..engine.contract import backends
from ..engine.contract.downloaded import downloaded_text
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.messages import Message, error_of
from ..settings.preferences import forget_engine, preferences

TICK = 0.2
_MOST_NOTES = 5
_ROOM = 1.15  # of what the packages take


@dataclass(frozen=True)
class Plan:
    """What an installation takes, for the question before it.

    Attributes:
        download: (least, most) in bytes: of "auto" it is not known before.
        needed: bytes on the disk, at most.
        hosts: where it comes from.
    """

    download: tuple[int, int]
    needed: int
    hosts: tuple[str, ...]


def free_space() -> int:
    """Bytes that are free where the engine is installed. Asks the disk."""
    home = folders.engine_home().path
    there = next(each for each in (home, *home.parents) if each.exists())
    return shutil.disk_usage(there).free


def plan(backend: str) -> Plan:
    """What an installation of a backend takes."""
    names = [backend]
    if backend == backends.AUTOMATIC:
        names = [each.name for each in backends.backends_for() if each.name != backend]
        names = [name for name in names if name not in _BY_HAND]
    sizes = [backends.sizes_of(name) for name in names]
    downloads = [each.download for each in sizes]
    hosts = ("pypi.org", "github.com", *([] if names == [backends.PYPI] else ["pytorch.org"]))
    return Plan(
        (min(downloads), max(downloads)),
        round(_ROOM * max(each.unpacked for each in sizes)),
        hosts,
    )


#: What "auto" takes only where nothing else is reached, or for rare machines.
_BY_HAND = frozenset({backends.PYPI, "rocm7.1"})


class Installation:
    """One under way, or ended.

    Attributes:
        stage: what goes on, for people.
        fraction: 0-1 of the stage, where that is known; else 0.
        detail: megabytes and speed, where something comes down.
        package: what comes down.
        backend: the kind of torch, once it is chosen.
        notes: what may surprise.
        state: "running", "finished", "failed" or "cancelled".
        removes: the engine is taken away.
    """

    def __init__(self, process: HelperProcess, removes: bool = False) -> None:
        self.stage = "Starting"
        self.fraction = 0.0
        self.detail = ""
        self.package = ""
        self.backend = ""
        self.notes: list[str] = []
        self.state = "running"
        self.error: ZoomStackError | None = None
        self.removes = removes
        self._process = process

    def tick(self) -> float | None:
        ended = self._process.has_ended()
        for message in self._process.messages():
            self._take(message)
        redraw_soon()
        if not ended:
            return TICK
        forget_engine()
        if self._process.cancelled:
            self.state, self.error = "cancelled", None
        elif self._process.exit_code == 0 and self.error is None:
            self.state, self.fraction = "finished", 1.0
        else:
            self.fail(self.error or self._unexpected())
        return None

    def cancel(self) -> None:
        self._begin("Cancelling")
        self._process.cancel()

    def fail(self, error: ZoomStackError) -> None:
        self.state, self.error = "failed", error
        self._process.cancel()

    def abandon(self) -> None:
        self._process.cancel()

    def _take(self, message: Message) -> None:
        """Show what is told; its values are those of the table."""
        kind = message["type"]
        if kind == "stage" and not self._process.cancelled:
            self._begin(message["text"])
        elif kind == "progress" and not self._process.cancelled:
            self._take_progress(message)
        elif kind == "chosen":
            self.backend = message["backend"]
        elif kind == "note" and len(self.notes) < _MOST_NOTES:
            self.notes.append(message["text"])
        elif kind == "error":
            self.error = error_of(message)

    def _begin(self, stage: str) -> None:
        self.stage, self.fraction, self.detail, self.package = stage, 0.0, "", ""

    def _take_progress(self, message: Message) -> None:
        done, total, speed = message["done"], message["total"], message["speed"]
        self.fraction = min(1.0, done / total) if total else 0.0
        self.detail = downloaded_text(done, total, speed)
        self.package = message.get("what", "")

    def _unexpected(self) -> ZoomStackError:
        last = self._process.other_lines[-1:] or ["nothing"]
        return ZoomStackError(
            "install_failed",
            f"The installation stopped at: {self.stage[:1].lower()}{self.stage[1:]}.",
            f"It said: {last[0]}",
        )


def install_command(backend: str, wheels: str, again: bool, online: bool) -> list[str]:
    """The command that makes the engine.

    Args:
        wheels: a folder with packages; "" is none.
        again: also where it is there already.
        online: whether anything may be downloaded.
    """
    command = [*_command(), "--backend", backend]
    command += ["--wheels", wheels] if wheels else []
    command += ["--again"] if again else []
    return command if online else [*command, "--offline"]


def start_installation(again: bool) -> Installation:
    """Begin to install what the preferences say.

    Raises:
        ZoomStackError: codes ``no_python``, ``unwritable``.
    """
    folders.user_folder("")
    wheels = folders.user_choice(preferences().wheels_folder)
    command = install_command(
        preferences().backend, str(wheels or ""), again, bpy.app.online_access
    )
    return Installation(HelperProcess(command, folders.EXTENSION))


def start_removal() -> Installation:
    """Begin to remove the engine.

    Raises:
        ZoomStackError: code ``no_python``.
    """
    process = HelperProcess([*_command(), "--remove"], folders.EXTENSION)
    return Installation(process, removes=True)


def _command() -> list[str]:
    home = str(folders.engine_home().path)
    python = [sys.executable, "-E", "-s", "-B", "-m", "engine"]
    return [*python, "install", "--home", home, "--json"]
