"""Paths in messages: Blender reads and tidies only where the run was told to work."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from devtools import bpy_session
from tests.doubles.fake_worker import picture


@pytest.fixture
def run(bpy: Any, tmp_path: Path) -> Any:
    """A run in a folder of its own, with an engine that nobody has started."""

    class Silent:
        seconds = 0.0

        def request(self, message: object) -> None:
            pass

        def poll(self) -> list[object]:
            return []

        def silent_seconds(self) -> float:
            return self.seconds

        def close(self) -> None:
            pass

    module = bpy_session.submodule("tasks.picture_run")
    delivery = bpy_session.submodule("tasks.delivery").StepwiseDelivery()
    out = tmp_path / "own"
    (out / ".zoom_stack").mkdir(parents=True)
    made = module.PictureRun(Silent(), {"type": "generate"}, out, 2, delivery)
    yield made
    made.thumbnails.close()


def test_another_folder_is_neither_taken_nor_emptied(run: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / ".zoom_stack").mkdir(parents=True)
    (other / ".zoom_stack" / "state-1.safetensors").touch()
    run._take({"type": "result", "folder": str(other), "levels": 2})
    run.fail(bpy_session.submodule("engine.contract.errors").ZoomStackError("failed", "It failed."))
    assert run.out == tmp_path / "own"
    assert (other / ".zoom_stack" / "state-1.safetensors").exists()


@pytest.mark.parametrize("kind", ["elsewhere", "device", "link", "large"])
def test_no_strange_file_is_read_as_a_preview(run: Any, tmp_path: Path, kind: str) -> None:
    file = run.out / ".zoom_stack" / "preview_00.png"
    if kind == "elsewhere":
        file = tmp_path / "secret.png"
        file.touch()
    elif kind == "device":
        os.mkfifo(file)
    elif kind == "link":
        file.symlink_to("/dev/zero")
    else:
        with file.open("wb") as stream:
            stream.truncate(2**20 + 1)
    before = file.lstat().st_atime_ns
    run._take({"type": "preview", "step": 1, "level": 0, "levels": 2, "file": str(file)})
    # The next one comes as if nothing had been.
    sound = run.out / ".zoom_stack" / "preview_01.png"
    sound.write_bytes(picture(1, 2, 4))
    run._take({"type": "preview", "step": 1, "level": 1, "levels": 2, "file": str(sound)})
    deadline = time.monotonic() + 5
    while not run.thumbnails.collect():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert list(run.thumbnails._icons) == ["1"]
    assert file.lstat().st_atime_ns == before


def test_a_silent_engine_is_shown_after_ten_seconds_and_again_after_a_wait(run: Any) -> None:
    def after(seconds: float) -> float:
        run._client.seconds = seconds
        run.tick()
        return float(run.silence)

    assert after(9.9) == 0.0
    assert after(10.1) == 10.1
    run.wait()
    assert after(15.0) == 0.0
    assert after(20.2) == 20.2
    assert after(0.5) == 0.0  # it was heard: ten seconds count anew
    assert after(10.0) == 10.0


def test_a_preview_of_a_level_that_is_not_there_is_passed_over(run: Any) -> None:
    file = run.out / ".zoom_stack" / "preview_02.png"
    file.write_bytes(picture(1, 2, 4))
    run._take({"type": "preview", "step": 1, "level": 2, "levels": 3, "file": str(file)})
    assert run.thumbnails._wanted == {}
