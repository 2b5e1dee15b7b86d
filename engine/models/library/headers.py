"""The header of a safetensors file, and what a file is that has none.

The format: eight bytes with the length of the header (little-endian), the header as JSON, then the
weights, which are never read here. See https://huggingface.co/docs/safetensors.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

from ...contract.errors import ZoomStackError
from ...contract.ordinary_files import NotOrdinaryError, open_ordinary
from .found import CODE

LONGEST_HEADER = 32 * 2**20  # bytes; those of the largest models have about one MiB
_LENGTH = 8
_MOST_BRACKETS = 1_000_000  # each takes a hundred times its own size of memory
_MOST_AXES = 16  # of a weight
_LARGEST_NUMBER = 2**48
_AGAIN = "Download it again."
_SAFETENSORS = "Download the model's .safetensors file."


@dataclass(frozen=True)
class Header:
    """What a safetensors file says about its weights.

    Attributes:
        shapes: by key.
        metadata: texts of whoever wrote the file.
        size: bytes of the whole file.
    """

    shapes: Mapping[str, tuple[int, ...]]
    metadata: Mapping[str, str] = field(default_factory=dict)
    size: int = 0

    def __contains__(self, key: str) -> bool:
        return key in self.shapes

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def width(self, key: str, axis: int = -1) -> int:
        """The length of one axis of a weight; 0 where there is none."""
        shape = self.shapes.get(key, ())
        return shape[axis] if -len(shape) <= axis < len(shape) else 0

    def begins(self, *beginnings: str) -> bool:
        """Whether any key begins with one of these."""
        return any(key.startswith(beginnings) for key in self.shapes)

    @cached_property
    def text(self) -> str:
        """All keys, a line each, for searches that look into their middle."""
        return "\n".join(self.shapes)


def read_header(path: Path) -> Header:
    """Read the header of a safetensors file, and check that the file is as long as it says.

    Raises:
        ZoomStackError: code ``bad_model``: with a sentence about what the file is instead.
    """
    try:
        file = open_ordinary(path)
    except FileNotFoundError:
        raise _absent(path) from None
    except NotOrdinaryError as error:
        what = error.reason.removeprefix("it ")
        raise _fail(f"{path.name} {what}.", "Choose a .safetensors file.") from None
    except OSError as error:
        raise _unreadable(path, error) from None
    with file:
        try:
            about = os.fstat(file.fileno())
            start = file.read(512)
            length = _header_length(path, start, about.st_size)
            file.seek(_LENGTH)
            encoded = file.read(length)
        except OSError as error:
            raise _unreadable(path, error) from None
    return _parse(path, encoded, about.st_size)


def is_pickle(path: Path) -> bool:
    """Whether a file's first bytes are those of a pickle, or of torch's archive of one."""
    try:
        with open_ordinary(path) as file:
            start = file.read(512)
    except OSError:
        return False
    if start[_LENGTH : _LENGTH + 1] == b"{":  # safetensors whose header's length looks like one
        return False
    return _begins_a_pickle(start) or (_begins_an_archive(start) and b"/data.pkl" in start)


def _header_length(path: Path, start: bytes, size: int) -> int:
    if size == 0:
        raise _fail(f"{path.name} is empty.", _AGAIN)
    length = int.from_bytes(start[:_LENGTH], "little")
    # The length may begin with any byte, a pickle's first among them: JSON's brace decides.
    if start[_LENGTH : _LENGTH + 1] != b"{":
        raise _something_else(path, start, size)
    if length > LONGEST_HEADER:
        raise _fail(
            f"{path.name} is no safetensors file: its header would have {length:,} bytes.", _AGAIN
        )
    if _LENGTH + length > size:
        raise _truncated(path, size, _LENGTH + length)
    return length


def _something_else(path: Path, start: bytes, size: int) -> ZoomStackError:
    words = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if _begins_an_archive(start) or _begins_a_pickle(start):
        return _fail(
            f"{path.name} is a pickle file, which could run any program.",
            "Download the model's .safetensors file; a changed name does not make one.",
        )
    if start.startswith(b"GGUF"):
        return _fail(f"{path.name} is a GGUF file, which Zoom Stack cannot use.", _SAFETENSORS)
    if words.startswith(b"version https://git-lfs"):
        return _fail(
            f"{path.name} is only a pointer of Git LFS, without the model itself.",
            'Download the model itself, for example with "git lfs pull".',
        )
    if words.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return _fail(
            f"{path.name} is a web page, saved under a model's name.",
            "Download the model itself; its page may ask you to log in.",
        )
    if size <= len(start) and start.isascii():
        return _fail(f"{path.name} is a short text, not a model.", _AGAIN)
    return _fail(f"{path.name} is no safetensors file, whatever its name says.", _SAFETENSORS)


def _begins_an_archive(start: bytes) -> bool:
    return start.startswith(b"PK\x03\x04")


def _begins_a_pickle(start: bytes) -> bool:
    return start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


def _parse(path: Path, encoded: bytes, size: int) -> Header:
    try:
        if encoded.count(b"[") + encoded.count(b"{") > _MOST_BRACKETS:
            raise ValueError
        content = json.loads(encoded.decode("utf-8"))
        metadata = content.pop("__metadata__", {})
        shapes, end = _tensors(content)
        # In a text of the metadata its quotes would be escaped.
        if encoded.count(b'"data_offsets"') > len(shapes):
            json.loads(encoded.decode("utf-8"), object_pairs_hook=_once_each)
    except _TwiceError as error:
        raise _fail(
            f"{path.name} is damaged: its header names {str(error)!r} twice.", _AGAIN
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _fail(f"{path.name} is damaged: its header cannot be read.", _AGAIN) from None
    if not shapes:
        raise _fail(f"{path.name} holds no weights.", _AGAIN)
    whole = _LENGTH + len(encoded) + end
    if whole > size:
        raise _truncated(path, size, whole)
    if whole < size:
        raise _fail(
            f"{path.name} is damaged: it has {size - whole:,} bytes more than its header says.",
            _AGAIN,
        )
    return Header(shapes, _texts(metadata), size)


class _TwiceError(ValueError):
    pass


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise _TwiceError(counts.most_common(1)[0][0])
    return content


def _tensors(content: dict[str, Any]) -> tuple[dict[str, tuple[int, ...]], int]:
    """Shapes, and where the last weight ends, in bytes after the header."""
    shapes = {key: tuple(tensor["shape"]) for key, tensor in content.items()}
    offsets = [(begin, end) for begin, end in map(itemgetter("data_offsets"), content.values())]
    # All at once: there are thousands, and 300 files are to be read in three seconds.
    numbers = [*chain.from_iterable(shapes.values()), *chain.from_iterable(offsets)]
    if set(map(type, numbers)) - {int}:
        raise TypeError
    if max(map(len, shapes.values()), default=0) > _MOST_AXES:
        raise ValueError
    if min(numbers, default=0) < 0 or max(numbers, default=0) > _LARGEST_NUMBER:
        raise ValueError
    if any(begin > end for begin, end in offsets):
        raise ValueError
    return shapes, max((end for _, end in offsets), default=0)


def _texts(metadata: object) -> dict[str, str]:
    if not isinstance(metadata, dict):
        return {}
    return {key: value for key, value in metadata.items() if isinstance(value, str)}


def _truncated(path: Path, size: int, whole: int) -> ZoomStackError:
    return _fail(
        f"{path.name} is cut short: it has {size:,} of its {whole:,} bytes.",
        "Download it again, or wait until its download has ended.",
    )


def _absent(path: Path) -> ZoomStackError:
    if path.is_symlink():
        return _fail(
            f"{path.name} is a link to {os.readlink(path)}, which is not there.",
            "Download the model again, or remove the link.",
        )
    return _fail(f"There is no file {path}.", "Check the path.")


def _unreadable(path: Path, error: OSError) -> ZoomStackError:
    return _fail(
        f"{path.name} cannot be read: {error.strerror or error}.", "Check who may read it."
    )


def _fail(text: str, hint: str) -> ZoomStackError:
    return ZoomStackError(CODE, text, hint)
