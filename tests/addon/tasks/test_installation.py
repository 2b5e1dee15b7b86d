"""The engine's installation in Blender: what is asked, shown and left."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from devtools import bpy_session

FINISHED = {"type": "done", "status": "finished"}


@pytest.fixture
def start(bpy: Any, tmp_path: Path) -> Any:
    """Begins an installation whose program runs some Python."""
    installation = bpy_session.submodule("tasks.installation")
    process = bpy_session.submodule("engine.client.helper_process").HelperProcess

    def begin(code: str) -> Any:
        return installation.Installation(process([sys.executable, "-u", "-c", code], tmp_path))

    return begin


def telling(*messages: object, code: int = 0) -> str:
    lines = [json.dumps(message) for message in messages]
    return f"print({chr(10).join(lines)!r}); raise SystemExit({code})"


def run(task: Any, seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while task.tick() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return task


def test_what_comes_down_is_shown(start: Any) -> None:
    task = run(
        start(
            telling(
                {"type": "chosen", "backend": "cu130"},
                {"type": "note", "text": "github.com cannot be reached."},
                {"type": "stage", "text": "Downloading torch"},
                {"type": "progress", "done": 5e6, "total": 2e7, "speed": 3e6, "what": "torch"},
            )
        )
    )
    assert (task.state, task.stage, task.backend) == ("finished", "Downloading torch", "cu130")
    assert (task.detail, task.package) == ("5 of 20 MB, 3.0 MB/s", "torch")
    assert task.notes == ["github.com cannot be reached."]


@pytest.mark.parametrize(
    ("done", "total", "speed", "text"),
    [
        (0, 0, 0, ""),
        (0, 1000, 0, ""),
        (7e6, 0, 0, "7 MB"),
        (0, 2e7, 0, "0 of 20 MB"),
        (0, 0, 3e6, "3.0 MB/s"),
    ],
)
def test_what_is_not_known_yet_is_left_out(
    start: Any, done: float, total: float, speed: float, text: str
) -> None:
    progress = {"type": "progress", "done": done, "total": total, "speed": speed, "what": "uv"}
    assert run(start(telling(progress))).detail == text


def test_notes_are_dismissed_as_a_whole(
    bpy: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    latest = bpy_session.submodule("tasks.latest")
    notes = [{"type": "note", "text": text} for text in ("One.", "Two.")]
    monkeypatch.setattr(latest, "installation", run(start(telling(*notes, FINISHED))))
    bpy.ops.zoom_stack.dismiss_notes(of="RUN")
    assert latest.installation.notes == ["One.", "Two."]
    bpy.ops.zoom_stack.dismiss_notes(of="INSTALLATION")
    assert latest.installation.notes == []


def test_a_failure_has_its_words(start: Any) -> None:
    error = {"type": "error", "code": "no_space", "text": "The disk is full.", "hint": "Free some."}
    task = run(start(telling(error, {"type": "done", "status": "failed"}, code=1)))
    assert (task.state, task.error.code, str(task.error)) == (
        "failed", "no_space", "The disk is full. Free some.",
    )  # fmt: skip


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "1 / 0", "print('x' * 300_000)\n1 / 0"])
def test_a_program_that_dies_is_a_failure(start: Any, code: str) -> None:
    task = run(start(code))
    assert (task.state, task.error.code) == ("failed", "install_failed")


def test_nonsense_is_no_failure(start: Any) -> None:
    nonsense = (
        None, [], 7, {}, {"type": []}, {"type": "progress"}, {"type": "stage", "text": {}},
        {"type": "progress", "done": "1", "total": [], "speed": None},
        {"type": "progress", "done": -1, "total": 0, "speed": 1}, {"type": "note"},
        {"type": "progress", "done": 10**400, "total": 10**400, "speed": 10**400, "what": []},
    )  # fmt: skip
    task = run(start(telling(*nonsense, FINISHED)))
    assert task.state == "finished"
    assert 0.0 <= task.fraction <= 1.0


def test_a_flood_is_bounded(start: Any) -> None:
    message = json.dumps({"type": "note", "text": "x" * 1000})
    task = start(f"for _ in range(100_000): print({message!r})")
    worst = 0.0
    while True:
        before = time.process_time()
        pause = task.tick()
        worst = max(worst, time.process_time() - before)
        if pause is None:
            break
        time.sleep(0.02)
    assert len(task.notes) == 5
    assert max(map(len, task.notes)) <= 2000
    assert worst < 1.0


def test_it_is_cancelled_at_once_with_what_it_has_started(start: Any, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    child = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    task = start(
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {child!r}]).wait()"
    )
    deadline = time.monotonic() + 20
    while not (pid.exists() and pid.read_text()):
        assert time.monotonic() < deadline
        task.tick()
        time.sleep(0.05)
    before = time.monotonic()
    task.cancel()
    assert time.monotonic() - before < 0.2
    run(task, 10.0)
    assert task.state == "cancelled"
    if sys.platform == "linux":
        stat = Path(f"/proc/{pid.read_text()}/stat")
        deadline = time.monotonic() + 5
        while stat.exists() and stat.read_text().split(")")[1].split()[0] != "Z":
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_an_interpreter_that_is_not_there_is_told(bpy: Any, tmp_path: Path) -> None:
    helper = bpy_session.submodule("engine.client.helper_process")
    with pytest.raises(Exception, match="cannot be run"):
        helper.HelperProcess(["/no/such/python"], tmp_path)


def test_without_online_access_nothing_is_downloaded(bpy: Any, prefs: Any, tmp_path: Path) -> None:
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match="Online Access"):
        bpy.ops.zoom_stack.install_engine()
    # From a folder it can be installed all the same.
    prefs.wheels_folder = str(tmp_path)
    assert bpy.ops.zoom_stack.install_engine.poll()
    prefs.wheels_folder = ""
    command = bpy_session.submodule("tasks.installation").install_command(
        "cpu", "/wheels", True, False
    )
    assert command[-4:] == ["--wheels", "/wheels", "--again", "--offline"]
    assert command[1:6] == ["-E", "-s", "-B", "-m", "engine"]


@pytest.mark.parametrize("backend", ["auto", "cpu", "pypi"])
def test_the_question_says_how_much_it_is(bpy: Any, backend: str) -> None:
    installation = bpy_session.submodule("tasks.installation")
    plan = installation.plan(backend)
    least, most = plan.download
    assert 1e8 < least <= most < 5e9
    assert (least < most) == (backend == "auto")
    assert plan.needed > most
    assert installation.free_space() > 0
    assert "pypi.org" in plan.hosts


def test_a_half_made_environment_is_no_engine(
    bpy: Any, prefs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preferences = bpy_session.submodule("settings.preferences")
    own = bpy_session.submodule("engine.contract.own_engine")
    home = own.Home(tmp_path)
    monkeypatch.setattr(preferences.folders, "engine_home", lambda: home)
    for folder in (home.slot("e1"), tmp_path / "engine"):  # by uv, and as pip made it before
        python = own.python_of(folder)
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)
        (folder / "pyvenv.cfg").touch()
    preferences.forget_engine()
    assert not preferences.engine_is_configured()
    assert "Install" in preferences.why_no_engine()
    for text in ("", "{", "[]", '{"slot": "../x"}', '{"slot": 1}', "\x00"):
        home.marker.write_text(text)
        preferences.forget_engine()
        assert not preferences.engine_is_configured(), text
    preferences.forget_engine()
