"""The test suites: where each runs, running one, and what it came to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import junit
from .console import Command, say, start_process, wait
from .environments import BLENDERS, ENGINE, Environment, child_environment
from .junit import Counts
from .paths import LOGS, REPO, TEST_RENDERING

KINDS = ("lint", "devtools", "engine", "research", "scene", "addon", "window")
#: A suite that takes longer hangs.
TIMEOUT = 30 * 60.0
#: Lines of a failed suite's log that are shown.
_TAIL = 80


@dataclass(frozen=True)
class Suite:
    """One pytest run: a folder of tests in an environment."""

    kind: str
    environment: Environment
    name: str
    variables: dict[str, str] = field(default_factory=dict)
    #: Whether its failures fail the whole run.
    gating: bool = True
    #: Which of its tests, as pytest's ``-m`` has it; "" is all.
    marks: str = ""
    #: The window that it opens.
    window: str | None = None

    @property
    def folder(self) -> Path:
        return REPO / "tests" / self.kind

    @property
    def log(self) -> Path:
        return LOGS / f"test-{self.name.replace(', ', '-').replace(' ', '-')}.log"


@dataclass(frozen=True)
class Result:
    """What a suite's run came to."""

    name: str
    counts: Counts
    seconds: float
    log: Path
    gating: bool = True


def plan(kinds: Sequence[str], versions: Sequence[str]) -> list[Suite]:
    """The suites of ``kinds`` without a window, in the order of running.

    Args:
        kinds: names out of :data:`KINDS`.
        versions: the Blender versions for the suites that run in Blender's module.
    """
    suites = [
        Suite(kind, ENGINE, kind) for kind in ("devtools", "engine", "research") if kind in kinds
    ]
    for kind in ("scene", "addon"):
        if kind in kinds:
            # All of the add-on's tests in the oldest and the newest; in between, what asks much of
            # Blender itself.
            ends = (versions[0], versions[-1])
            suites += [
                Suite(
                    kind,
                    BLENDERS[version],
                    f"{kind} bpy {version}",
                    marks="" if kind == "scene" or version in ends else "every_version",
                )
                for version in versions
            ]
    return suites


def run(
    suite: Suite,
    *,
    select: str | None,
    extra: Sequence[str],
    stream: bool,
    timeout: float = TIMEOUT,
) -> Result:
    """Run a suite to its end.

    Args:
        suite: what to run, in a finished environment.
        select: pytest's ``-k``.
        extra: more arguments for pytest; a path among them replaces the suite's folder.
        stream: show pytest's output instead of keeping it in the suite's log.
        timeout: seconds until the suite is ended, and counts as failed.
    """
    report = suite.log.with_suffix(".xml")
    report.unlink(missing_ok=True)
    suite.log.parent.mkdir(parents=True, exist_ok=True)
    command: Command = [suite.environment.python, "-m", "pytest", f"--junitxml={report}"]
    # A cache of its own for each suite: two run at a time.
    command += ["-o", f"cache_dir={LOGS.parent / 'pytest-cache' / suite.kind}"]
    if not any((REPO / argument.split("::")[0]).exists() for argument in extra):
        command.append(suite.folder)
    if select:
        command += ["-k", select]
    if suite.marks:
        command += ["-m", suite.marks]
    variables = child_environment(**TEST_RENDERING, **suite.variables)
    variables.setdefault("PYTHONFAULTHANDLER", "1")
    say(f"- {suite.name} ...")
    start = time.monotonic()
    with suite.log.open("w", encoding="utf-8", errors="replace") as log:
        process = start_process(
            [*command, *extra], stdout=None if stream else log, env=variables, cwd=REPO
        )
        code = wait(process, timeout)
    may_be_empty = bool(select or extra or suite.marks)
    counts = junit.count(report, code, may_be_empty=may_be_empty)
    result = Result(suite.name, counts, time.monotonic() - start, suite.log, suite.gating)
    show(result, quiet=stream)
    return result


def run_check(name: str, command: Sequence[str | Path], **variables: str) -> Result:
    """Run a program whose exit code says passed or failed, as one test.

    ``variables`` are added to its environment.
    """
    log = LOGS / f"test-{name.replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with log.open("w", encoding="utf-8", errors="replace") as stream:
        code = wait(
            start_process(command, stdout=stream, env=child_environment(**variables), cwd=REPO),
            TIMEOUT,
        )
    counts = Counts(passed=1) if code == 0 else Counts(failed=1)
    result = Result(name, counts, time.monotonic() - start, log)
    show(result)
    return result


def show(result: Result, *, quiet: bool = False) -> None:
    """Print a suite's line and, where it failed, the end of its log."""
    counts = result.counts
    line = f"- {result.name}: {counts.passed} passed, {counts.failed} failed"
    line += f", {counts.skipped} skipped" if counts.skipped else ""
    line += f" in {result.seconds:.0f} s"
    line += f" ({counts.note})" if counts.note else ""
    if counts.failed and not quiet:
        text = result.log.read_text(encoding="utf-8", errors="replace")
        shown = "\n".join("    " + each for each in text.splitlines()[-_TAIL:])
        line += f"; the end of {result.log}:\n{shown}"
    say(line)
