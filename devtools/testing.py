"""``dev.py test``: sets up every environment, runs every suite, counts.

What this machine cannot run (:class:`~devtools.console.Unavailable`) is said and skipped; what
could not be set up although it should (:class:`~devtools.console.Problem`) is a failure.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from . import lint, suites, windows
from .console import Problem, Unavailable, say
from .environments import ENGINE, LINT, Environment
from .junit import Counts
from .paths import BLENDER_VERSIONS, LOGS, zip_path
from .preparing import Preparation
from .suites import Result, Suite
from .windows import Window

#: Suites that install the zip.
_NEED_ZIP = ("addon", "window")
#: The look ahead, which counts for nothing, must not make the whole longer than this.
_BUDGET = 15 * 60.0
_LEAST_FOR_LOOK_AHEAD = 2 * 60.0


class Run:
    """One ``dev.py test``: what was asked for."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.kinds: list[str] = arguments.only or list(suites.KINDS)
        self.versions: list[str] = arguments.blender or list(BLENDER_VERSIONS)
        self.select: str | None = arguments.select
        self.extra: list[str] = arguments.extra
        self.verbose: bool = arguments.verbose
        self.look_ahead: bool = not arguments.gating_only
        self._start = time.monotonic()

    def run(self) -> list[Result]:
        """Set up and run everything."""
        results: list[Result] = []
        planned = [self._completed(suite) for suite in suites.plan(self.kinds, self.versions)]
        shown: list[Window] = []
        if "window" in self.kinds:
            try:
                shown = [each for each in windows.available() if each.gating or self.look_ahead]
            except Problem as problem:
                results += _not_run("window tests", problem)
        with_zip = bool(shown) or any(suite.kind in _NEED_ZIP for suite in planned)
        with Preparation(self._needed(planned, shown), shown, with_zip=with_zip) as preparation:
            # The long one early, once its Debian is there: it leaves room for others beside it.
            gates = [_suite_of(window, marks="not alone") for window in shown if window.gating]
            completed = planned[:1] + [self._completed(suite) for suite in gates] + planned[1:]
            jobs = [partial(self._run_suite, preparation, suite) for suite in completed]
            if "lint" in self.kinds:
                jobs.insert(0, partial(self._run_lint, preparation))
            # One more than the cores have work for: some tests wait for processes and timers.
            with ThreadPoolExecutor(max_workers=1 if self.verbose else 3) as pool:
                for finished in [pool.submit(job) for job in jobs]:
                    results += finished.result()
            # On a machine with nothing else to do: they test that Blender stays fluid.
            preparation.wait()
            for window in shown:
                marks = "alone" if window.gating else "look_ahead"
                results += self._run_suite(preparation, self._completed(_suite_of(window, marks)))
        return results

    def _needed(self, planned: list[Suite], shown: list[Window]) -> list[Environment]:
        """Environments in the order in which they are wanted, each once."""
        wanted = [LINT, ENGINE] if "lint" in self.kinds else []
        wanted += [suite.environment for suite in planned]
        wanted += [ENGINE] if shown else []
        return list(dict.fromkeys(wanted))

    def _completed(self, suite: Suite) -> Suite:
        """Tell a suite's tests where the engine and the zip are."""
        variables = {**suite.variables, "ZOOM_STACK_ENGINE_PYTHON": str(ENGINE.python)}
        if suite.kind in _NEED_ZIP:
            variables["ZOOM_STACK_ZIP"] = str(zip_path())
        return dataclasses.replace(suite, variables=variables)

    def _run_suite(self, preparation: Preparation, suite: Suite) -> list[Result]:
        problem = preparation.problem_of(
            suite.environment, zipped=suite.kind in _NEED_ZIP, window=suite.window
        )
        if problem:
            return _not_run(suite.name, problem, gating=suite.gating)
        timeout = suites.TIMEOUT
        if not suite.gating:
            timeout = _BUDGET - (time.monotonic() - self._start)
            if timeout < _LEAST_FOR_LOOK_AHEAD:
                say(f"- {suite.name} skipped: too little is left of {_BUDGET / 60:.0f} minutes")
                return []
        return [
            suites.run(
                suite,
                select=self.select,
                extra=self.extra,
                stream=self.verbose,
                timeout=timeout,
            )
        ]

    def _run_lint(self, preparation: Preparation) -> list[Result]:
        problem = preparation.problem_of(LINT) or preparation.problem_of(ENGINE)
        return _not_run("lint", problem) if problem else lint.run_checks()


def report(results: list[Result], seconds: float) -> int:
    """Print the totals; the exit code."""
    for result in results:
        if not result.gating:
            counts = f"{result.counts.passed} passed, {result.counts.failed} failed"
            say(f"look ahead, not counted: {result.name}: {counts}")
    gating = [result for result in results if result.gating]
    for result in gating:
        if result.counts.failed:
            say(f"failed: {result.name} ({result.counts.note or result.log})")
    passed = sum(result.counts.passed for result in gating)
    failed = sum(result.counts.failed for result in gating)
    skipped = sum(result.counts.skipped for result in gating)
    if not passed and not failed:
        say("no test ran")
    say(f"{seconds / 60:.1f} minutes, {skipped} skipped")
    say(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


def main(arguments: argparse.Namespace) -> int:
    """``dev.py test``."""
    start = time.monotonic()
    return report(Run(arguments).run(), time.monotonic() - start)


def _suite_of(window: Window, marks: str) -> Suite:
    variables = {windows.VARIABLE: window.value}
    name = f"{window.name}, alone" if marks == "alone" else window.name
    return Suite("window", ENGINE, name, variables, window.gating, marks, window.name)


def _not_run(name: str, problem: Problem, *, gating: bool = True) -> list[Result]:
    """Say why a suite cannot run: skipped or failed, as the problem's kind says."""
    if isinstance(problem, Unavailable):
        say(f"- {name} skipped: {problem}")
        return []
    result = Result(name, Counts(failed=1, note=str(problem)), 0.0, LOGS, gating)
    suites.show(result, quiet=True)
    return [result]
