"""What a report must not carry."""

from __future__ import annotations

import pytest

from engine.contract.anonymous import anonymous

FOLDERS = ["/home/ada", "/srv/My Shots/secret film", "C:\\Users\\Ada Byron"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('File "/home/ada/ext/engine/run/start.py", line 3', 'File "…/start.py", line 3'),
        ("/srv/My Shots/secret film/zooms/a b.png is gone.", "…/a b.png is gone."),
        ("C:\\Users\\Ada Byron\\zooms\\a.png", "…/a.png"),
        ('{"file": "C:\\\\Users\\\\Ada Byron\\\\a.png"}', '{"file": "…/a.png"}'),
        ("c:/users/ada byron/x.json", "…/x.json"),
        ("D:\\films\\secret\\a.png", "…/a.png"),
        ("\\\\nas\\films\\secret\\a.png", "…/a.png"),
        ("/mnt/client/film/x.exr: Permission denied", "…/x.exr: Permission denied"),
        ("~/models/hidden/x.safetensors", "…/x.safetensors"),
        ("token=hf_abcdefghijklmnop1234", "token=SECRET"),
        ("using hf_abcdefghijklmnop1234 for it", "using TOKEN for it"),
        ("Authorization: Bearer abc.def-123456", "Authorization: SECRET"),
        ("https://ada:pa55@proxy.firm.com:3128/simple", "https://proxy.firm.com:3128/simple"),
        ("HF_TOKEN='abc123'", "HF_TOKEN=SECRET"),
        ("ada@example.org wrote", "MAIL wrote"),
        ("Ada's machine engine-room failed", "NAME's machine NAME failed"),
        ("torch 2.13.0+cpu, 1/2 of 24 steps", "torch 2.13.0+cpu, 1/2 of 24 steps"),
        (
            "https://pypi.org/simple/torch/ answered 404",
            "https://pypi.org/simple/torch/ answered 404",
        ),
        ("canada is no name", "canada is no name"),
        ("x" * 50, "LONG-WORD"),
    ],
)
def test_it_is_gone_and_the_rest_stays(text: str, expected: str) -> None:
    assert anonymous(text, FOLDERS, ["ada", "engine-room"]) == expected


def test_nothing_is_found_in_nothing() -> None:
    assert anonymous("", ["", "/"], ["", "a"]) == ""
