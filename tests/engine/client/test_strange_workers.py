"""Workers that flood, keep silent, hang, or say what no worker says: each ends in one sentence."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools.paths import REPO
from engine.client import connection
from engine.client.connection import Client
from engine.client.launch import Launch
from engine.client.mailbox import MOST_WARNINGS, Mailbox
from engine.contract.messages import Message
from tests.faults.kills import is_alive

SCRIPT = """
import json, sys, time
def say(**message):
    sys.stdout.write(json.dumps(message) + "\\n"); sys.stdout.flush()
def line(text):
    sys.stdout.write(text + "\\n"); sys.stdout.flush()
say(type="hello", protocol=2)
sys.stdin.readline()
"""
Start = Callable[..., Client]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    clients: list[Client] = []

    def launch(body: str, inbox: bool = False, asks: str = "generate", **options: float) -> Client:
        argv = (sys.executable, "-c", SCRIPT + body)
        box = tmp_path / "inbox" if inbox else None
        clients.append(Client(Launch(argv, REPO, tmp_path / "log", box), **options))
        run = {"job": {}, "out": str(tmp_path / "out")} if asks == "generate" else {}
        clients[-1].request({"type": asks, **run})
        return clients[-1]

    yield launch
    for client in clients:
        client.close()
        client._process.kill()
        assert client.wait_closed(8.0)


def listen(client: Client, seconds: float) -> list[Message]:
    """All that comes until "done", or until the time is over."""
    messages: list[Message] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not any(m["type"] == "done" for m in messages):
        began = time.thread_time()
        messages += client.poll()
        assert time.thread_time() - began < 0.016
        time.sleep(0.02)
    return messages


@pytest.mark.parametrize(
    "line",
    [
        '{"type": []}',
        '{"type": null}',
        '{"type": "progress"}',
        '{"type": "progress", "step": "x", "total": 1, "eta": null}',
        '{"type": "preview", "step": 1, "level": 1e999, "levels": 2, "file": "x"}',
        '{"type": "done", "status": 7}',
        '{"type": "error", "code": 1, "text": []}',
        '{"type": "hello", "protocol": {}}',
        '{"type": "file", "name": "a.py", "part": 0, "parts": 1, "data": ""}',
        '{"type": "preview", "step": 1, "level": 0, "levels": 2, "data": "%%%"}',
    ],
)
def test_a_message_that_is_none_is_told_within_a_second(start: Start, line: str) -> None:
    client = start(f"time.sleep(0.5); line({line!r}); time.sleep(60)", inbox=True)
    until_greeted(client)
    began = time.monotonic()
    messages = listen(client, 5.0)
    assert time.monotonic() - began < 1.5
    assert [m["type"] for m in messages[-2:]] == ["error", "done"]
    assert messages[-2]["text"].endswith(".")
    assert messages[-1]["status"] == "failed"


def until_greeted(client: Client) -> None:
    deadline = time.monotonic() + 10.0
    while not client.poll() and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.parametrize("thread", ["writer", "reader"])
def test_a_thread_that_fails_is_an_error(
    start: Start, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], thread: str
) -> None:
    client = start("time.sleep(0.3); say(type='stage', name='load', text='x'); time.sleep(60)")

    def fail(*_arguments: object) -> None:
        raise ArithmeticError("a defect")

    if thread == "reader":
        monkeypatch.setattr(client._process, "_on_line", fail)
    else:
        client._process.write(3)  # type: ignore[arg-type]  # what has no bytes
    messages = listen(client, 10.0)
    assert "The conversation with the engine broke" in messages[-2]["text"]
    assert messages[-1] == {"type": "done", "status": "failed"}
    assert "Traceback" in capfd.readouterr().err


def test_a_workers_end_is_told_at_once(start: Start) -> None:
    client = start("sys.stdin.readline()")
    until_greeted(client)
    assert client.pid
    os.kill(client.pid, signal.SIGKILL)
    began = time.monotonic()
    assert listen(client, 5.0)[-1]["status"] == "failed"
    assert time.monotonic() - began < 0.5


def test_a_worker_that_does_not_listen_is_an_error(start: Start) -> None:
    client = start("import os; os.close(0)\nwhile True:\n    say(type='alive'); time.sleep(0.1)")
    until_greeted(client)
    time.sleep(0.3)
    client._process.write("{}\n")
    messages = listen(client, 5.0)
    assert "closed its end" in messages[-2]["text"]


@pytest.mark.parametrize("request_", ["check", "generate"])
def test_files_come_only_in_a_run(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: str
) -> None:
    monkeypatch.chdir(tmp_path)
    piece = "say(type='file', name='stack.json', part=0, parts=1, data='e30=')"
    body = f"say(type='done', status='finished'); {piece}; time.sleep(60)"
    if request_ == "check":
        body = f"{piece}; say(type='done', status='finished'); sys.stdin.readline(); {body}"
    client = start(body, inbox=True, asks=request_)
    listen(client, 10.0)
    time.sleep(0.3)
    assert not list(tmp_path.rglob("stack.json"))


def test_a_line_of_too_many_parts_holds_nobody_up(start: Start) -> None:
    body = "line('{\"type\": \"check\", \"a\": [' + '[],' * 1_200_000 + '1]}')\n" * 3
    client = start(body + "say(type='done', status='finished')")
    worst, began = 0.0, time.monotonic()
    done = False
    while not done and time.monotonic() - began < 20.0:
        before = time.monotonic()
        done = any(m["type"] == "done" for m in client.poll())
        time.sleep(0.005)
        worst = max(worst, time.monotonic() - before)
    assert done
    assert worst < 0.3  # a line of this kind took one second and more


@pytest.mark.parametrize(
    "flood",
    [
        "say(type='warning', code='x', text=f'{n}')",
        "say(type='progress', step=n, total=1000000, eta=None)",
        "say(type='preview', step=1, level=n % 4, levels=4, file='/x')",
        "say(type='error', code='x', text=f'{n}')",
        "line('a library says ' + str(n))",
        "line('x' * 100000)",
        "sys.stderr.write('x' * 1000)",
    ],
)
def test_a_flood_costs_neither_time_nor_memory_and_can_be_cancelled(
    start: Start, flood: str
) -> None:
    client = start(f"n = 0\nwhile True:\n    {flood}; n += 1")
    messages = listen(client, 1.0)
    warnings = [m for m in messages if m["type"] == "warning"]
    assert len(warnings) <= MOST_WARNINGS + 1
    assert sum(m["type"] == "preview" for m in messages) <= 4 * 6
    began = time.monotonic()
    client.cancel()
    assert listen(client, 5.0)[-1] == {"type": "done", "status": "cancelled"}
    assert time.monotonic() - began < 1.5
    assert client.wait_closed(3.0)


def test_a_line_without_an_end_is_passed_over(start: Start) -> None:
    body = "sys.stdout.write('x' * 20_000_000 + '\\n'); say(type='done', status='finished')"
    messages = listen(start(body), 20.0)
    assert messages[-1] == {"type": "done", "status": "finished"}


def test_a_log_stays_small(start: Start, tmp_path: Path) -> None:
    client = start("for _ in range(60):\n    sys.stderr.write('x' * 10**6)\n    time.sleep(0.05)")
    listen(client, 20.0)
    assert (tmp_path / "log").stat().st_size < 25e6


def test_a_log_that_is_a_link_is_not_written_through(start: Start, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "log").symlink_to(tmp_path / "mine")
    listen(start("sys.stderr.write('words'); say(type='done', status='finished')"), 20.0)
    assert (tmp_path / "mine").read_text() == "precious"
    assert not (tmp_path / "log").is_symlink()


def test_a_stopped_worker_is_silent_and_heard_again(start: Start) -> None:
    body = "while True:\n    say(type='alive'); time.sleep(0.1)"
    client = start(body)
    until_greeted(client)
    assert client.pid
    os.kill(client.pid, signal.SIGSTOP)
    time.sleep(1.0)
    assert client.silent_seconds() > 0.8
    os.kill(client.pid, signal.SIGCONT)
    time.sleep(0.5)
    assert client.silent_seconds() < 0.5
    os.kill(client.pid, signal.SIGSTOP)
    client.cancel()
    began = time.monotonic()
    assert listen(client, 5.0)[-1]["status"] == "cancelled"
    assert time.monotonic() - began < 1.5
    assert client.wait_closed(2.0)


def test_a_silent_worker_says_alive_several_times_before_one_asks() -> None:
    from engine.contract.messages import ALIVE_SECONDS

    assert 3 * ALIVE_SECONDS < connection.SILENT_SECONDS


def test_the_last_word_counts_and_previews_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    box, clock = Mailbox(), [100.0]
    monkeypatch.setattr("engine.client.mailbox.time.monotonic", lambda: clock[0])

    def preview(level: int, step: int) -> Message:
        return {"type": "preview", "level": level, "step": step}

    for step in (1, 2):
        box.put({"type": "progress", "step": step})
        box.put(preview(0, step))
        box.put(preview(1, step))
    assert [(m["type"], m["step"]) for m in box.take()] == [
        ("progress", 2),
        ("preview", 2),
        ("preview", 2),
    ]
    box.put(preview(0, 3))
    assert box.take() == []
    clock[0] += 0.26
    assert box.take() == [preview(0, 3)]
    box.put(preview(0, 4))
    box.put({"type": "done", "status": "finished"})
    assert [m["type"] for m in box.take()] == ["preview", "done"]


def test_each_warning_is_told_once_and_not_too_many() -> None:
    box = Mailbox()
    for n in range(1000):
        box.put({"type": "warning", "code": "x", "text": str(n % 500)})
    told = [m["text"] for m in box.take()]
    assert told[:MOST_WARNINGS] == [str(n) for n in range(MOST_WARNINGS)]
    assert told[MOST_WARNINGS:] == ["The engine said more than is shown here."]


def test_the_example_in_the_documentation_is_one_of_the_table() -> None:
    from engine.contract.messages import decode

    text = (REPO / "docs" / "formats.md").read_text("utf-8")
    lines = [line[2:] for line in text.splitlines() if line.startswith('< {"type"')]
    assert lines
    for line in lines:
        assert decode(line) == json.loads(line)


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="its children are left there")
@pytest.mark.parametrize("end", ["pass", "os.kill(os.getpid(), 9)"])
def test_what_a_worker_started_ends_with_it(start: Start, tmp_path: Path, end: str) -> None:
    file = tmp_path / "child"
    client = start(
        f"import os, subprocess; child = subprocess.Popen(['/bin/sleep', '60'])\n"
        f"open({str(file)!r}, 'w').write(str(child.pid)); {end}"
    )
    listen(client, 5.0)
    assert client.wait_closed(2.0)
    assert not is_alive(int(file.read_text()))
