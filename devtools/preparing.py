"""Making everything that the suites need while the first of them already run.

Environments are made three at a time, Debian roots one after the other beside them (their packages
come from elsewhere), the zip as soon as one Blender module is there. :meth:`Preparation.problem_of`
waits for what one suite needs and for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType

from . import blender_root, build, environments
from .console import Problem, say
from .environments import BLENDERS, Environment
from .system import BPY_PACKAGES, ensure_packages
from .windows import Window

#: A thing being made: None once it is there, else why it is not.
Outcome = Future[Problem | None]


class Preparation:
    """What is being made for a test run; a context manager."""

    def __init__(
        self, needed: Sequence[Environment], shown: Sequence[Window], *, with_zip: bool
    ) -> None:
        """Start making things.

        Args:
            needed: environments, the most urgent first.
            shown: windows, for those of them that live in a Debian root.
            with_zip: whether a suite installs the zip.
        """
        self._quick = ThreadPoolExecutor(max_workers=2)
        # Downloading and unpacking overlap well in threes, even on two cores.
        self._installing = ThreadPoolExecutor(max_workers=3)
        self._bootstrapping = ThreadPoolExecutor(max_workers=1)
        self._packages = self._quick.submit(_attempt, self._install_packages, needed)
        self._environments: dict[Environment, Outcome] = {
            each: self._installing.submit(_attempt, partial(self._make, each)) for each in needed
        }
        self._roots: dict[str, Outcome] = {
            each.name: self._bootstrapping.submit(_attempt, blender_root.ensure, each.root)
            for each in shown
            if each.root
        }
        self._zip = self._quick.submit(_attempt, self._build) if with_zip else None

    def __enter__(self) -> Preparation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pool in (self._quick, self._installing, self._bootstrapping):
            pool.shutdown(cancel_futures=True)

    def problem_of(
        self, environment: Environment, *, zipped: bool = False, window: str | None = None
    ) -> Problem | None:
        """Wait for what a suite needs; why it cannot run, None when it can.

        Args:
            environment: the suite's environment.
            zipped: whether it installs the zip.
            window: the name of the window that it opens.
        """
        outcomes = [self._environments[environment]]
        if window in self._roots:
            outcomes.append(self._roots[window])
        if zipped and self._zip:
            outcomes.append(self._zip)
        problems = [outcome.result() for outcome in outcomes]
        return next((problem for problem in problems if problem), None)

    def wait(self) -> None:
        """Wait until nothing is being made any more."""
        for outcome in (*self._environments.values(), *self._roots.values()):
            outcome.result()

    def _install_packages(self, needed: Sequence[Environment]) -> None:
        if any(each in BLENDERS.values() for each in needed):
            ensure_packages(BPY_PACKAGES, "Blender's modules")

    def _make(self, environment: Environment) -> None:
        if environment in BLENDERS.values():
            problem = self._packages.result()
            if problem:
                raise problem
        environments.ensure(environment)

    def _build(self) -> None:
        usable = None
        for environment, outcome in self._environments.items():
            if environment in BLENDERS.values() and outcome.result() is None:
                usable = environment
                break
        say(f"- zip: {build.describe(build.build(usable))}")


def _attempt(action: Callable[..., object], *arguments: object) -> Problem | None:
    try:
        action(*arguments)
    except Problem as problem:
        return problem
    return None
