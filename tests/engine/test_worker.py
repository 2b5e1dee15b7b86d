"""The worker as a process: the protocol, cancelling, the end of its input."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from devtools.paths import REPO
from engine.client.connection import Client
from engine.client.launch import Launch
from engine.contract.messages import Message
from engine.contract.stack import read_stack
from engine.run.request import own_folder
from engine.worker import read_lines

DOUBLE = REPO / "tests" / "doubles" / "analytic_engine.py"
JOB: dict[str, Any] = {
    "levels": [{"prompt": "a galaxy"}, {"prompt": "a planet"}],
    "size": [32, 32],
    "sampler": {"steps": 8},
}


class WorkerProcess:
    """A worker with the analytic model, spoken to line by line."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(DOUBLE), "worker", *arguments],
            cwd=REPO,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def send(self, **request: object) -> None:
        self.send_line(json.dumps(request))

    def send_line(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def receive(self) -> Message:
        """The next message; that it is alive comes at any time."""
        assert self.process.stdout
        while True:
            line = self.process.stdout.readline()
            assert line, "the worker has ended"
            message: Message = json.loads(line)
            if message["type"] != "alive":
                return message

    def until(self, kind: str, **values: object) -> list[Message]:
        """Messages up to the first of a type with those values."""
        messages = [self.receive()]
        while messages[-1]["type"] != kind or not values.items() <= messages[-1].items():
            messages.append(self.receive())
        return messages

    def end(self, seconds: float) -> float:
        """Close its input; returns how long it lived on."""
        assert self.process.stdin
        started = time.monotonic()
        self.process.stdin.close()
        self.process.wait(seconds)
        return time.monotonic() - started


Start = Callable[..., WorkerProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    workers: list[WorkerProcess] = []

    def launch(*arguments: str, **environment: str) -> WorkerProcess:
        workers.append(WorkerProcess(*arguments, **environment))
        return workers[-1]

    yield launch
    for worker in workers:
        worker.process.kill()
        worker.process.wait()


def kinds(messages: list[Message]) -> list[str]:
    return [message["type"] for message in messages]


def test_jobs_one_after_another(start: Start, tmp_path: Path) -> None:
    worker = start()
    assert worker.receive()["type"] == "hello"
    worker.send(type="generate", job=JOB, out=str(tmp_path / "a"), device="cpu")
    worker.send(type="generate", job={"levels": []}, out=str(tmp_path / "b"))
    worker.send(type="generate", job=JOB, out=str(tmp_path / "c"), device="cpu")
    first = worker.until("done")
    assert kinds(first).count("progress") == 8
    assert "preview" in kinds(first)
    assert first[-2]["folder"] == str(tmp_path / "a")
    assert first[-1]["status"] == "finished"
    second = worker.until("done")
    assert kinds(second) == ["error", "done"]
    assert second[0]["code"] == "bad_job"
    assert second[1]["status"] == "failed"
    assert worker.until("done")[-1]["status"] == "finished"
    a, c = ((tmp_path / name / "level_00.png").read_bytes() for name in "ac")
    assert a == c
    worker.send(type="quit")
    assert worker.process.wait(10) == 0


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"job": JOB}, '"out"'),
        ({"job": JOB, "out": ""}, '"out"'),
        ({"job": JOB, "out": "a\0b"}, '"out"'),
        ({"job": JOB, "out": "/dev/null/x", "resume": 1}, '"resume"'),
        ({"job": JOB, "out": "/dev/null/x", "device": "tpu"}, '"device"'),
        ({"job": JOB, "out": "/dev/null/x", "colour": 1}, "'colour'"),
        ({"job": JOB, "out": "/dev/null/x"}, "cannot be written to"),
        ({"out": "/dev/null/x"}, '"job"'),
        ({"out": "/dev/null/x", "job": None}, "an object in braces"),
        ({"job": {**JOB, "levels": [{"prompt": "break"}]}, "out": "OUT"}, "KeyError"),
        ({"job": {**JOB, "levels": [{"prompt": "exhaust"}]}, "out": "OUT"}, "memory"),
    ],
)
def test_what_goes_wrong_is_one_error_and_the_worker_lives(
    shared_worker: WorkerProcess, tmp_path: Path, request_: dict[str, object], words: str
) -> None:
    if request_.get("out") == "OUT":
        request_ = {**request_, "out": str(tmp_path)}
    shared_worker.send(type="generate", **request_)
    messages = [m for m in shared_worker.until("done") if m["type"] != "stage"]
    assert [m for m in kinds(messages) if m != "warning"] == ["error", "done"]
    assert words in messages[-2]["text"]
    assert "\n" not in messages[-2]["text"]


@pytest.fixture(scope="module")
def shared_worker() -> Iterator[WorkerProcess]:
    worker = WorkerProcess()
    worker.receive()
    yield worker
    worker.end(30)


def test_lines_that_are_no_requests_are_answered(shared_worker: WorkerProcess) -> None:
    for line in ("hello", "{", '{"type": "dance"}', '"' + "x" * 70_000 + '"'):
        shared_worker.send_line(line)
        message = shared_worker.receive()
        assert (message["type"], message["code"]) == ("error", "bad_message")


def test_check_is_a_report(shared_worker: WorkerProcess) -> None:
    shared_worker.send(type="check")
    messages = shared_worker.until("done")
    report = next(message for message in messages if message["type"] == "check")
    assert report["python"]["executable"] == sys.executable
    assert messages[-1]["status"] == "finished"


def test_cancel_ends_after_the_present_step_and_can_go_on(start: Start, tmp_path: Path) -> None:
    worker = start(ANALYTIC_STEP="0.2")
    worker.send(type="generate", job=JOB, out=str(tmp_path))
    worker.until("progress", step=2)
    worker.send(type="cancel")
    messages = worker.until("done")
    assert messages[-1]["status"] == "cancelled"
    assert kinds(messages).count("progress") <= 2
    worker.send(type="cancel")  # nothing runs: nothing happens
    worker.send(type="generate", job=JOB, out=str(tmp_path), resume=True)
    messages = worker.until("done")
    assert messages[-1]["status"] == "finished"
    assert kinds(messages).count("progress") <= 6


def test_cancel_and_the_end_of_input_save_the_second_stage_as_well(
    start: Start, tmp_path: Path
) -> None:
    job = {**JOB, "sampler": {"steps": 6}}
    worker = start(ANALYTIC_STEP="0.25", ANALYTIC_SECOND="1")
    worker.send(type="generate", job=job, out=str(tmp_path))
    worker.until("stage", name="refine")
    worker.until("progress", step=2)
    worker.send(type="cancel")
    messages = worker.until("done")
    assert kinds(messages).count("progress") == 1, "done comes once the present step is finished"
    again = start(ANALYTIC_STEP="0.25", ANALYTIC_SECOND="1")
    again.send(type="generate", job=job, out=str(tmp_path), resume=True)
    again.until("warning", text="Going on after step 3 of the second stage.")
    again.until("progress", step=4)
    again.end(10)
    last = start(ANALYTIC_SECOND="1")
    last.send(type="generate", job=job, out=str(tmp_path), resume=True)
    messages = last.until("done")
    going_on = next(m["text"] for m in messages if m.get("code") == "resumed")
    assert going_on == "Going on after step 5 of the second stage."
    assert kinds(messages).count("progress") == 1
    assert messages[-1]["status"] == "finished"


def test_cancel_while_the_model_loads_is_answered_at_once(start: Start, tmp_path: Path) -> None:
    worker = start(ANALYTIC_LOAD="3")
    worker.send(type="generate", job=JOB, out=str(tmp_path))
    worker.until("stage", name="load")
    time.sleep(0.5)
    worker.send(type="cancel")
    asked = time.monotonic()
    assert worker.receive() == {"type": "done", "status": "cancelled"}
    assert time.monotonic() - asked < 2.0
    worker.send(type="generate", job={"levels": []}, out=str(tmp_path))
    assert kinds(worker.until("done")) == ["error", "done"]


def small_stack(folder: Path, side: int) -> Path:
    """One level of noise."""
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)
    Image.fromarray(pixels).save(folder / "a.png")
    (folder / "stack.json").write_text('{"version": 1, "levels": [{"image": "a.png"}]}')
    return folder


def test_a_stack_is_made_sharper_and_a_bad_request_refused(start: Start, tmp_path: Path) -> None:
    stack = str(small_stack(tmp_path / "small", 32))
    worker = start()
    worker.send(type="sharpen", stack=stack, out=str(tmp_path / "a"), times=1)
    messages = worker.until("done", status="failed")
    assert messages[-2]["code"] == "bad_request"
    worker.send(type="sharpen", stack=stack, out=str(tmp_path / "a"), device="cpu")
    messages = worker.until("done", status="finished")
    assert messages[-2] == {"type": "result", "folder": str(tmp_path / "a"), "levels": 1}
    with Image.open(read_stack(tmp_path / "a").picture(0)) as picture:
        assert picture.size == (128, 128)


def test_a_cancelled_sharpening_ends_within_a_second_and_leaves_nothing(
    start: Start, tmp_path: Path
) -> None:
    stack = str(small_stack(tmp_path / "small", 400))
    worker = start()
    request = {"stack": stack, "out": str(tmp_path / "a"), "upscaler": "real_esrgan"}
    worker.send(type="sharpen", device="cpu", **request)
    worker.until("stage", name="enlarge")
    time.sleep(1.0)
    started = time.monotonic()
    worker.send(type="cancel")
    worker.until("done", status="cancelled")
    assert time.monotonic() - started < 5.0  # one second, on a machine that does nothing else
    assert not list((tmp_path / "a").glob("*.png"))


def test_pictures_are_not_sharpened_from_another_machine(start: Start, tmp_path: Path) -> None:
    stack = str(small_stack(tmp_path / "small", 32))
    worker = start("--inline-pictures")
    worker.send(type="sharpen", stack=stack, out=str(tmp_path / "a"))
    messages = worker.until("done", status="failed")
    assert messages[-2]["code"] == "no_pictures"
    assert not (tmp_path / "a").exists()


def test_a_worker_says_that_it_is_alive_in_a_long_step(start: Start, tmp_path: Path) -> None:
    worker = start(ANALYTIC_STEP="60")
    worker.send(type="generate", job=JOB, out=str(tmp_path))
    worker.until("stage", name="sample")
    assert worker.process.stdout
    began = time.monotonic()
    assert json.loads(worker.process.stdout.readline()) == {"type": "alive"}
    assert time.monotonic() - began < 5.0


def test_cancel_and_the_end_of_input_do_not_wait_for_a_step_of_a_minute(
    start: Start, tmp_path: Path
) -> None:
    worker = start(ANALYTIC_STEP="60")
    worker.send(type="generate", job=JOB, out=str(tmp_path))
    worker.until("stage", name="sample")
    began = time.monotonic()
    worker.send(type="cancel")
    worker.until("done", status="cancelled")
    assert time.monotonic() - began < 1.0
    assert worker.end(10) < 2.0


def test_the_end_of_input_ends_a_worker_in_a_step_of_a_minute(start: Start, tmp_path: Path) -> None:
    worker = start(ANALYTIC_STEP="60")
    worker.send(type="generate", job=JOB, out=str(tmp_path))
    worker.until("stage", name="sample")
    assert worker.end(10) < 2.0


def test_what_was_done_before_a_long_step_is_saved_when_that_is_given_up(
    start: Start, tmp_path: Path
) -> None:
    worker = start(ANALYTIC_STEP="3")
    worker.send(type="generate", job=JOB, out=str(tmp_path))
    worker.until("progress", step=1)
    worker.send(type="cancel")
    worker.until("done", status="cancelled")
    assert worker.end(10) < 2.0
    again = start()
    again.send(type="generate", job=JOB, out=str(tmp_path), resume=True)
    told = [m["text"] for m in again.until("done") if m.get("code") == "resumed"]
    assert told == ["Going on after step 1."]


def test_a_waiting_job_can_be_cancelled_too(start: Start, tmp_path: Path) -> None:
    worker = start(ANALYTIC_STEP="0.1")
    worker.send(type="generate", job=JOB, out=str(tmp_path / "a"))
    worker.send(type="generate", job=JOB, out=str(tmp_path / "b"))
    worker.until("progress", step=1)
    worker.send(type="cancel")
    worker.send(type="cancel")
    statuses = [worker.until("done")[-1]["status"] for _ in range(2)]
    assert statuses == ["cancelled", "cancelled"]
    assert not (tmp_path / "b").exists()


def test_the_end_of_input_ends_a_loading_worker(start: Start, tmp_path: Path) -> None:
    worker = start(ANALYTIC_LOAD="60")
    worker.send(type="generate", job=JOB, out=str(tmp_path))
    worker.until("stage", name="load")
    time.sleep(3)  # torch is imported by now, or not: either way
    assert worker.end(10) < 5


def test_the_end_of_input_saves_a_sampling_worker(start: Start, tmp_path: Path) -> None:
    worker = start(ANALYTIC_STEP="0.2")
    worker.send(type="generate", job=JOB, out=str(tmp_path))
    worker.until("progress", step=3)
    assert worker.end(10) < 5
    again = start()
    again.send(type="generate", job=JOB, out=str(tmp_path), resume=True)
    messages = again.until("done")
    assert messages[-1]["status"] == "finished"
    assert kinds(messages).count("progress") <= 5


def test_an_idle_worker_ends_with_its_input(start: Start) -> None:
    worker = start()
    worker.receive()
    assert worker.end(10) < 5
    assert worker.process.returncode == 0


def test_a_reader_that_is_gone_ends_the_worker(start: Start, tmp_path: Path) -> None:
    worker = start(ANALYTIC_STEP="0.2")
    worker.send(type="generate", job=JOB, out=str(tmp_path))
    worker.until("progress", step=1)
    assert worker.process.stdout
    worker.process.stdout.close()
    worker.process.wait(20)


def test_pictures_can_travel_within_the_messages(start: Start, tmp_path: Path) -> None:
    out = "/a folder that only the other machine has/stack"
    worker = start("--inline-pictures", XDG_CACHE_HOME=str(tmp_path))
    for _ in range(2):
        worker.send(type="generate", job=JOB, out=out)
        messages = worker.until("done")
        assert messages[-1]["status"] == "finished"
        preview = next(message for message in messages if message["type"] == "preview")
        assert base64.b64decode(preview["data"]).startswith(b"\x89PNG")
        assert "file" not in preview
        files = {m["name"]: base64.b64decode(m["data"]) for m in messages if m["type"] == "file"}
        assert [name[:5] for name in files] == ["level", "level", "stack"]
        assert all(files[name].startswith(b"\x89PNG") for name in list(files)[:2])
    [run] = (tmp_path / "zoom_stack" / "runs").iterdir()
    os.utime(run, (0, 0))
    start("--inline-pictures", XDG_CACHE_HOME=str(tmp_path)).receive()
    deadline = time.monotonic() + 5.0
    while run.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not run.exists()


@pytest.mark.parametrize("inline", [False, True])
def test_the_client_and_the_worker_understand_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inline: bool
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    argv = [sys.executable, str(DOUBLE), "worker", *(["--inline-pictures"] if inline else [])]
    client = Client(
        Launch(tuple(argv), REPO, tmp_path / "log", tmp_path / "inbox" if inline else None)
    )
    client.request({"type": "generate", "job": JOB, "out": str(tmp_path / "out")})
    messages: list[Message] = []
    while not messages or messages[-1]["type"] != "done":
        time.sleep(0.05)
        messages += client.poll()
    assert messages[-1] == {"type": "done", "status": "finished"}
    previews = [message for message in messages if message["type"] == "preview"]
    assert previews
    assert all(Path(message["file"]).is_file() for message in previews)
    assert len(read_stack(tmp_path / "out").levels) == 2
    client.close()
    assert client.wait_closed(10)


def test_other_folders_of_the_asker_are_other_folders_here() -> None:
    assert own_folder(Path("a")) != own_folder(Path("b"))


def test_lines_arrive_whole_however_the_pipe_cuts_them() -> None:
    reading, writing = os.pipe()
    text = json.dumps({"text": "ä" * 100_000}, ensure_ascii=False).encode()
    lines = read_lines(reading)
    os.write(writing, b"one\n\n  \ntw")
    assert next(lines) == "one"
    os.write(writing, b"o\r\n" + text[:30_000])
    assert next(lines).strip() == "two"
    os.write(writing, text[30_000:60_000])
    # More than a pipe holds, so that somebody else has to write it.
    writer = threading.Thread(target=os.write, args=(writing, text[60_000:] + b"\nno end"))
    writer.start()
    assert next(lines).encode() == text
    writer.join()
    os.close(writing)
    assert list(lines) == []
    os.close(reading)
