"""How a process is started: its command, its environment, and why it could not be."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.errors import ZoomStackError


@dataclass(frozen=True)
class Launch:
    """How a worker is started.

    Attributes:
        argv: the command, no shell.
        cwd: the folder that holds the ``engine`` package.
        log: file for the worker's standard error; emptied at the start.
        inbox: folder for pictures that travel within messages; None for a worker on this machine.
        variables: additions to the environment.
    """

    argv: tuple[str, ...]
    cwd: Path
    log: Path
    inbox: Path | None = None
    variables: tuple[tuple[str, str], ...] = ()


def local_launch(
    python: Path, root: Path, log: Path, models: Sequence[Path] = (), cache: Path | None = None
) -> Launch:
    """A worker on this machine, run by the user's interpreter from the extension's folder.

    Args:
        models: folders with the user's models.
        cache: where it remembers what it saw in them; None is a folder of the user's account.
    """
    places = [argument for folder in models for argument in ("--models", str(folder))]
    argv = (str(python), "-B", "-u", "-m", "engine", "worker", *places)
    variables = () if cache is None else (("ZOOM_STACK_CACHE", str(cache)),)
    return Launch(argv, root, log, variables=variables)


def remote_launch(command: str, root: Path, log: Path, inbox: Path) -> Launch:
    """A worker somewhere else, behind a command such as ``ssh box zoomstack``.

    Raises:
        ZoomStackError: code ``bad_command``, when the command's quotes do not match.
    """
    try:
        argv = shlex.split(command, posix=os.name != "nt")
    except ValueError as error:
        raise ZoomStackError(
            "bad_command", f"The remote command cannot be read: {error}.", "Check its quotes."
        ) from None
    return Launch((*argv, "worker", "--inline-pictures"), root, log, inbox)


def child_options(variables: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """Options of ``subprocess.Popen`` for whatever Blender's side starts.

    Args:
        variables: additions to the environment.
    """
    return {
        "env": {**_environment(), **dict(variables)},
        "creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows alone has it
        # Ctrl-C in Blender's terminal is for Blender; ssh must not ask there either.
        "start_new_session": sys.platform != "win32",
    }


def _environment() -> dict[str, str]:
    """This process's environment, without what would lead another Python astray."""
    environment = dict(os.environ)
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"):
        environment.pop(name, None)
    environment |= {
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
    }
    return environment


def start_error(error: OSError, launch: Launch) -> ZoomStackError:
    """What to tell when a worker could not be started."""
    if error.filename == str(launch.log):
        return ZoomStackError(
            "unwritable", f"{launch.log} cannot be written: {error.strerror}.", "Free some space."
        )
    reason = "There is no program" if isinstance(error, FileNotFoundError) else "Cannot run"
    return ZoomStackError(
        "no_python",
        f"{reason} {launch.argv[0]}.",
        "Choose the engine's Python in the preferences, or install the engine there.",
    )
