"""``dev.py lint`` and ``dev.py format``: ruff and mypy."""

from __future__ import annotations

from pathlib import Path

from . import environments, suites
from .console import Command, say, start_process, wait
from .environments import ENGINE, LINT, child_environment
from .option_tables import write_tables
from .paths import DEV, REPO
from .suites import Result

#: The checkout under the name of its package: relative imports mean nothing in a folder called
#: otherwise, as a checkout usually is.
_LINK = DEV / "types" / "zoom_stack"
#: The folders of the extension that import bpy; the modules beside them are found by themselves.
_BLENDER_FOLDERS = ("operators", "panels", "tasks", "settings", "scene", "blender")


def run_checks() -> list[Result]:
    """All checks, one after the other; the environments must be there."""
    ruff: Command = [LINT.python, "-m", "ruff"]
    # Types of torch and numpy come from the engine's environment.
    mypy: Command = [LINT.python, "-m", "mypy", "--python-executable", ENGINE.python]
    mypy += ["--cache-dir", DEV / "mypy-cache"]
    results = [
        suites.run_check("ruff check", [*ruff, "check", "--output-format", "concise", "."]),
        suites.run_check("ruff format", [*ruff, "format", "--check", "."]),
        suites.run_check("mypy engine", mypy),
    ]
    if _link():
        options: Command = ["--config-file", REPO / "devtools" / "mypy-blender.ini"]
        command = [*mypy, *options, *_blender_paths()]
        results.append(suites.run_check("mypy blender", command, MYPYPATH=str(_LINK.parent)))
    return results


def _blender_paths() -> list[Path]:
    folders = [_LINK / name for name in _BLENDER_FOLDERS]
    return folders + [path for path in sorted(_LINK.glob("*.py")) if path.name != "dev.py"]


def _link() -> bool:
    """Make the link; False where the system (Windows, mostly) lets this user make none."""
    _LINK.parent.mkdir(parents=True, exist_ok=True)
    if not _LINK.is_symlink():
        try:
            _LINK.symlink_to(REPO, target_is_directory=True)
        except OSError as error:
            say(f"- mypy blender skipped: no symbolic link can be made ({error})")
            return False
    return True


def main_lint() -> int:
    """``dev.py lint``."""
    for environment in (LINT, ENGINE):
        environments.ensure(environment)
    return 1 if any(result.counts.failed for result in run_checks()) else 0


def main_format() -> int:
    """``dev.py format``: rewrites the code, and the tables in the documents."""
    write_tables()
    python = environments.ensure(LINT)
    variables = child_environment()
    for arguments in (["check", "--fix", "--select", "I", "."], ["format", "."]):
        process = start_process([python, "-m", "ruff", *arguments], env=variables, cwd=REPO)
        if wait(process, 300) != 0:
            return 1
    return 0
