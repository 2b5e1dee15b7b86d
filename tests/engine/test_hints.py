"""Errors say what to do in words that suit Blender's panels; the command line adds its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.paths import REPO
from engine.commands.exits import one_line
from engine.contract.errors import Remedy, ZoomStackError

ENGINE = REPO / "engine"


def told(file: Path) -> Iterator[str]:
    """The texts of all errors and warnings in a file's code."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in (
            "ZoomStackError",
            "ModelEntry",
            "fail",
            "warning",
        ):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_no_error_or_warning_of_a_job_names_an_argument_of_the_command_line() -> None:
    files = [f for f in ENGINE.rglob("*.py") if f.parent != ENGINE / "commands"]
    texts = [(file, text) for file in files for text in told(file)]
    assert len(texts) > 200
    assert not [(str(file), text) for file, text in texts if "--" in text]


@pytest.mark.parametrize("remedy", list(Remedy))
def test_the_command_line_names_its_argument(remedy: Remedy) -> None:
    line = one_line(ZoomStackError("code", "It is so.", "Do that.", remedy))
    assert line.startswith("It is so. Do that. (")
    assert "--" in line


def test_most_hints_are_complete_without_one() -> None:
    assert one_line(ZoomStackError("code", "It\nis so.", "Do that.")) == "It is so. Do that."
