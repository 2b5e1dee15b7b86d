"""Pictures that travel within messages, from a worker on another machine."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from ..contract.errors import ZoomStackError
from ..contract.lasting import sync_file
from ..contract.messages import Message
from ..contract.stack import MAX_LEVELS, write_atomically


class Inbox:
    """Writes the pictures of messages into folders that this side has chosen.

    Args:
        folder: for previews.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._out: Path | None = None
        self._file: Path | None = None  # under way, under its temporary name
        self._next = ("", 0, 0)  # name, part and parts that have to come next
        self._names: set[str] = set()

    def begin(self, out: Path) -> None:
        """A run begins, whose finished stack goes into a folder."""
        self.close()
        self._out = out
        self._names.clear()

    def store(self, message: Message) -> Message | None:
        """Write a message's pictures to files and name the files instead.

        Args:
            message: as the table of messages has it.

        Returns:
            What is left to be told; None of a piece of a file.

        Raises:
            ZoomStackError: codes ``unwritable``, ``bad_picture``.
        """
        if message["type"] == "file":
            self._store_piece(message)
            return None
        if message["type"] == "result":
            return message | {"folder": str(self._out)}
        if message["type"] != "preview":
            return message
        if "data" not in message:  # a file of the other machine
            return None
        file = self.folder / f"preview_{message['level']:02d}.png"
        content = _decoded(message["data"], file.name)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, content)
        except OSError as error:
            raise _unwritable(file, error) from None
        return {key: value for key, value in message.items() if key != "data"} | {"file": str(file)}

    def close(self) -> None:
        """Take no more files, and leave none that is half there."""
        self._out = None
        self._drop()

    def _drop(self) -> None:
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._file = None

    def _store_piece(self, message: Message) -> None:
        name, part, parts = message["name"], message["part"], message["parts"]
        out = self._out
        if out is None:  # no run is under way
            return
        self._names.add(name)
        if len(self._names) > MAX_LEVELS + 1:  # and a stack.json
            raise ZoomStackError("bad_picture", "The engine sent more files than a zoom has.")
        if part == 0:
            self._drop()
        elif self._file is None or self._next != (name, part, parts):
            raise _damaged(name)
        content = _decoded(message["data"], name)
        temporary = out / f".{name}.{os.getpid()}.tmp"
        try:
            out.mkdir(parents=True, exist_ok=True)
            self._file, self._next = temporary, (name, part + 1, parts)
            if part == 0:
                temporary.unlink(missing_ok=True)
            with temporary.open("ab") as stream:
                stream.write(content)
                if part + 1 == parts:
                    stream.flush()
                    sync_file(stream.fileno())
            if part + 1 == parts:
                temporary.replace(out / name)
                self._file = None
        except OSError as error:
            self._drop()
            raise _unwritable(out / name, error) from None


def _decoded(data: str, name: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise _damaged(name) from None


def _damaged(name: str) -> ZoomStackError:
    return ZoomStackError("bad_picture", f"The engine sent {name} damaged.", "Try again.")


def _unwritable(file: Path, error: OSError) -> ZoomStackError:
    return ZoomStackError(
        "unwritable",
        f"{file} cannot be written: {error.strerror or error}.",
        "Choose another output folder.",
    )
