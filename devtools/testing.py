"""``dev.py test``: sets up every environment, runs every suite, counts.

What this machine cannot run (:class:`~devtools.console.Unavailable`) is said and skipped; what
could not be set up although it should (:class:`~devtools.console.Problem`) is a failure.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import blender_root, build, environments, lint, suites, windows
from .console import Problem, Unavailable, say
from .environments import ENGINE, LINT, Environment
from .junit import Counts
from .paths import BLENDER_VERSIONS, LOGS
from .suites import Result, Suite
from .system import BPY_PACKAGES, ensure_packages
from .windows import Window

#: Suites that install the zip.
_NEED_ZIP = ("addon", "window")


class Run:
    """One ``dev.py test``: what was asked, and the results so far."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.kinds: list[str] = arguments.only or list(suites.KINDS)
        self.versions: list[str] = arguments.blender or list(BLENDER_VERSIONS)
        self.select: str | None = arguments.select
        self.extra: list[str] = arguments.extra
        self.verbose: bool = arguments.verbose
        self.look_ahead: bool = not arguments.gating_only
        self.results: list[Result] = []

    def failed_to_set_up(self, name: str, problem: Problem, *, gating: bool = True) -> None:
        """Note that a suite cannot run: skipped or failed, as the problem's kind says."""
        if isinstance(problem, Unavailable):
            say(f"- {name} skipped: {problem}")
            return
        result = Result(name, Counts(failed=1, note=str(problem)), 0.0, LOGS, gating)
        self.results.append(result)
        suites.show(result, quiet=True)

    def set_up(self) -> tuple[list[Suite], list[tuple[Window, Suite]]]:
        """Make what the suites need, several things at a time; what remains runnable."""
        planned = suites.plan(self.kinds, self.versions)
        shown = self._windows() if "window" in self.kinds else []
        blenders = {suite.environment for suite in planned} - {ENGINE}
        if blenders:
            try:
                ensure_packages(BPY_PACKAGES, "Blender's modules")
            except Problem as problem:
                self.failed_to_set_up("scene and addon tests", problem)
                planned = [suite for suite in planned if suite.environment is ENGINE]
        needed = list(dict.fromkeys(suite.environment for suite in planned))
        if shown and ENGINE not in needed:
            needed.insert(0, ENGINE)
        if "lint" in self.kinds:
            needed += [each for each in (ENGINE, LINT) if each not in needed]
        with ThreadPoolExecutor(max_workers=1) as pool:
            # Debian's packages come from elsewhere than Python's: both download at once.
            roots = pool.submit(self._make_roots, [window for window, _ in shown])
            reasons = self._make_environments(needed)
            ready_roots = roots.result()
        planned = [suite for suite in planned if self._usable(suite, reasons)]
        shown = [
            (window, suite)
            for window, suite in shown
            if window in ready_roots and self._usable(suite, reasons)
        ]
        if "lint" in self.kinds and any(each.name in reasons for each in (ENGINE, LINT)):
            self.failed_to_set_up("lint", reasons.get("lint") or reasons["engine"])
            self.kinds.remove("lint")
        return self._with_zip(planned, shown)

    def _windows(self) -> list[tuple[Window, Suite]]:
        try:
            found = windows.available()
        except Problem as problem:
            self.failed_to_set_up("window tests", problem)
            return []
        if not any(window.gating for window in found):
            say("- window tests: only the look ahead can run here")
        return [
            (
                window,
                Suite(
                    "window",
                    ENGINE,
                    window.name,
                    {windows.VARIABLE: window.value},
                    window.gating,
                ),
            )
            for window in found
            if window.gating or self.look_ahead
        ]

    def _make_environments(self, needed: list[Environment]) -> dict[str, Problem]:
        made = environments.ensure_all(needed)
        return {name: result for name, result in made.items() if isinstance(result, Problem)}

    def _make_roots(self, wanted: list[Window]) -> list[Window]:
        ready = []
        for window in wanted:
            try:
                if window.root:
                    blender_root.ensure(window.root)
                ready.append(window)
            except Problem as problem:
                self.failed_to_set_up(window.name, problem, gating=window.gating)
        return ready

    def _usable(self, suite: Suite, reasons: dict[str, Problem]) -> bool:
        problem = reasons.get(suite.environment.name)
        if problem:
            self.failed_to_set_up(suite.name, problem, gating=suite.gating)
        return problem is None

    def _with_zip(
        self, planned: list[Suite], shown: list[tuple[Window, Suite]]
    ) -> tuple[list[Suite], list[tuple[Window, Suite]]]:
        """Build the zip for the suites that install it, and tell them about it."""
        if not shown and not any(suite.kind in _NEED_ZIP for suite in planned):
            return planned, shown
        try:
            path = build.build()
        except Problem as problem:
            self.failed_to_set_up("the zip", problem)
            return [suite for suite in planned if suite.kind not in _NEED_ZIP], []
        say(f"- zip: {build.describe(path)}")
        return [_given(suite, path) for suite in planned], [
            (window, _given(suite, path)) for window, suite in shown
        ]

    def run(self) -> None:
        """Set up and run everything."""
        planned, shown = self.set_up()
        alone = self.verbose or len(planned) < 2
        jobs: list[Callable[[], Iterable[Result]]] = []
        if "lint" in self.kinds:
            jobs.append(lint.run_checks)
        jobs += [self._job(suite) for suite in planned]
        # Two at a time: starting pytest, Blender and torch uses one core each, rendering all.
        with ThreadPoolExecutor(max_workers=1 if alone else 2) as pool:
            for results in [pool.submit(job) for job in jobs]:
                self.results += results.result()
        for _, suite in shown:  # alone: their tests measure whether the window stays fluid
            self.results += self._job(suite)()

    def _job(self, suite: Suite) -> Callable[[], list[Result]]:
        def job() -> list[Result]:
            return [suites.run(suite, select=self.select, extra=self.extra, stream=self.verbose)]

        return job

    def report(self, seconds: float) -> int:
        """Print the totals; the exit code."""
        look_ahead = [result for result in self.results if not result.gating]
        for result in look_ahead:
            counts = result.counts
            say(
                f"look ahead, not counted: {result.name}: "
                f"{counts.passed} passed, {counts.failed} failed"
            )
        gating = [result.counts for result in self.results if result.gating]
        skipped = sum(counts.skipped for counts in gating)
        failed = sum(counts.failed for counts in gating)
        passed = sum(counts.passed for counts in gating)
        for result in self.results:
            if result.gating and result.counts.failed:
                say(f"failed: {result.name} ({result.counts.note or result.log})")
        if not passed and not failed:
            say("no test ran")
        say(f"{seconds / 60:.1f} minutes, {skipped} skipped")
        say(f"{passed} passed, {failed} failed")
        return 0 if passed and not failed else 1


def _given(suite: Suite, path: Path) -> Suite:
    variables = {"ZOOM_STACK_ENGINE_PYTHON": str(ENGINE.python)}
    if suite.kind in _NEED_ZIP:
        variables["ZOOM_STACK_ZIP"] = str(path)
    return dataclasses.replace(suite, variables={**suite.variables, **variables})


def main(arguments: argparse.Namespace) -> int:
    """``dev.py test``."""
    start = time.monotonic()
    run = Run(arguments)
    run.run()
    return run.report(time.monotonic() - start)
