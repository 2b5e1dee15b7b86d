"""Nothing but a clean end with passed tests counts as success."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devtools import console, junit

_SUITE = (
    '<testsuites><testsuite tests="{0}" failures="{1}" errors="{2}" skipped="{3}"/></testsuites>'
)


def _count(path: Path, code: int | None, *numbers: int, empty: bool = False) -> junit.Counts:
    report = path / "junit.xml"
    if numbers:
        report.write_text(_SUITE.format(*numbers))
    return junit.count(report, code, may_be_empty=empty)


def test_a_clean_run(tmp_path: Path) -> None:
    assert _count(tmp_path, 0, 5, 0, 0, 2) == junit.Counts(passed=3, skipped=2)


def test_failures_and_errors(tmp_path: Path) -> None:
    assert _count(tmp_path, 1, 9, 2, 1, 1) == junit.Counts(passed=5, failed=3, skipped=1)


def test_a_crash_after_the_last_test_fails(tmp_path: Path) -> None:
    counts = _count(tmp_path, -11, 4, 0, 0, 0)
    assert (counts.passed, counts.failed, counts.note) == (4, 1, "ended by signal 11")


def test_a_crash_without_a_report_fails(tmp_path: Path) -> None:
    assert _count(tmp_path, -9).failed == 1
    assert _count(tmp_path, 0).failed == 1


def test_running_too_long_fails(tmp_path: Path) -> None:
    assert _count(tmp_path, None).note == "ran too long and was ended"


def test_a_suite_without_tests_fails_unless_a_selection_emptied_it(tmp_path: Path) -> None:
    assert _count(tmp_path, 5, 0, 0, 0, 0).failed == 1
    assert _count(tmp_path, 5, 0, 0, 0, 0, empty=True).failed == 0


def test_a_suite_not_importable_fails_even_with_a_selection(tmp_path: Path) -> None:
    assert _count(tmp_path, 2, 1, 0, 1, 0, empty=True).failed == 1


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
def test_a_program_past_its_time_is_ended_with_its_children(tmp_path: Path) -> None:
    lives = "import time; time.sleep(60)"
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {lives!r}]).pid)"
    log = tmp_path / "log"
    with log.open("w") as stream:
        command = [sys.executable, "-uc", code + f"\n{lives}"]
        assert console.wait(console.start_process(command, stdout=stream), 3) is None
    child = log.read_text().strip()
    states = subprocess.run(["ps", "-o", "stat=", "-p", child], capture_output=True, text=True)
    assert states.stdout.strip() in ("", "Z", "Zs")
