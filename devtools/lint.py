"""``dev.py lint`` and ``dev.py format``: ruff and mypy."""

from __future__ import annotations

from . import environments, suites
from .console import Command, start_process, wait
from .environments import ENGINE, LINT, child_environment
from .paths import REPO
from .suites import Result


def checks() -> list[tuple[str, Command]]:
    """The checks by name; the environments must be there."""
    ruff: Command = [LINT.python, "-m", "ruff"]
    # Types of torch and numpy come from the engine's environment.
    mypy: Command = [LINT.python, "-m", "mypy", "--python-executable", ENGINE.python]
    mypy += ["--cache-dir", REPO / ".dev" / "mypy-cache"]
    return [
        ("ruff check", [*ruff, "check", "."]),
        ("ruff format", [*ruff, "format", "--check", "."]),
        ("mypy", mypy),
    ]


def run_checks() -> list[Result]:
    """All checks, one after the other."""
    return [suites.run_check(name, command) for name, command in checks()]


def main_lint() -> int:
    """``dev.py lint``."""
    for environment in (LINT, ENGINE):
        environments.ensure(environment)
    return 1 if any(result.counts.failed for result in run_checks()) else 0


def main_format() -> int:
    """``dev.py format``: rewrites the files."""
    python = environments.ensure(LINT)
    variables = child_environment()
    for arguments in (["check", "--fix", "--select", "I", "."], ["format", "."]):
        process = start_process([python, "-m", "ruff", *arguments], env=variables, cwd=REPO)
        if wait(process, 300) != 0:
            return 1
    return 0
