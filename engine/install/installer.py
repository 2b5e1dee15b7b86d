"""One installation from uv to the marker, as its stages."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TextIO

from ..contract import backends
from ..contract.errors import ZoomStackError
from ..contract.own_engine import (
    SLOTS,
    Home,
    Installed,
    State,
    installed,
    lock_digest,
    make_usable,
    mark,
    python_of,
    state_of,
)
from . import commands
from .alone import Waiting, alone
from .causes import cause_of
from .fetching import fetch_uv, wheel_for
from .folder_index import write_index
from .removing import remove_folder, remove_leftovers
from .running import Runner, Said, end_with_input
from .surroundings import surroundings

_ASKED = 0.5  # seconds between two looks at a lock, or at what has come
_SPARE = 1.15  # of what the packages take: Python, uv, compiled files
_CHECK_SECONDS = 600.0  # for a first import of torch on a slow disk, under a virus scanner
_OTHERWISE = (
    "Check the connection, and a proxy's settings; or choose "
    f"{backends.title_of(backends.PYPI)} as the packages."
)
_DOWNLOADING = re.compile(r"^\s*Downloading (\S+)")
_DOWNLOADED = re.compile(r"^\s*Downloaded (\S+)")


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    Attributes:
        home: where to.
        backend: the kind of torch; "auto" is what suits the machine.
        folders: of wheels, which are taken before anything is downloaded.
        again: also where it is there already.
        offline: from the folders and what was downloaded before alone.
        watch_input: end with the standard input.
    """

    home: Home
    backend: str = backends.AUTOMATIC
    folders: tuple[Path, ...] = ()
    again: bool = False
    offline: bool = False
    watch_input: bool = False


class Listener(Waiting, Protocol):
    """Who is told how it goes on."""

    def chosen(self, backend: str) -> None:
        """The kind of torch is settled."""
        ...

    def progress(self, done: int, total: int, speed: float, what: str) -> None:
        """How far the stage is, in bytes, and bytes a second; ``what`` is a package or empty."""
        ...

    def note(self, text: str) -> None:
        """Something that may surprise."""
        ...


@dataclass
class _Growth:
    """How much has come so far, and what comes at the moment."""

    total: int
    done: int = 0
    speed: float = 0.0
    under_way: dict[str, None] = field(default_factory=dict)
    when: float = field(default_factory=time.monotonic)

    def read(self, lines: list[str]) -> None:
        for line in lines:
            if found := _DOWNLOADING.match(line):
                self.under_way[found[1]] = None
            elif found := _DOWNLOADED.match(line):
                self.under_way.pop(found[1], None)

    def grown(self, present: int) -> None:
        now = time.monotonic()
        fresh = max(0, present - self.done) / max(now - self.when, 1e-3)
        self.speed = fresh if not self.done else 0.7 * self.speed + 0.3 * fresh
        self.done, self.when = present, now


def install(wanted: Wanted, listener: Listener) -> Installed:
    """Make an engine, or leave what is there as it is.

    Raises:
        ZoomStackError: why there is none.
    """
    home = wanted.home
    try:
        home.path.mkdir(parents=True, exist_ok=True)
        with alone(home, listener) as lock, _new(home.log) as log:
            variables = surroundings(os.environ, home)
            if wanted.offline:
                variables["UV_OFFLINE"] = "1"
            runner = Runner(log, variables, home.path, lock)
            if wanted.watch_input:
                end_with_input(runner)
            try:
                return _Installation(wanted, listener, runner).run()
            except ZoomStackError as error:
                runner.note(f"! {error}")
                raise
    except OSError as error:
        raise cause_of(f"{error} (os error {error.errno})", "Writing files", home.log) from error


def _new(file: Path) -> TextIO:
    """A file of that name, which nobody else has made."""
    file.unlink(missing_ok=True)
    return file.open("x", encoding="utf-8")


class _Installation:
    """One under way."""

    def __init__(self, wanted: Wanted, listener: Listener, runner: Runner) -> None:
        self._wanted = wanted
        self._home = wanted.home
        self._listener = listener
        self._runner = runner
        self._stage = ""
        variable = os.environ.get("UV_FIND_LINKS", "")
        places = [Path(each) for each in variable.split(",") if each and Path(each).is_dir()]
        self._folders = [*wanted.folders, *places]

    def run(self) -> Installed:
        present = installed(self._home)
        if present and not self._wanted.again and self._serves(present):
            return present
        remove_leftovers(self._home)
        self._begin("Downloading uv")
        wheel = wheel_for()
        uv = fetch_uv(
            self._home,
            wheel,
            self._folders,
            lambda done, total: self._listener.progress(done, total, 0.0, "uv"),
            self._wanted.offline,
        )
        python = self._python(uv)
        backend = self._backend(uv)
        self._listener.chosen(backend)
        self._check_room(backend)
        slot = next(name for name in SLOTS if present is None or name != present.slot)
        environment = self._home.slot(slot)
        self._begin("Making the environment")
        remove_folder(environment)
        self._do(commands.make_environment(uv, python, environment))
        own = python_of(environment)
        self._packages(uv, own, backend)
        self._begin("Trying the engine")
        self._do(commands.check_packages(own), _CHECK_SECONDS)
        base, version = self._do(commands.describe_base(own)).text.splitlines()[-2:]
        make_usable(environment)
        finished = Installed(slot, backend, lock_digest(backend), base, version)
        mark(self._home, finished)
        self._begin("Tidying up")
        remove_leftovers(self._home)
        self._runner.run(commands.tidy_cache(uv))
        return finished

    def _serves(self, present: Installed) -> bool:
        wanted = self._wanted.backend
        same = wanted in (backends.AUTOMATIC, present.backend)
        return same and state_of(self._home) is State.READY

    def _python(self, uv: Path) -> str:
        """A Python for the environment: one of uv's own, else that which runs this."""
        self._begin("Downloading Python")
        fetched = self._runner.run(commands.install_python(uv))
        if fetched.code == 0:
            return self._do(commands.find_python(uv)).text.splitlines()[-1].strip()
        if f"{sys.version_info[0]}.{sys.version_info[1]}" not in commands.PYTHONS:
            raise cause_of(fetched.text, self._stage, self._home.log)
        # Nothing is wrong with it: who installs need not hear of it, and the log has the cause.
        self._runner.note(f"# The engine is made on {sys.executable}")
        return sys.executable

    def _backend(self, uv: Path) -> str:
        wanted, in_folders = self._wanted.backend, commands.backends_in(self._folders)
        if wanted != backends.AUTOMATIC:
            self._check_folders(wanted, in_folders)
            return wanted
        if len(in_folders) == 1:
            return in_folders[0]
        offered = [each.name for each in backends.backends_for()]
        if len(offered) == 1:
            return offered[0]
        self._begin("Looking at the graphics card")
        file = self._home.tools / "torch.in"
        file.write_text("torch\n", "utf-8")
        found = self._runner.run(commands.choose_backend(uv, file))
        version = re.search(r"^torch==[\w.]+(?:\+([\w.]+))?", found.text, re.MULTILINE)
        if found.code == 0 and version:
            closest = backends.closest(version[1] or "")
            return closest if not in_folders or closest in in_folders else in_folders[0]
        if in_folders:
            return in_folders[0]
        reason = cause_of(found.text, self._stage, self._home.log)
        self._listener.note(f"{reason.text} So torch comes from the Python Package Index.")
        return backends.PYPI

    def _check_folders(self, wanted: str, in_folders: list[str]) -> None:
        """Refuse folders whose torch is another one, where none may be downloaded."""
        if self._wanted.offline and in_folders and wanted not in in_folders:
            has = " and ".join(backends.title_of(each) for each in in_folders)
            raise ZoomStackError(
                "wrong_torch",
                f"The package folder has torch for: {has}. Chosen is: {backends.title_of(wanted)}.",
                f"Choose {backends.title_of(in_folders[0])} as the packages, or another folder.",
            )

    def _packages(self, uv: Path, python: Path, backend: str) -> None:
        """Fill the environment."""
        self._begin("Downloading packages")
        cache = self._home.tools / "cache"
        sizes = backends.sizes_of(backend)
        growth = _Growth(sizes.unpacked)  # what is seen is the cache, and there all is unpacked
        looked = 0.0

        def tell(lines: list[str]) -> None:
            nonlocal looked
            growth.read(lines)
            if any("Prepared" in line for line in lines):
                self._begin("Putting the packages in place")
            now = time.monotonic()
            if now - looked >= _ASKED:
                growth.grown(_size_of(cache))
                looked = time.monotonic()
                what = next(iter(growth.under_way), "")
                done = min(growth.done / growth.total, 1.0) * sizes.download
                speed = growth.speed * sizes.download / growth.total
                self._listener.progress(round(done), sizes.download, speed, what)

        index = self._home.tools / "folders" if self._folders else None
        if index is not None:
            write_index(self._folders, index)
        command = commands.install_packages(uv, python, backend, self._folders, index)
        try:
            self._do(command, tell=tell)
        except ZoomStackError as error:
            if error.code == "no_network" and "pytorch.org" in error.text:
                raise ZoomStackError(error.code, error.text, _OTHERWISE) from None
            raise

    def _check_room(self, backend: str) -> None:
        there = _size_of(self._home.tools / "cache")
        needed = round(backends.sizes_of(backend).unpacked * _SPARE) - there
        free = shutil.disk_usage(self._home.path).free
        if free < needed:
            raise ZoomStackError(
                "no_space",
                f"The engine needs {needed / 1e9:.1f} GB, and the disk of {self._home.path} has "
                f"{free / 1e9:.1f} GB left.",
                "Free some space, then try again.",
            )

    def _begin(self, stage: str) -> None:
        self._stage = stage
        self._runner.note(f"# {stage}")
        self._listener.stage(stage)

    def _do(
        self,
        command: commands.Command,
        timeout: float | None = None,
        tell: Callable[[list[str]], None] = lambda _: None,
    ) -> Said:
        said = self._runner.run(command, tell, timeout)
        if said.code != 0:
            raise cause_of(said.text, self._stage, self._home.log)
        return said


def _size_of(folder: Path) -> int:
    """Bytes in a folder; of what vanishes meanwhile, nothing."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
