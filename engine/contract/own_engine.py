"""An engine of the extension's own: where its parts lie, and whether it is whole.

An installation makes a new environment beside the present one, and writes the marker last: what
the marker names is complete. Names are short, since Windows counts the characters of a path: the
longest file of a package is still within its 260 where the home's path has 60.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from .backends import lock_of
from .locking import release, take
from .ordinary_files import read_ordinary

SLOTS = ("e1", "e2")
_MARKER = "engine.json"
_MARKER_BYTES = 2**16
_IN_USE = "in-use.lock"


class State(Enum):
    """What there is of an engine."""

    NONE = "none"
    READY = "ready"
    OUTDATED = "outdated"  # works, but was made for another version of the extension
    BROKEN = "broken"  # was whole, and something of it has gone: the Python beneath it for one


@dataclass(frozen=True)
class Home:
    """The folder that all of it lies in; the extension's own below the user's Blender folder."""

    path: Path

    def slot(self, name: str) -> Path:
        """One of the two environments."""
        return self.path / name

    @property
    def tools(self) -> Path:
        """The folder of uv itself, of its cache and of the Pythons that it manages."""
        return self.path / "uv"

    @property
    def log(self) -> Path:
        """What the last installation said."""
        return self.path / "install.log"

    @property
    def lock(self) -> Path:
        """What an installation holds a lock on."""
        return self.path / "install.lock"

    @property
    def marker(self) -> Path:
        return self.path / _MARKER


@dataclass(frozen=True)
class Installed:
    """A finished environment.

    Attributes:
        slot: which of the two.
        backend: the kind of torch in it.
        lock: digest of the lock that it was made from.
        base: folder of the Python that it is made on.
        python: that Python's version.
    """

    slot: str
    backend: str
    lock: str
    base: str
    python: str


def python_of(environment: Path, platform: str = sys.platform) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if platform == "win32" else "bin/python")


def packages_of(environment: Path, python: str, platform: str = sys.platform) -> Path:
    """Where a virtual environment has its packages.

    Args:
        python: its version.
    """
    if platform == "win32":
        return environment / "Lib" / "site-packages"
    return environment / "lib" / f"python{'.'.join(python.split('.')[:2])}" / "site-packages"


def installed(home: Home) -> Installed | None:
    """What the marker says; None where there is none, or not a whole one."""
    try:
        found = Installed(**json.loads(read_ordinary(home.marker, _MARKER_BYTES)))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    texts = all(isinstance(value, str) for value in asdict(found).values())
    return found if texts and found.slot in SLOTS else None


def is_own_engine(environment: Path) -> bool:
    """Whether an environment is one that an installation of ours has made."""
    return environment.name in SLOTS and Home(environment.parent).marker.is_file()


def mark(home: Home, finished: Installed) -> None:
    """Write the marker: the last act of an installation."""
    aside = home.marker.with_suffix(".tmp")
    aside.unlink(missing_ok=True)
    with aside.open("x", encoding="utf-8") as stream:
        json.dump(asdict(finished), stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(home.marker)


def state_of(home: Home) -> State:
    """Whether there is an engine, and whether it can be used."""
    found = installed(home)
    if found is None:
        return State.NONE
    slot = home.slot(found.slot)
    needed = (python_of(slot), Path(found.base), packages_of(slot, found.python))
    if not all(map(os.path.exists, needed)):
        return State.BROKEN
    digest = lock_digest(found.backend)
    return State.READY if digest and found.lock == digest else State.OUTDATED


@cache
def lock_digest(backend: str) -> str:
    """Tells one lock from another; "" for a backend that there is none of."""
    try:
        return hashlib.sha256(lock_of(backend).read_bytes()).hexdigest()[:16]
    except (OSError, ValueError):
        return ""


@contextlib.contextmanager
def in_use(environment: Path) -> Iterator[None]:
    """Tell installations that a process works in an environment, for as long as it does.

    Does nothing in an environment that no installation has made.
    """
    try:
        file = (environment / _IN_USE).open("r+b")
    except OSError:
        yield
        return
    with file:
        with contextlib.suppress(OSError):
            take(file.fileno(), shared=True)
        yield


def is_in_use(environment: Path) -> bool:
    """Whether a process works in an environment; False where that cannot be known."""
    try:
        with (environment / _IN_USE).open("r+b") as file:
            if not take(file.fileno()):
                return True
            release(file.fileno())
            return False
    except OSError:
        return False


def make_usable(environment: Path) -> None:
    """Let ``in_use`` work in a new environment."""
    (environment / _IN_USE).touch()
