"""The kinds of torch that an engine of its own can be installed with, and what each takes.

The packages of each stand in a lock, ``engine/install/locks/<name>.txt``; their sizes beside them.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .options import Choice

LOCKS = Path(__file__).resolve().parents[1] / "install" / "locks"
AUTOMATIC = "auto"
#: torch as PyPI has it: for NVIDIA cards on Linux, for Apple's on macOS, else for the processor.
PYPI = "pypi"
CPU = "cpu"

BACKENDS = (
    Choice(
        AUTOMATIC, "Automatic", "What suits the graphics card that is found, else the processor"
    ),
    Choice(CPU, "Processor", "The smallest download; works everywhere, slowly"),
    Choice("cu130", "NVIDIA", "For NVIDIA cards, CUDA 13.0: a driver from August 2025 or newer"),
    Choice("cu126", "NVIDIA, Older", "For NVIDIA cards whose driver is older, CUDA 12.6"),
    Choice("rocm7.1", "AMD", "For AMD cards on Linux, ROCm 7.1"),
    Choice(
        PYPI, "From PyPI", "torch as the Python Package Index has it, where nothing else is reached"
    ),
)


@dataclass(frozen=True)
class Sizes:
    """What a backend takes; about, in bytes.

    Attributes:
        download: of all packages.
        unpacked: of the files that they become.
    """

    download: int
    unpacked: int


def backends_for(platform: str = sys.platform) -> tuple[Choice, ...]:
    """Those that there are on a system, by Python's name for it."""
    if platform == "darwin":
        return (Choice(PYPI, "Apple", "For the processor and Apple's graphics processor"),)
    offered = set(_sizes_of(platform)) | {AUTOMATIC}
    return tuple(each for each in BACKENDS if each.name in offered)


def title_of(name: str, platform: str = sys.platform) -> str:
    """What people call a backend."""
    return next((each.title for each in backends_for(platform) if each.name == name), name)


def sizes_of(name: str, platform: str = sys.platform) -> Sizes:
    """What a backend takes on a system.

    Raises:
        KeyError: there is no such backend there.
    """
    return _sizes_of(platform)[name]


def closest(found: str, platform: str = sys.platform) -> str:
    """The backend to take for one that uv has found to suit the machine, such as "cu132".

    Of a maker's backends the newest that is not newer; of NVIDIA's drivers a newer one works with
    all that is older. Where there is none: the processor's.
    """
    kind = found.rstrip("0123456789.")
    own = {
        name: _number(name) for name in _sizes_of(platform) if name.rstrip("0123456789.") == kind
    }
    fitting = [name for name, number in own.items() if number <= _number(found)]
    return max(fitting, key=lambda name: own[name], default=CPU)


def lock_of(name: str) -> Path:
    """The file with a backend's packages and their hashes."""
    return LOCKS / f"{name}.txt"


def _number(name: str) -> tuple[int, ...]:
    """ "cu130" is 13.0, "rocm7.1" is 7.1."""
    digits = name[len(name.rstrip("0123456789.")) :]
    if not digits:
        return ()
    if "." in digits:
        return tuple(int(part) for part in digits.split(".") if part)
    return int(digits[:-1] or 0), int(digits[-1])


@cache
def _sizes_of(platform: str) -> dict[str, Sizes]:
    data = json.loads((LOCKS / "sizes.json").read_text("utf-8"))
    return {
        name: Sizes(on[platform]["download"], on[platform]["unpacked"])
        for name, on in data.items()
        if platform in on
    }
