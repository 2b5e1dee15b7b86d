"""Counting what a pytest run did, from its JUnit file and its exit code."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

_NO_TESTS = 5
_MEANING = {
    2: "interrupted or not importable",
    3: "pytest broke",
    4: "pytest was called wrongly",
    _NO_TESTS: "no tests were collected",
}


@dataclass(frozen=True)
class Counts:
    """What a suite's run came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    #: Why the run counts as failed although no test says so; empty otherwise.
    note: str = ""


def count(junit: Path, exit_code: int | None, *, may_be_empty: bool = False) -> Counts:
    """Counts of a run; anything but a clean end with tests counts as at least one failure.

    Args:
        junit: the file that ``--junitxml`` wrote; missing when pytest crashed.
        exit_code: pytest's, None when it was ended for running too long.
        may_be_empty: a ``-k`` expression may leave nothing of a suite.
    """
    passed = failed = skipped = 0
    try:
        suites = ElementTree.parse(junit).getroot().iter("testsuite")
        for suite in suites:
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            left_out = int(suite.get("skipped", 0))
            failed += bad
            skipped += left_out
            passed += int(suite.get("tests", 0)) - bad - left_out
    except (OSError, ElementTree.ParseError):
        if exit_code == 0:
            exit_code = 3
    if exit_code == 0 or (exit_code == 1 and failed):
        return Counts(passed, failed, skipped)
    if exit_code == _NO_TESTS and may_be_empty:
        return Counts(skipped=skipped)
    if exit_code is None:
        note = "ran too long and was ended"
    elif exit_code < 0:
        note = f"ended by signal {-exit_code}"
    else:
        note = _MEANING.get(exit_code, f"exit code {exit_code}")
    return Counts(passed, max(failed, 1), skipped, note)
