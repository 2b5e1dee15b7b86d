"""The engine's installation, with a package index of our own and real pip."""

from __future__ import annotations

import base64
import ensurepip
import hashlib
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from devtools import bpy_session


def _wheel(folder: Path, name: str) -> None:
    """The smallest wheel that pip takes."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": b"works = True\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(content)}\n"
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)


def _run(task: Any, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while task.tick() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_an_environment_is_made_from_blenders_python(
    bpy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if int(ensurepip.version().partition(".")[0]) < 24:
        pytest.skip("this Python's pip is too old, and there is no index to take another from")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    for name in ("torch", "colours"):
        _wheel(tmp_path, name)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# ours\ntorch==1.0\ncolours\n")
    installation = bpy_session.submodule("tasks.installation")
    runner = bpy_session.submodule("engine.client.command_runner").CommandRunner
    target = tmp_path / "private engine"
    commands = installation.install_commands(sys.executable, target, requirements, "")
    task = installation.Installation(runner(commands, tmp_path))
    _run(task)
    assert task.state == "finished", task.lines
    python = bpy_session.submodule("blender.folders").environment_python(target)
    code = "import torch, colours; print(torch.works and colours.works)"
    result = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "True"


def test_an_installation_can_be_cancelled(bpy: Any, tmp_path: Path) -> None:
    installation = bpy_session.submodule("tasks.installation")
    runner = bpy_session.submodule("engine.client.command_runner").CommandRunner
    sleep = [sys.executable, "-c", "import time; print('asleep', flush=True); time.sleep(600)"]
    task = installation.Installation(runner([sleep, sleep], tmp_path))
    while not task.lines:
        task.tick()
        time.sleep(0.02)
    before = time.monotonic()
    task.cancel()
    assert time.monotonic() - before < 0.2
    _run(task, 10.0)
    assert task.state == "cancelled"


def test_an_interpreter_that_is_not_there_is_a_failure(bpy: Any, tmp_path: Path) -> None:
    installation = bpy_session.submodule("tasks.installation")
    runner = bpy_session.submodule("engine.client.command_runner").CommandRunner
    task = installation.Installation(runner([["/no/such/python"]], tmp_path))
    _run(task, 10.0)
    assert task.state == "failed"
    assert "cannot be run" in task.error.hint


def test_a_command_that_may_fail_does_not_end_the_installation(bpy: Any, tmp_path: Path) -> None:
    runner = bpy_session.submodule("engine.client.command_runner").CommandRunner
    fails = [sys.executable, "-c", "raise SystemExit(3)"]
    works = [sys.executable, "-c", "print('done')"]
    for may_fail, code, lines in (({0}, 0, ["done"]), (set(), 3, [])):
        commands = runner([fails, works], tmp_path, may_fail)
        assert commands.join(20.0)
        assert (commands.exit_code, commands.lines()) == (code, lines)


def test_without_online_access_nothing_is_installed(bpy: Any) -> None:
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match="Online Access"):
        bpy.ops.zoom_stack.install_engine()


@pytest.mark.parametrize(
    ("packages", "platform", "index"),
    [
        ("CPU", "linux", "whl/cpu"),
        ("CPU", "win32", "whl/cpu"),
        ("CUDA", "win32", "whl/cu"),
        ("CUDA", "linux", ""),
        ("PYPI", "darwin", ""),
    ],
)
def test_torch_comes_from_the_index_for_the_device(
    bpy: Any, tmp_path: Path, packages: str, platform: str, index: str
) -> None:
    installation = bpy_session.submodule("tasks.installation")
    requirements = (
        bpy_session.submodule("blender.folders").EXTENSION / "engine" / "requirements.txt"
    )
    where = installation.torch_index(packages, platform)
    commands = installation.install_commands("python", tmp_path, requirements, where)
    assert commands[0] == ["python", "-m", "venv", str(tmp_path)]
    torch = commands[2]
    assert any(part.startswith("torch==") for part in torch)
    assert [index in part for part in torch if "http" in part] == ([True] if index else [])
    assert commands[3][-2:] == ["-r", str(requirements)]


def test_an_installation_reports_what_pip_said(bpy: Any, tmp_path: Path) -> None:
    installation = bpy_session.submodule("tasks.installation")
    runner = bpy_session.submodule("engine.client.command_runner").CommandRunner

    def run(*scripts: str) -> Any:
        commands = [[sys.executable, "-c", script] for script in scripts]
        task = installation.Installation(runner(commands, tmp_path))
        deadline = time.monotonic() + 20
        while task.tick() is not None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return task

    good = run("print('Collecting x')", "print('Progress 5 of 10')")
    assert (good.state, good.fraction, good.lines) == ("finished", 1.0, ["Collecting x"])
    bad = run("pass", "print('ERROR: No matching distribution'); raise SystemExit(1)", "print(9)")
    assert bad.state == "failed"
    assert "updating pip" in bad.error.text
    assert "No matching distribution" in bad.error.hint
    assert "9" not in bad.lines
