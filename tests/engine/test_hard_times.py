"""The real worker when its surroundings fail: a parent killed at every stage, memory that runs out,
a folder that goes, cannot be written to or has no room."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from devtools.paths import REPO
from engine.contract.messages import ENLARGE, LOAD, PROMPTS, REFINE, SAMPLE
from tests.faults.kills import is_alive

DOUBLE = REPO / "tests" / "doubles" / "analytic_engine.py"
JOB: dict[str, Any] = {
    "levels": [{"prompt": "a galaxy"}, {"prompt": "a planet"}],
    "size": [64, 64],
    "sampler": {"steps": 3},
}
#: Stands for Blender: starts a worker, asks for a zoom and passes on what it hears.
PARENT = """
import json, subprocess, sys
double, request = sys.argv[1:]
worker = subprocess.Popen(
    [sys.executable, "-B", double, "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    stderr=subprocess.DEVNULL, text=True, start_new_session=True,
)
worker.stdin.write(request + "\\n"); worker.stdin.flush()
for line in worker.stdout:
    print(json.dumps({**json.loads(line), "pid": worker.pid}), flush=True)
"""
ENDS_WITHIN = 2.0  # seconds, and a little for a machine that does other things


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("stage", [LOAD, PROMPTS, SAMPLE, REFINE, ENLARGE], ids=lambda s: s.name)
def test_a_worker_ends_with_its_parent_at_every_stage(
    tmp_path: Path, stage: Any, end: signal.Signals
) -> None:
    request = {"type": "generate", "job": JOB, "out": str(tmp_path / "out")}
    environment = {**os.environ, "ANALYTIC_STEP": "60" if stage is SAMPLE else "0.1"}
    if stage is REFINE:
        environment["ANALYTIC_SECOND"] = "1"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(DOUBLE), json.dumps(request)],
        cwd=REPO,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    message: dict[str, Any] = {}
    while message.get("name") != stage.name:
        message = json.loads(parent.stdout.readline())
        assert message["type"] != "done", message
    parent.send_signal(end)
    began = time.monotonic()
    while is_alive(message["pid"]) and time.monotonic() - began < 10.0:
        time.sleep(0.02)
    seconds = time.monotonic() - began
    parent.wait()
    parent.stdout.close()
    assert not is_alive(message["pid"])
    assert seconds < ENDS_WITHIN + 0.5


def run(
    out: Path, prepare: str = "", job: dict[str, Any] = JOB, **environment: str
) -> tuple[list[dict[str, Any]], str]:
    """One request by a real worker; its messages, and what it wrote to standard error.

    Args:
        prepare: Python code that runs in the worker before anything else.
    """
    program = (
        f"import runpy, sys\n{prepare}\nsys.argv = ['engine', 'worker']\n"
        f"runpy.run_path({str(DOUBLE)!r}, run_name='__main__')"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=REPO,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stdin
    assert worker.stdout
    assert worker.stderr
    worker.stdin.write(json.dumps({"type": "generate", "job": job, "out": str(out)}) + "\n")
    worker.stdin.flush()
    messages: list[dict[str, Any]] = []
    while not messages or messages[-1]["type"] != "done":
        line = worker.stdout.readline()
        assert line, f"the worker died: {worker.communicate()[1]}"
        messages.append(json.loads(line))
        if messages[-1]["type"] == "progress" and "GOES" in environment:
            shutil.rmtree(out, ignore_errors=True)
    _, said = worker.communicate()
    return messages, said


def the_error(messages: list[dict[str, Any]]) -> dict[str, Any]:
    errors = [message for message in messages if message["type"] == "error"]
    assert len(errors) == 1
    assert messages[-1]["status"] == "failed"
    assert errors[0]["text"].endswith(".")
    assert "Traceback" not in errors[0]["text"]
    return errors[0]


@pytest.mark.slow
def test_memory_that_runs_out_is_one_sentence(tmp_path: Path) -> None:
    prepare = (
        "import torch, resource; import engine.run.generation\n"
        "torch.rand(2000, 2000) @ torch.rand(2000, 2000)\n"  # its threads have their stacks now
        "taken = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (taken + 2**25, taken + 2**25))"
    )
    if sys.platform != "linux":
        pytest.skip("the system has no such limit")
    messages, said = run(tmp_path / "out", prepare, {**JOB, "size": [2048, 2048]})
    assert the_error(messages)["code"] == "out_of_memory", said
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["write_png", "write_state", "write_stack"])
def test_a_disk_without_room_is_one_sentence_and_leaves_no_half_zoom(
    tmp_path: Path, name: str
) -> None:
    where = {
        "write_png": "engine.run.writing",
        "write_state": "engine.run.checkpoints",
        "write_stack": "engine.run.writing",
    }[name]
    prepare = (
        "import errno, os\n"
        f"import {where} as module\n"
        "def full(*arguments, **options):\n"
        "    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), 'level_00.png')\n"
        f"module.{name} = full"
    )
    out = tmp_path / "out"
    messages, _ = run(out, prepare)
    error = the_error(messages)
    assert error["code"] in ("disk_full", "unwritable")
    assert "space" in error["text"] + error["hint"]
    assert not (out / "stack.json").exists()
    assert not list(out.glob("level_*"))


@pytest.mark.slow
def test_a_folder_that_goes_is_one_sentence(tmp_path: Path) -> None:
    messages, said = run(tmp_path / "out", GOES="1", ANALYTIC_STEP="0.3")
    error = the_error(messages)
    assert error["code"] != "internal", said
    assert str(tmp_path / "out") in error["text"]
