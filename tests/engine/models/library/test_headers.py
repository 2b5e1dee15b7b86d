"""What is said of files that are no whole safetensors files, whatever their names are."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract.errors import ZoomStackError
from engine.models.library.headers import is_pickle, read_header
from tests.engine.models.library.sparse import write_header, write_sparse

ONE = {"a": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}}


def complaint(path: Path) -> ZoomStackError:
    with pytest.raises(ZoomStackError) as caught:
        read_header(path)
    assert caught.value.code == "bad_model"
    assert caught.value.hint
    return caught.value


def written(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def torch_archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))


def twice(path: Path) -> None:
    one = b'"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}'
    header = b"{" + one + b"," + one + b"}"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0")


def longer(path: Path) -> None:
    write_header(path, ONE, 12)
    with path.open("ab") as file:
        file.write(b"more")


def header_cut(path: Path) -> None:
    path.write_bytes((1000).to_bytes(8, "little") + b'{"a":')


WRONG = {
    "empty": (written(b""), "is empty"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps({"a": 1})), "is a pickle file"),
    "torch": (torch_archive, "is a pickle file"),
    "gguf": (written(b"GGUF\x03\0\0\0" + b"\0" * 600), "is a GGUF file"),
    "page": (written(b"\n<!DOCTYPE html><html>" + b" " * 600), "is a web page"),
    "pointer": (
        written(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        "is only a pointer of Git LFS",
    ),
    "text": (written(b"Access denied"), "is a short text"),
    "noise": (written(bytes(range(256)) * 4), "is no safetensors file"),
    "huge header": (
        written((2**60).to_bytes(8, "little") + b'{"a":' + b" " * 100),
        "its header would have 1,152,921,504,606,846,976 bytes",
    ),
    "header cut": (header_cut, "is cut short: it has 13 of its 1,008 bytes"),
    "no JSON": (
        written((4).to_bytes(8, "little") + b"{a:}"),
        "is damaged: its header cannot be read",
    ),
    "a list": (lambda path: write_header(path, {"a": []}), "is damaged: its header cannot"),
    "deep": (
        written((60_000).to_bytes(8, "little") + b'{"a":' * 10_000 + b"{" * 10_000),
        "is damaged: its header cannot be read",
    ),
    "twice": (twice, "its header names 'a' twice"),
    "no weights": (lambda path: write_header(path, {"__metadata__": {}}), "holds no weights"),
    "more": (longer, "has 4 bytes more than its header says"),
    "backwards": (
        lambda path: write_header(
            path, {"a": {"dtype": "F16", "shape": [1], "data_offsets": [4, 2]}}, 4
        ),
        "is damaged: its header cannot be read",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_is_something_else_is_named_for_what_it_is(what: str, tmp_path: Path) -> None:
    make, words = WRONG[what]
    path = tmp_path / "modèle.safetensors"
    make(path)
    error = complaint(path)
    assert error.text.startswith("modèle.safetensors ")
    assert words in error.text


def test_a_whole_file_tells_its_weights(tmp_path: Path) -> None:
    path = write_sparse(tmp_path / "a.safetensors", {"x": (4, 5), "y": ()}, author="me")
    header = read_header(path)
    assert header.shapes == {"x": (4, 5), "y": ()}
    assert header.metadata == {"author": "me"}
    assert header.width("x") == 5
    assert header.width("x", 0) == 4
    assert header.width("absent") == 0


def test_a_header_whose_length_begins_as_a_pickle_does_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    for padding in range(1024):  # until the length is 0x280
        write_header(path, ONE | {"__metadata__": {"p": " " * padding}}, 12)
        if path.read_bytes()[:2] == b"\x80\x02":
            break
    assert path.read_bytes()[:2] == b"\x80\x02"
    assert read_header(path).shapes == {"a": (2, 3)}
    assert not is_pickle(path)


@pytest.mark.parametrize("lost", [1, 6, 12])
def test_a_file_cut_short_says_how_much_is_there(tmp_path: Path, lost: int) -> None:
    path = write_header(tmp_path / "a.safetensors", ONE, 12)
    whole = path.stat().st_size
    os.truncate(path, whole - lost)
    assert f"it has {whole - lost} of its {whole} bytes" in complaint(path).text


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "There is no file" in complaint(tmp_path / "absent.safetensors").text
    (tmp_path / "folder.safetensors").mkdir()
    assert "is a folder, not a file" in complaint(tmp_path / "folder.safetensors").text
    (tmp_path / "link.safetensors").symlink_to("gone.safetensors")
    assert (
        "a link to gone.safetensors, which is not there"
        in complaint(tmp_path / "link.safetensors").text
    )
    os.mkfifo(tmp_path / "pipe.safetensors")  # reading it would wait for ever
    assert "is no ordinary file" in complaint(tmp_path / "pipe.safetensors").text


def test_pickles_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(pickle.dumps([]))
    assert is_pickle(tmp_path / "a")
    torch_archive(tmp_path / "b")
    assert is_pickle(tmp_path / "b")
    with zipfile.ZipFile(tmp_path / "c", "w") as archive:
        archive.writestr("readme.txt", "no weights")
    assert not is_pickle(tmp_path / "c")
    assert not is_pickle(tmp_path / "absent")
