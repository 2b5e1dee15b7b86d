"""The virtual environments under ``.dev/``: what each holds, and making it once.

An environment's stamp is written last and holds a hash of its requirements:

- no stamp, or an interpreter that does not start: half-made or broken, made again from nothing;
- another hash: ``pip install`` brings it up to date in place, because others may be running in it
  and gigabytes stay where they are. To be rid of packages no longer required, delete the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .console import Command, Problem, run_logged, step
from .interpreters import find_python
from .locking import locked
from .paths import BLENDER_PYTHON, BLENDER_VERSIONS, DEV, LOGS, REPO, venv_python

_STAMP = "zoom-stack-stamp.json"
_HERE = Path(__file__).resolve().parent
_TEST = _HERE / "requirements-test.txt"
_UV = _HERE / "requirements-uv.txt"
_PROPERTIES = _HERE / "requirements-properties.txt"


@dataclass(frozen=True)
class Environment:
    """A virtual environment under ``.dev/``."""

    name: str
    #: "3.11", or None for the Python that runs dev.py.
    python_version: str | None
    requirements: tuple[Path, ...]
    #: Room that it takes, for a sentence before the disk is full.
    gigabytes: float
    #: A program that must run in it, else it is not finished.
    check: str

    @property
    def folder(self) -> Path:
        return DEV / self.name

    @property
    def python(self) -> Path:
        """Its interpreter (there once :func:`ensure` returned)."""
        return venv_python(self.folder)

    @property
    def stamp(self) -> Path:
        return self.folder / _STAMP

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.log"


ENGINE = Environment(
    "engine",
    None,
    (REPO / "engine" / "requirements.txt", _TEST, _UV, _PROPERTIES),
    2.0,
    "import torch, diffusers",
)
LINT = Environment("lint", None, (_HERE / "requirements-lint.txt", _UV), 0.3, "import mypy")
# os._exit: what Blender prints while the interpreter is taken down is of no interest here.
BLENDERS = {
    version: Environment(
        f"bpy-{version}",
        BLENDER_PYTHON[version],
        (_HERE / f"requirements-bpy-{version}.txt", _TEST),
        1.1,
        "import bpy, os; os._exit(0)",
    )
    for version in BLENDER_VERSIONS
}


def requirements_hash(environment: Environment) -> str:
    """Changes whenever what the environment should hold changes (comments do not count)."""
    digest = hashlib.sha256()
    for path in environment.requirements:
        for line in path.read_text(encoding="utf-8").splitlines():
            text = line.partition("#")[0].strip()
            if text:
                digest.update(text.encode() + b"\n")
    return digest.hexdigest()


def stamped_hash(environment: Environment) -> str | None:
    """The hash of the finished environment, None when it is missing or half-made."""
    try:
        return str(json.loads(environment.stamp.read_text(encoding="utf-8"))["requirements"])
    except (OSError, ValueError, KeyError):
        return None


def is_ready(environment: Environment) -> bool:
    """Whether the environment is finished, up to date and its interpreter still exists."""
    return (
        stamped_hash(environment) == requirements_hash(environment) and environment.python.exists()
    )


def ensure(environment: Environment) -> Path:
    """Make the environment, or bring it up to date; returns its interpreter.

    Raises:
        Unavailable: this machine has no Python of the wanted version.
        Problem: the installation failed.
    """
    if is_ready(environment):
        return environment.python
    with locked(DEV / f"{environment.name}.lock"):
        if not is_ready(environment):  # another process may have made it while this one waited
            _make(environment)
    return environment.python


def ensure_all(environments: list[Environment]) -> dict[str, Path | Problem]:
    """:func:`ensure` several at a time: the interpreter by name, or why there is none."""

    def attempt(environment: Environment) -> Path | Problem:
        try:
            return ensure(environment)
        except Problem as problem:
            return problem

    # Downloading and unpacking overlap well in threes, even on two cores.
    with ThreadPoolExecutor(max_workers=3) as pool:
        results = pool.map(attempt, environments)
        return dict(zip((each.name for each in environments), results, strict=True))


def mark_ready(environment: Environment) -> None:
    """Write the stamp: the last act of making an environment."""
    version = _version_of(environment)
    text = json.dumps({"requirements": requirements_hash(environment), "python": version})
    temporary = environment.stamp.with_suffix(".tmp")
    temporary.write_text(text + "\n", encoding="utf-8")
    os.replace(temporary, environment.stamp)


def child_environment(**extra: str) -> dict[str, str]:
    """The variables for a program run in one of the environments.

    Without those that would lead its imports out of it.
    """
    dropped = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYENV_VERSION")
    return {key: value for key, value in os.environ.items() if key not in dropped} | extra


def _make(environment: Environment) -> None:
    base = find_python(environment.python_version)
    finished = stamped_hash(environment) is not None and _version_of(environment) is not None
    _check_room(environment)
    words = "updating" if finished else f"installing (about {environment.gigabytes:g} GB)"
    with step(f"environment {environment.name}: {words}"):
        what = f"setting up the environment {environment.name}"
        variables = child_environment()
        if not finished:
            _remove(environment.folder)
            create: Command = [base, "-m", "venv", environment.folder]
            run_logged(create, environment.log, what)
        command: Command = [environment.python, "-m", "pip", "install", "--no-input"]
        # Without --no-compile pip compiles thousands of files that no test imports.
        command += ["--disable-pip-version-check", "--no-compile", "--progress-bar", "off"]
        for path in environment.requirements:
            command += ["-r", path]
        run_logged(command, environment.log, what, env=variables)
        run_logged(
            [environment.python, "-c", environment.check],
            environment.log,
            f"starting the environment {environment.name}",
            env=variables,
            timeout=300,
        )
        mark_ready(environment)


def _version_of(environment: Environment) -> str | None:
    """The environment's Python version, None when its interpreter does not start."""
    command: Command = [
        environment.python,
        "-c",
        "import platform; print(platform.python_version())",
    ]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, env=child_environment(), timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.strip() if result.returncode == 0 else None


def _check_room(environment: Environment) -> None:
    DEV.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(DEV).free / 1e9
    if free < environment.gigabytes:
        raise Problem(
            f"the environment {environment.name} needs about {environment.gigabytes:g} GB "
            f"and the disk of {DEV} has {free:.1f} GB left."
        )


def _remove(folder: Path) -> None:
    if folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise Problem(f"the half-made environment {folder} cannot be removed: {error}.") from (
                error
            )
