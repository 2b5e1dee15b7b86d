"""Finding a Python of a wanted version on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .console import Unavailable

# The interpreter behind a virtual environment, with links resolved: an environment made from
# /usr/bin/python3 would follow that link to another version wherever it is mounted.
_PROBE = (
    "import ensurepip, os, sys, venv\n"
    "print('%d.%d' % sys.version_info[:2])\n"
    "print(os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))\n"
)


def _candidates(version: str) -> Iterator[list[str]]:
    yield [sys.executable]
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield [on_path]
    for root in (os.environ.get("PYENV_ROOT"), Path.home() / ".pyenv"):
        if root:
            folders = sorted(Path(root).glob(f"versions/{version}.*"), reverse=True)
            yield from ([str(folder / "bin" / "python")] for folder in folders)
    if os.name == "nt" and shutil.which("py"):
        yield ["py", f"-{version}"]


def _probe(command: list[str]) -> tuple[str, Path] | None:
    try:
        result = subprocess.run(
            [*command, "-c", _PROBE],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if result.returncode != 0:  # a pyenv shim of a version not selected, or no ensurepip
        return None
    found, executable = result.stdout.split("\n")[:2]
    return found, Path(executable)


@cache
def find_python(version: str | None) -> Path:
    """An interpreter that can make environments, of ``version`` ("3.13"; None: the running one).

    Raises:
        Unavailable: there is none.
    """
    if version is None:
        result = _probe([sys.executable])
        if result:
            return result[1]
        raise Unavailable(
            f"{sys.executable} cannot make virtual environments: its ensurepip or venv module is "
            "missing (on Debian and Ubuntu: apt-get install python3-venv)"
        )
    for command in _candidates(version):
        result = _probe(command)
        if result and result[0] == version:
            return result[1]
    raise Unavailable(
        f"no Python {version} found (looked on the PATH, in pyenv's versions"
        + (" and with the py launcher)" if os.name == "nt" else ")")
    )
