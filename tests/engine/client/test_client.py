"""Blender's end of the pipe, against a worker that behaves and against ones that do not."""

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

import pytest

from devtools.paths import REPO
from engine.client.connection import Client
from engine.client.inline_pictures import Inbox
from engine.client.launch import Launch, local_launch, remote_launch
from engine.contract.errors import ZoomStackError
from engine.contract.messages import Message, decode, encode

FAKE = REPO / "tests" / "doubles" / "fake_worker.py"
JOB = {
    "version": 1,
    "levels": [{"prompt": "a galaxy"}, {"prompt": "a planet"}],
    "sampler": {"steps": 6},
}

Start = Callable[..., Client]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    clients: list[Client] = []
    monkeypatch.setenv("FAKE_WORKER_STEP", "0.02")

    def launch(mode: str = "ok", inline: bool = False, **options: float) -> Client:
        monkeypatch.setenv("FAKE_WORKER_MODE", mode)
        log = tmp_path / "logs" / "worker.log"
        argv = (sys.executable, "-B", str(FAKE))
        if inline:
            command = " ".join(argv)
            client = Client(remote_launch(command, REPO, log, tmp_path / "inbox"), **options)
        else:
            client = Client(Launch(argv, REPO, log), **options)
        clients.append(client)
        return client

    yield launch
    for client in clients:
        client.close()
        assert client.wait_closed(8.0), "a worker outlived its client"


def generate(client: Client, out: Path) -> None:
    out.mkdir(exist_ok=True)
    client.request({"type": "generate", "job": JOB, "out": str(out), "device": "auto"})


def until_done(client: Client, seconds: float = 20.0, cancel_at: str = "") -> list[Message]:
    """Poll as Blender's timer does; no single poll may take long."""
    messages: list[Message] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        start = time.thread_time()
        new = client.poll()
        assert time.thread_time() - start < 0.05
        messages += new
        if any(message["type"] == "done" for message in new):
            return messages
        if cancel_at and any(message["type"] == cancel_at for message in new):
            client.cancel()
        time.sleep(0.01)
    raise AssertionError(f"no done within {seconds} s: {messages[-3:]}")


def types(messages: list[Message]) -> list[str]:
    return [message["type"] for message in messages]


def the_error(messages: list[Message]) -> Message:
    assert types(messages)[-2:] == ["error", "done"]
    assert messages[-1]["status"] == "failed"
    assert messages[-2]["text"].endswith(".")
    return messages[-2]


def test_a_run_brings_hello_progress_previews_result_and_one_done(
    start: Start, tmp_path: Path
) -> None:
    client = start()
    generate(client, tmp_path / "out")
    messages = until_done(client)
    assert types(messages)[0] == "hello"
    assert types(messages)[-2:] == ["result", "done"]
    assert [m["step"] for m in messages if m["type"] == "progress"][-1] == 6
    assert {m["level"] for m in messages if m["type"] == "preview"} == {0, 1}
    assert messages[-1]["status"] == "finished"
    assert json.loads((tmp_path / "out" / "stack.json").read_text())["version"] == 1


def test_a_hello_that_comes_before_the_request_is_heard(start: Start, tmp_path: Path) -> None:
    client = start(hello_seconds=3.0)
    deadline = time.monotonic() + 10.0
    while not client._mailbox._waiting and time.monotonic() < deadline:
        time.sleep(0.01)  # whoever starts it is busy with something else
    generate(client, tmp_path / "out")
    messages = until_done(client)
    assert types(messages)[0] == "hello"
    assert messages[-1]["status"] == "finished"


def test_a_worker_takes_one_job_after_another(start: Start, tmp_path: Path) -> None:
    client = start()
    for name in ("first", "second"):
        generate(client, tmp_path / name)
        assert until_done(client)[-1]["status"] == "finished"
        assert (tmp_path / name / "stack.json").exists()


def test_cancel_is_answered_by_the_worker(start: Start, tmp_path: Path) -> None:
    client = start()
    generate(client, tmp_path / "out")
    messages = until_done(client, cancel_at="preview")
    assert messages[-1]["status"] == "cancelled"
    assert not client.ended


@pytest.mark.parametrize("mode", ["stubborn", "deaf"])
def test_a_worker_that_ignores_cancel_is_ended(start: Start, tmp_path: Path, mode: str) -> None:
    client = start(mode, cancel_seconds=0.3)
    generate(client, tmp_path / "out")
    until = time.monotonic() + 10.0
    while client.pid is None and time.monotonic() < until:
        time.sleep(0.01)
    messages = until_done(client, cancel_at="hello")
    assert messages[-1] == {"type": "done", "status": "cancelled"}
    assert client.ended
    assert client.wait_closed(8.0)


def test_cancel_before_the_worker_has_said_a_word(start: Start, tmp_path: Path) -> None:
    client = start("silence", cancel_seconds=0.2)
    generate(client, tmp_path / "out")
    client.cancel()
    assert until_done(client)[-1]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("mode", "code", "words"),
    [
        ("crash", "worker_died", "exit code 3"),
        ("segfault", "worker_died", "signal 11"),
        ("quits", "worker_died", "exit code 0"),
        ("traceback", "worker_died", "before it was ready"),
        ("syntax", "old_python", "too old"),
        ("protocol", "protocol", "protocol 99"),
        ("no_torch", "no_torch", "no torch"),
    ],
)
def test_each_way_to_fail_has_its_sentence(
    start: Start, tmp_path: Path, mode: str, code: str, words: str
) -> None:
    client = start(mode)
    generate(client, tmp_path / "out")
    error = the_error(until_done(client))
    assert error["code"] == code
    assert words in error["text"]


def test_the_last_words_of_a_dead_worker_are_in_the_hint(start: Start, tmp_path: Path) -> None:
    client = start("crash")
    generate(client, tmp_path / "out")
    assert "out of memory" in the_error(until_done(client))["hint"]


def test_a_silent_worker_is_given_up(start: Start, tmp_path: Path) -> None:
    client = start("silence", hello_seconds=0.3)
    generate(client, tmp_path / "out")
    assert the_error(until_done(client))["code"] == "silent"


def test_lines_that_are_no_messages_do_no_harm(start: Start, tmp_path: Path) -> None:
    client = start("garbage")
    generate(client, tmp_path / "out")
    assert until_done(client)[-1]["status"] == "finished"


@pytest.mark.parametrize("name", ["nowhere/python", "README"])
def test_a_missing_or_unfit_interpreter_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "README").write_text("no program")
    client = Client(local_launch(tmp_path / name, REPO, tmp_path / "worker.log"))
    generate(client, tmp_path / "out")
    error = the_error(until_done(client))
    assert error["code"] == "no_python"
    assert name.rpartition("/")[2] in error["text"]


def test_a_killed_worker_is_reported(start: Start, tmp_path: Path) -> None:
    client = start()
    generate(client, tmp_path / "out")
    while not any(message["type"] == "progress" for message in client.poll()):
        time.sleep(0.01)
    assert client.pid is not None
    os.kill(client.pid, 9)
    error = the_error(until_done(client))
    assert "signal 9" in error["text"]


def test_pictures_within_messages_become_files(start: Start, tmp_path: Path) -> None:
    client = start(inline=True)
    generate(client, tmp_path / "out")
    messages = until_done(client)
    previews = [message for message in messages if message["type"] == "preview"]
    assert all("data" not in message for message in previews)
    assert Path(previews[-1]["file"]).read_bytes().startswith(b"\x89PNG")
    assert messages[-2]["folder"] == str(tmp_path / "out")
    assert (tmp_path / "out" / "level_01.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "name", ["../evil.json", "/tmp/x.png", "C:x.png", "level_00.png:s", "evil.py", ".zoom_stack"]
)
def test_a_file_name_from_far_away_cannot_leave_its_folder(name: str) -> None:
    message = {"type": "file", "name": name, "part": 0, "parts": 1, "data": ""}
    with pytest.raises(ZoomStackError, match=r'"name" is'):
        decode(encode(message))


@pytest.mark.parametrize("order", [[1], [0, 2], [0, 0, 2], [0, 1, 1]])
def test_pieces_out_of_order_are_no_file(tmp_path: Path, order: list[int]) -> None:
    inbox = Inbox(tmp_path / "inbox")
    inbox.begin(tmp_path / "out")
    pieces = [
        {"type": "file", "name": "level_00.png", "part": part, "parts": 3, "data": ""}
        for part in order
    ]
    with pytest.raises(ZoomStackError, match="damaged"):
        list(map(inbox.store, pieces))
    assert not (tmp_path / "out" / "level_00.png").exists()


def _sent(inbox: Inbox, name: str, content: bytes = b"") -> None:
    data = base64.b64encode(content).decode()
    inbox.store({"type": "file", "name": name, "part": 0, "parts": 1, "data": data})


def test_pictures_come_into_the_folder_with_the_whole_stack_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    inbox = Inbox(tmp_path / "inbox")
    for complete in (False, True):
        inbox.begin(out)
        _sent(inbox, "level_00.png", b"new")
        _sent(inbox, "level_07.png", b"of no level")
        assert not list(out.glob("*.png"))
        if complete:
            _sent(inbox, "stack.json", b'{"version": 1, "levels": [{"image": "level_00.png"}]}')
        inbox.close()
        assert sorted(file.name for file in out.rglob("*") if file.is_file()) == (
            ["level_00.png", "stack.json"] if complete else []
        )
    assert (out / "level_00.png").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b'{"version": 1, "levels": [{"image": "mine.png"}]}', "did not send 'mine.png'"),
        (b'{"version": 1, "levels": [{"image": "../mine.png"}]}', "no file in the folder"),
        (b"", "not valid JSON"),
    ],
)
def test_a_stack_of_other_pictures_is_refused(tmp_path: Path, content: bytes, text: str) -> None:
    inbox = Inbox(tmp_path / "inbox")
    inbox.begin(tmp_path / "out")
    _sent(inbox, "level_00.png")
    with pytest.raises(ZoomStackError, match=text):
        _sent(inbox, "stack.json", content)


def test_a_zoom_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("level_00.png", "stack.json"):
        (out / name).write_bytes(b"mine")
    inbox = Inbox(tmp_path / "inbox")
    inbox.begin(out)
    _sent(inbox, "level_00.png", b"yours")
    with pytest.raises(ZoomStackError, match="has a zoom already"):
        _sent(inbox, "stack.json", b'{"version": 1, "levels": [{"image": "level_00.png"}]}')
    assert {file.read_bytes() for file in out.iterdir() if file.is_file()} == {b"mine"}


def test_no_more_files_come_than_a_zoom_has(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    inbox.begin(tmp_path / "out")
    for number in range(257):
        name = f"level_{number:02d}.png"
        inbox.store({"type": "file", "name": name, "part": 0, "parts": 1, "data": ""})
    with pytest.raises(ZoomStackError, match="more files"):
        inbox.store({"type": "file", "name": "level_00_2.png", "part": 0, "parts": 1, "data": ""})


def test_a_file_of_the_other_machine_is_no_preview(tmp_path: Path) -> None:
    message = {"type": "preview", "step": 1, "level": 0, "levels": 1, "file": "/etc/passwd"}
    assert Inbox(tmp_path).store(message) is None


def test_a_remote_command_with_an_open_quote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ZoomStackError, match="quotes"):
        remote_launch("ssh 'box", REPO, tmp_path / "log", tmp_path)


def test_close_returns_at_once_even_for_a_deaf_worker(start: Start, tmp_path: Path) -> None:
    client = start("deaf")
    generate(client, tmp_path / "out")
    while not client.poll():
        time.sleep(0.01)
    before = time.monotonic()
    client.close()
    assert time.monotonic() - before < 0.1
    assert client.wait_closed(8.0)


def test_the_worker_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Even when that process is killed: nobody is left to tidy up, and the pipe closes."""
    script = (
        "import sys, time; from pathlib import Path\n"
        "from engine.client.connection import Client; from engine.client.launch import Launch\n"
        f"client = Client(Launch((sys.executable, {str(FAKE)!r}), Path('.'), "
        f"Path({str(tmp_path / 'log')!r})))\n"
        "while not client.poll(): time.sleep(0.01)\n"
        "print(client.pid, flush=True); time.sleep(60)\n"
    )
    environment = {**os.environ, "FAKE_WORKER_MODE": "ok"}
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=REPO,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5.0
    while _alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(worker)


def test_no_thread_is_left(start: Start, tmp_path: Path) -> None:
    client = start()
    generate(client, tmp_path / "out")
    until_done(client)
    client.close()
    assert client.wait_closed(5.0)
    deadline = time.monotonic() + 3.0
    while time.monotonic() < deadline:
        names = [thread.name for thread in threading.enumerate()]
        if "zoom-stack-client" not in names:
            return
        time.sleep(0.05)
    raise AssertionError(names)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody reaps in a container is dead all the same.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
