"""Model folders of strangers: what lies in them is no program, no endless file and no bomb."""

from __future__ import annotations

import json
import math
import os
import struct
import sys
import time
from pathlib import Path

import pytest

from engine.contract.errors import ZoomStackError
from engine.contract.model_folder import FAMILIES
from engine.machine import environment
from engine.models import entries, if_folder, registry, upscaler_names
from engine.models.library import places
from engine.models.library.headers import read_header
from engine.models.revision import revision_of, revision_of_parts

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")


def safetensors(header: bytes, file: Path) -> Path:
    file.write_bytes(struct.pack("<Q", len(header)) + header)
    return file


def with_shape(numbers: bytes) -> bytes:
    return b'{"a":{"dtype":"F32","shape":[' + numbers + b'],"data_offsets":[0,0]}}'


@pytest.mark.parametrize(
    "header",
    [
        with_shape(b",".join([b"9" * 4000] * 4000)),
        with_shape(b",".join([b"1"] * 40)),
        with_shape(b"1" + b"0" * 400),
        b'{"__metadata__":[' + b",".join([b"[" * 400 + b"]" * 400] * 3000) + b"]}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["digits", "axes", "large", "brackets", "deep"],
)  # fmt: skip
def test_a_header_that_would_take_too_much_is_damage(header: bytes, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(ZoomStackError, match="its header cannot be read"):
        [math.prod(s) for s in read_header(safetensors(header, tmp_path / "a")).shapes.values()]
    assert time.monotonic() - begun < 5.0


def test_a_name_that_is_there_twice_is_found_at_once(tmp_path: Path) -> None:
    one = b'"%d":{"dtype":"F32","shape":[],"data_offsets":[0,0]}'
    header = b"{" + b",".join(one % min(n, 99_998) for n in range(100_000)) + b"}"
    begun = time.monotonic()
    with pytest.raises(ZoomStackError, match="names '99998' twice"):
        read_header(safetensors(header, tmp_path / "a"))
    assert time.monotonic() - begun < 5.0


def test_weights_and_notes_that_never_end_are_not_read(tmp_path: Path) -> None:
    notes = tmp_path / ".cache/huggingface/download/unet"
    notes.mkdir(parents=True)
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet/a.safetensors").symlink_to("/dev/zero")
    (tmp_path / "unet/config.json").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "unet/b.safetensors")
    os.mkfifo(notes / "a.metadata")
    assert len(revision_of(tmp_path, "unet")) == 12
    assert len(revision_of_parts(tmp_path)) == 12


@pytest.mark.parametrize("side", ["64", "1" + "0" * 400, "-1", '"64"', "[" * 5000])
def test_a_native_size_is_a_number_of_pixels(side: str, tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet/config.json").write_text(f'{{"sample_size": {side}}}')
    expected = (64, 64) if side == "64" else None
    assert entries._native_size(tmp_path, FAMILIES["IFPipeline"]) == expected


def test_a_configuration_that_never_ends_says_no_size(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet/config.json").symlink_to("/dev/zero")
    assert entries._native_size(tmp_path, FAMILIES["IFPipeline"]) is None


@pytest.mark.parametrize("merged", [True, False])
def test_a_list_of_places_does_not_swell(merged: bool, tmp_path: Path) -> None:
    lines = ["a0: &a0 {x: 1}"]
    for number in range(1, 26):
        twice = f"[*a{number - 1}, *a{number - 1}]"
        lines.append(f"a{number}: &a{number} {f'{{<<: {twice}}}' if merged else twice}")
    lines += ["s:", "  base_path: *a25", "  checkpoints: a"]
    (tmp_path / "extra_model_paths.yaml").write_text("\n".join(lines))
    begun = time.monotonic()
    found, problems = places.places_of(tmp_path / "extra_model_paths.yaml")
    assert not found
    assert "it has more than 10 aliases" in problems[0]
    assert time.monotonic() - begun < 5.0


def test_a_list_of_places_may_have_an_alias(tmp_path: Path) -> None:
    text = "a: &a\n  base_path: /m\nb:\n  <<: *a\n  checkpoints: c\n"
    (tmp_path / "extra_model_paths.yaml").write_text(text)
    found, problems = places.places_of(tmp_path / "extra_model_paths.yaml")
    assert not problems
    assert [place.folder for place in found] == [Path("/m/c")]


@pytest.mark.parametrize("name", ["/" + "a" * 300, "a" * 300, "/dev/zero", "a/" * 3000])
def test_a_name_of_a_model_is_never_more_than_absent(name: str) -> None:
    with pytest.raises(ZoomStackError):
        registry.find_model(name)
    with pytest.raises(ZoomStackError):
        upscaler_names.check(name, [], None)


def test_a_tokenizer_with_code_of_its_own_does_not_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("builtins.input", lambda *_: asked.append(_) or "y")
    ran = tmp_path / "ran"
    for part in ("tokenizer", "text_encoder"):
        (tmp_path / part).mkdir()
    (tmp_path / "tokenizer/evil.py").write_text(f"open({str(ran)!r}, 'w')\nclass Evil: pass\n")
    config = {"auto_map": {"AutoTokenizer": ["evil.Evil", None]}, "tokenizer_class": "Evil"}
    (tmp_path / "tokenizer/tokenizer_config.json").write_text(json.dumps(config))
    (tmp_path / "tokenizer/config.json").write_text(json.dumps({**config, "model_type": "evil"}))
    with pytest.raises(ZoomStackError) as caught:
        if_folder.unread_ends(tmp_path, ["a"])
    assert caught.value.code == "bad_model"
    assert not asked
    assert not ran.exists()


def test_a_library_that_asks_gets_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", sys.stdin)
    environment.prepare_libraries()
    with pytest.raises(EOFError):
        input("Run it? [y/N]")
