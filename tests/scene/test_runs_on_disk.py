"""Runs on the disk: pictures are told apart without reading more of them than has to be."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.job import Job, LevelSpec
from bl_ext.user_default.zoom_stack.scene import runs


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The pictures whose content is read, from now on."""
    files: list[Path] = []
    whole = runs.sha256_of

    def sha256_of(file: Path) -> str:
        files.append(file)
        return str(whole(file))

    monkeypatch.setattr(runs, "sha256_of", sha256_of)
    runs._content.cache_clear()
    return files


def run(folder: Path, colours: list[int], zoom: str = "z") -> Path:
    """A finished run whose pictures all have the same size in bytes."""
    pictures = [np.full((8, 8, 3), colour, np.uint8) for colour in colours]
    making.write_stack(folder, pictures)
    file = folder / "stack.json"
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    data["ids"] = {"zoom": zoom, "levels": [f"l{n}" for n in range(len(colours))]}
    file.write_text(json.dumps(data), encoding="utf-8")
    return folder


def test_only_pictures_of_one_level_are_compared(tmp_path: Path, read: list[Path]) -> None:
    run(tmp_path / "a", [1, 2, 3])
    run(tmp_path / "other", [1, 2, 3], zoom="y")
    found = runs.find_runs([tmp_path])
    assert read == []
    assert len(found.pictures("z", "l1")) == 1
    run(tmp_path / "b", [1, 5, 3])
    found = runs.find_runs([tmp_path])
    assert {file.parent.name for file in read} == {"a", "b"}
    assert [len(found.pictures("z", level)) for level in ("l0", "l1", "l2")] == [1, 2, 1]


def test_what_was_read_is_not_read_again_until_it_changes(tmp_path: Path, read: list[Path]) -> None:
    folders = [run(tmp_path / name, [1, 2]) for name in "ab"]
    runs.find_runs([tmp_path])
    assert len(read) == 4
    runs.find_runs([tmp_path])
    assert len(read) == 4
    run(folders[1], [1, 3])
    for file in folders[1].glob("*.png"):
        os.utime(file, ns=(1, 1))
    found = runs.find_runs([tmp_path])
    assert {file.parent.name for file in read[4:]} == {"b"}
    assert [len(found.pictures("z", level)) for level in ("l0", "l1")] == [1, 2]


def test_a_strangers_file_in_the_work_folder_is_not_a_runs(tmp_path: Path) -> None:
    folder = run(tmp_path / "a", [1, 2])
    made_by_the_engine(folder)
    work = folder / ".zoom_stack"
    work.mkdir()
    for name in ("lock", "preview_00.png", "notes.txt"):
        (work / name).write_text(name)
    found = runs.read_run(folder)
    assert found is not None
    assert {file.name for file in found.files if file.parent == work} == {"lock", "preview_00.png"}
    runs.remove_run(found)
    assert [file.relative_to(folder) for file in folder.rglob("*") if file.is_file()] == [
        Path(".zoom_stack/notes.txt")
    ]


def test_a_run_is_held_while_it_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = run(tmp_path / "a", [1, 2])
    made_by_the_engine(folder)
    (folder / ".zoom_stack").mkdir()
    (folder / ".zoom_stack" / "lock").touch()
    found = runs.read_run(folder)
    assert found is not None
    asked: list[bool] = []
    unlink = Path.unlink

    def watched(self: Path, missing_ok: bool = False) -> None:
        if self.suffix == ".png":
            asked.append(runs.work_folder.is_held(folder))
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", watched)
    runs.remove_run(found)
    assert asked == [True, True]
    assert not folder.exists()


def test_a_job_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    work = folder / ".zoom_stack"
    work.mkdir(parents=True)
    (work / "state-0123456789abcdef.safetensors").touch()
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(Job((LevelSpec("a"),)).to_dict()), encoding="utf-8")
    (work / "job.json").symlink_to(mine)
    assert runs.read_run(folder) is None
    (work / "job.json").unlink()
    mine.rename(work / "job.json")
    assert runs.read_run(folder) is not None


def made_by_the_engine(folder: Path) -> None:
    data = json.loads((folder / "stack.json").read_text(encoding="utf-8"))
    data["made_with"] = {"engine": "1"}
    (folder / "stack.json").write_text(json.dumps(data), encoding="utf-8")
