"""No socket is opened in a run, a check, a list of models or a view: Python tells of each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.paths import REPO

#: Stands before the engine: whatever Python does with the network ends up in a file.
WATCHED = """
import os, runpy, sys
heard = sys.argv.pop(1)
def hear(event, arguments):
    if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.")):
        with os.fdopen(os.open(heard, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "a") as file:
            file.write(f"{event} {arguments!r:.200}\\n")
sys.addaudithook(hear)
sys.argv[0] = "engine"
runpy.run_module("engine", run_name="__main__", alter_sys=True)
"""
JOB = {
    "levels": [{"prompt": "forest"}, {"prompt": "treetops"}],
    "size": [64, 64],
    "sampler": {"steps": 2},
}


@pytest.mark.slow
def test_a_worker_opens_no_socket(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    worker = subprocess.Popen(
        [sys.executable, "-c", WATCHED, str(heard), "worker"],
        cwd=REPO,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert worker.stdin
    assert worker.stdout
    out = str(tmp_path / "out")
    for request in (
        {"type": "check"},
        {"type": "models"},
        {"type": "generate", "job": JOB, "out": out, "device": "cpu"},
    ):
        worker.stdin.write(json.dumps(request) + "\n")
        worker.stdin.flush()
        kind = ""
        while kind != "done":
            message = json.loads(worker.stdout.readline())
            kind = message["type"]
            assert kind != "error", message
            assert _sockets_of(worker.pid) == []
        assert message["status"] == "finished"
    worker.stdin.close()
    worker.wait(20)
    worker.stdout.close()
    _view(heard, out)
    assert not heard.exists(), heard.read_text()


def _view(heard: Path, out: str) -> None:
    frame = str(heard.with_name("frame.png"))
    command = ["view", out, "--magnification", "1.5", "--size", "32x32", "--out", frame]
    subprocess.run([sys.executable, "-c", WATCHED, str(heard), *command], cwd=REPO, check=True)


def _sockets_of(pid: int) -> list[str]:
    """What the system knows of, for libraries that ask it themselves; Linux alone tells."""
    folder = Path(f"/proc/{pid}/fd")
    found = []
    for entry in folder.iterdir() if folder.exists() else ():
        try:
            found.append(os.readlink(entry))
        except OSError:
            continue  # closed meanwhile
    return [each for each in found if each.startswith("socket:")]


def test_the_watch_hears_a_socket(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    (tmp_path / "engine.py").write_text(
        "import contextlib, socket\n"
        "with contextlib.suppress(OSError): socket.create_connection(('127.0.0.1', 9), 0.1)\n"
    )
    subprocess.run([sys.executable, "-c", WATCHED, str(heard)], cwd=tmp_path, check=True)
    assert "socket.connect" in heard.read_text()


def test_the_watch_sees_an_open_one() -> None:
    program = "import socket, time; s = socket.socket(); print(flush=True); time.sleep(30)"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        if sys.platform == "linux":
            assert _sockets_of(process.pid)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
