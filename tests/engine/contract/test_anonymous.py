"""What a report must not carry."""

from __future__ import annotations

import pytest

from engine.contract.anonymous import anonymous

FOLDERS = ["/home/ada", "/srv/My Shots/secret film", "C:\\Users\\Ada Byron"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('File "/home/ada/ext/engine/run/start.py", line 3', 'File "…/start.py", line 3'),
        ("/srv/My Shots/secret film/zooms/a b.png is gone.", "…/FILE.png is gone."),
        ("C:\\Users\\Ada Byron\\zooms\\a.png", "…/FILE.png"),
        ('{"file": "C:\\\\Users\\\\Ada Byron\\\\a.png"}', '{"file": "…/FILE.png"}'),
        ("c:/users/ada byron/x.json", "…/FILE.json"),
        ("D:\\films\\Client Nda\\Max Miller.png", "…/FILE.png"),
        ("\\\\nas\\films\\secret\\a.png", "…/FILE.png"),
        ("/mnt/client/Ada's film, 2/x.exr: Permission denied", "…/FILE.exr: Permission denied"),
        ("/media/ada/My Disk/Secret/stack.json is gone", "…/stack.json is gone"),
        ("~/models/hidden/x.safetensors", "…/FILE.safetensors"),
        ("the folder /home/ada is full", "the folder … is full"),
        ("token=hf_abcdefghijklmnop1234", "token=SECRET"),
        ("using hf_abcdefghijklmnop1234 for it", "using TOKEN for it"),
        ("Authorization: Bearer abc.def-123456", "Authorization: SECRET"),
        ("https://ada:pa55@proxy.firm.com:3128/simple", "https://proxy.firm.com:3128/simple"),
        ("HF_TOKEN='abc123'", "HF_TOKEN=SECRET"),
        ("ada@example.org wrote", "MAIL wrote"),
        ("Ada's machine engine-room failed", "NAME's machine NAME failed"),
        ("api_key: 'abc def' is wrong", "api_key: SECRET is wrong"),
        ("10.1.2.3 does not answer", "ADDRESS does not answer"),
        (
            "https://files.pythonhosted.org/packages/ab/cd/torch-2.13.0-cp312-none-any.whl: 404",
            "https://files.pythonhosted.org/packages/ab/cd/torch-2.13.0-cp312-none-any.whl: 404",
        ),
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
