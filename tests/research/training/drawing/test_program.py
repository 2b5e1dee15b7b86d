"""Versions of the picture program."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from research.training.drawing import program


def test_every_file_that_draws_makes_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "drawing"
    shutil.copytree(program.FOLDER, copy)
    before = program.version()
    monkeypatch.setattr(program, "FOLDER", copy)
    assert program.version() == before
    drawing = ["images.py", "fields.py", "insets.py", "concepts/space.py", "concepts/density.py"]
    for name in drawing:
        file = copy / name
        text = file.read_text(encoding="utf-8")
        file.write_text(f"{text}#", encoding="utf-8")
        assert program.version() != before, name
        file.write_text(text, encoding="utf-8")
    assert program.version(copy / "captions.py") != before
