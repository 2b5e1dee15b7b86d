"""The table of messages: what may stand in each, and what is refused, cut or left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.contract.errors import ZoomStackError
from engine.contract.message_table import INSTALLER, LISTING, MESSAGES, REQUESTS
from engine.contract.messages import decode
from engine.contract.model_listing import Listed, read_listing

PROGRESS: dict[str, Any] = {"type": "progress", "step": 1, "total": 2, "eta": None}
PREVIEW: dict[str, Any] = {"type": "preview", "step": 1, "level": 0, "levels": 2, "file": "/a.png"}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({**PROGRESS, "step": "1"}, '"step" is no whole number but a text'),
        ({**PROGRESS, "step": True}, '"step" is no whole number but true or false'),
        ({**PROGRESS, "step": -1}, '"step" is not between 0 and'),
        ({**PROGRESS, "step": 10**400}, '"step" is not between 0 and'),
        ({**PROGRESS, "total": 0}, '"total" is not between 1 and'),
        ({**PROGRESS, "eta": -0.1}, '"eta" is not between 0 and'),
        ({**PROGRESS, "eta": float("nan")}, '"eta" is not between 0 and'),
        ({**PROGRESS, "eta": float("inf")}, '"eta" is not between 0 and'),
        ({"type": "progress", "step": 1, "total": 2}, 'has no "eta"'),
        ({**PREVIEW, "level": 256}, '"level" is not between 0 and 255'),
        ({**PREVIEW, "file": ["/a"]}, '"file" is no text but a list'),
        ({**PREVIEW, "file": "a\0b"}, '"file" is'),
        ({**PREVIEW, "file": "a" * 40_000}, '"file" is longer than'),
        ({**PREVIEW, "data": ""}, "has no picture, or two"),
        ({"type": "stage", "name": "a b", "text": ""}, "\"name\" is 'a b'"),
        ({"type": "done", "status": "perhaps"}, '"status" is none of finished'),
        ({"type": "done"}, 'has no "status"'),
        ({"type": "result", "folder": "", "levels": 1}, '"folder" is'),
        ({"type": "hello", "protocol": "2"}, '"protocol" is no whole number'),
        ({"type": "check", "ok": 1, "problems": []}, '"ok" is not true or false but a number'),
        ({"type": "check", "ok": True, "problems": "no"}, '"problems" is no list but a text'),
        ({"type": "check", "ok": True, "problems": [], "devices": [3]}, '"devices" is no object'),
    ],
)
def test_a_message_with_a_wrong_value_is_refused_by_name(
    message: dict[str, Any], words: str
) -> None:
    with pytest.raises(ZoomStackError) as caught:
        decode(json.dumps(message))
    assert caught.value.code == "bad_message"
    assert words in caught.value.text


def test_what_nobody_knows_is_left_out_and_words_are_cut() -> None:
    text = "a\x1b[31m\ud800" + "b" * 10_000
    message = decode(json.dumps({"type": "warning", "code": "x", "text": text, "more": {}}))
    assert message is not None
    assert set(message) == {"type", "code", "text"}
    assert message["text"].startswith("a\ufffd[31m\ufffdb")
    assert len(message["text"]) == 2000
    assert message["text"].endswith("…")


def test_a_strange_file_name_of_the_system_comes_through() -> None:
    file = "/zooms/\udcff/preview_00.png"
    message = decode(json.dumps({**PREVIEW, "file": file}))
    assert message == {**PREVIEW, "file": file}


def test_each_type_has_a_name_and_nothing_else_is_a_message() -> None:
    for table in (MESSAGES, REQUESTS, INSTALLER):
        for kind in table:
            assert kind.isidentifier()
    assert decode('{"type": "newer"}') is None
    assert decode('{"kind": "done"}') is None


def test_a_listing_keeps_what_can_be_used() -> None:
    models = [
        {"name": "sound", "size": 5, "native_size": [64, 64], "kind": "model", "ok": True},
        {"name": ""},
        {"name": "n" * 600},
        {"name": "large", "size": 10**400},
        {"name": "wide", "native_size": [10**9, 1]},
        {"name": "half\ud800"},
        {"name": "odd", "kind": 3},
        "no model",
        None,
    ]
    assert read_listing(models) == [Listed("sound", "model", size=5, native_size=(64, 64))]
    assert read_listing(None) == []
    again = LISTING.read(LISTING.read(models))
    assert [each["name"] for each in again] == ["sound"]
    assert len(read_listing([{"name": str(n)} for n in range(6000)])) == 5000
