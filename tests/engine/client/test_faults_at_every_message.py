"""A fault at every message of a run: each ends within seconds, in one "done" and one sentence."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from devtools.paths import REPO
from engine.client.connection import Client
from engine.client.launch import Launch
from engine.contract.messages import Message

RUN: list[Message] = [
    {"type": "hello", "protocol": 2, "engine": "fake", "python": "3"},
    {"type": "stage", "name": "load", "text": "Loading"},
    {"type": "warning", "code": "size", "text": "Enlarged."},
    {"type": "stage", "name": "sample", "text": "Sampling"},
    {"type": "preview", "step": 1, "level": 0, "levels": 1, "file": "/nowhere/preview_00.png"},
    {"type": "progress", "step": 1, "total": 2, "level": 0, "levels": 1, "eta": 1.0},
    {"type": "alive"},
    {"type": "result", "folder": "/nowhere", "levels": 1},
    {"type": "done", "status": "finished"},
]
WORKER = """
import json, os, signal, sys, threading, time
run, at, fault = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
def end_with_input():
    while os.read(0, 65536): pass
    os._exit(0)
threading.Thread(target=end_with_input, daemon=True).start()
out = sys.stdout
for number, message in enumerate(run):
    if number == at:
        if fault == "crash": os.kill(os.getpid(), signal.SIGSEGV)
        if fault == "exit": os._exit(0)
        if fault == "half": out.write(json.dumps(message)[:9]); out.flush(); os._exit(1)
        if fault == "stop": os.kill(os.getpid(), signal.SIGSTOP)
        if fault == "hang": time.sleep(60)
        if fault == "closed": os.close(1); time.sleep(60)
        if fault == "garbage": out.buffer.write(bytes(range(256)) * 40 + b"\\n")
        if fault == "strange": out.write(json.dumps({**message, "type": [message]}) + "\\n")
        if fault == "poor": out.write(json.dumps({"type": message["type"]}) + "\\n")
        if fault == "twice": out.write((json.dumps(message) + "\\n") * 2)
        if fault == "missing": continue
        if fault == "newer": message = {**message, "protocol": 3, "more": {"a": [1]}}
    out.write(json.dumps(message) + "\\n")
    out.flush()
time.sleep(60)
"""
#: What a run comes to; those that hang are cancelled.
ENDINGS = {
    "crash": "failed",
    "exit": "failed",
    "half": "failed",
    "stop": "cancelled",
    "hang": "cancelled",
    "closed": "failed",
    "garbage": "finished",
    "strange": "failed",
    "poor": "failed",
    "twice": "finished",
    "missing": "finished",
    "newer": "finished",
}
#: The same where one message is special: "alive" needs nothing, nothing counts before a hello of
#: the same protocol, and without "done" nothing is done.
SPECIAL = {
    ("poor", "alive"): "finished",
    ("missing", "hello"): "cancelled",
    ("missing", "done"): "cancelled",
    ("newer", "hello"): "failed",
}


@pytest.mark.parametrize("fault", ENDINGS)
def test_a_fault_at_every_message(fault: str, tmp_path: Path) -> None:
    clients = [_start(number, fault, tmp_path) for number in range(len(RUN))]
    messages: list[list[Message]] = [[] for _ in clients]
    began = time.monotonic()
    cancelled = False
    while not all(map(_is_done, messages)) and time.monotonic() - began < 20.0:
        for client, heard in zip(clients, messages, strict=True):
            heard += client.poll()
        if not cancelled and time.monotonic() - began > 5.0:
            cancelled = True
            for client, heard in zip(clients, messages, strict=True):
                if not _is_done(heard):
                    client.cancel()
        time.sleep(0.02)
    for client in clients:
        client.close()
    for number, (client, heard) in enumerate(zip(clients, messages, strict=True)):
        where = f"{fault} at {RUN[number]['type']}: {heard[-3:]}"
        counts = Counter(message["type"] for message in heard)
        assert counts["done"] == 1, where
        expected = SPECIAL.get((fault, RUN[number]["type"]), ENDINGS[fault])
        assert heard[-1]["status"] == expected, where
        if heard[-1]["status"] == "failed":
            assert counts["error"] == 1, where
            text = heard[-2]["text"]
            assert text.endswith("."), where
            assert "\n" not in text, where
        assert client.wait_closed(5.0), where


def _start(number: int, fault: str, folder: Path) -> Client:
    argv = (sys.executable, "-S", "-c", WORKER, json.dumps(RUN), str(number), fault)
    client = Client(Launch(argv, REPO, folder / f"log-{number}"))
    client.request({"type": "generate", "job": {}, "out": str(folder / "out")})
    return client


def _is_done(heard: list[Message]) -> bool:
    return any(message["type"] == "done" for message in heard)
