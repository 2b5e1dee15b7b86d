"""dev.py says what is wrong in a sentence, without a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devtools import cli
from devtools.console import Problem
from devtools.paths import REPO


def test_a_problem_is_one_line_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing() -> int:
        raise Problem("the network cannot be reached.")

    monkeypatch.setattr(cli.build, "main", failing)
    assert cli.main(["build"]) == 1
    captured = capsys.readouterr()
    assert captured.err == "dev.py: the network cannot be reached.\n"


def test_unknown_suites_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["test", "--only", "engin"])
    assert "choose from" in capsys.readouterr().err


def test_it_starts_from_any_folder(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, REPO / "dev.py", "--help"], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0
    assert "demo" in result.stdout
    assert "build" in result.stdout
