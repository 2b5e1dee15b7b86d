"""Pictures that travel within messages, from a worker on another machine."""

from __future__ import annotations

import base64
import binascii
import contextlib
import errno
from pathlib import Path

from ..contract.errors import ZoomStackError
from ..contract.lasting import sync_file, sync_folder
from ..contract.messages import Message
from ..contract.stack import MAX_LEVELS, STACK_FILE, parse_stack, write_atomically
from ..contract.validation import read_json, shown
from ..contract.work_folder import WORK_FOLDER, half_picture_file, leads_elsewhere


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
        self._whole: dict[str, Path] = {}  # the files that are here, by their final names

    def begin(self, out: Path) -> None:
        """A run begins, whose finished stack goes into a folder."""
        self.close()
        self._out = out

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
        """Take no more files, and leave none that is half there, nor half a stack."""
        self._out = None
        self._drop()
        for file in self._whole.values():
            file.unlink(missing_ok=True)
        self._whole.clear()

    def _drop(self) -> None:
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._file = None

    def _store_piece(self, message: Message) -> None:
        name, part, parts = message["name"], message["part"], message["parts"]
        out = self._out
        if out is None:  # no run is under way
            return
        if part == 0:
            self._drop()
            self._check_name(name)
        elif self._file is None or self._next != (name, part, parts):
            raise _damaged(name)
        content = _decoded(message["data"], name)
        # Ours by its name, for whoever tidies up after a Blender that was killed.
        temporary = half_picture_file(out, len(self._whole))
        try:
            if leads_elsewhere(out):
                raise NotADirectoryError(errno.ENOTDIR, "the engine's folder in it is a link")
            temporary.parent.mkdir(parents=True, exist_ok=True)
            self._file, self._next = temporary, (name, part + 1, parts)
            if part == 0:
                temporary.unlink(missing_ok=True)
            with temporary.open("ab") as stream:
                stream.write(content)
                if part + 1 == parts:
                    stream.flush()
                    sync_file(stream.fileno())
            if part + 1 == parts:
                self._whole[name], self._file = temporary, None
                if name == STACK_FILE:
                    self._put_in_place(out)
        except OSError as error:
            self._drop()
            raise _unwritable(out / name, error) from None

    def _check_name(self, name: str) -> None:
        if name in self._whole:
            raise ZoomStackError("bad_picture", f"The engine sent {name} twice.", "Try again.")
        if len(self._whole) > MAX_LEVELS:  # and a stack.json
            raise ZoomStackError("bad_picture", "The engine sent more files than a zoom has.")

    def _put_in_place(self, out: Path) -> None:
        """The stack is whole: its pictures get their names, and stack.json last."""
        if (out / STACK_FILE).exists():
            raise ZoomStackError(
                "unwritable", f"{out} has a zoom already.", "Choose another output folder."
            )
        stack = parse_stack(read_json(self._whole[STACK_FILE], "bad_stack"), out)
        for name in dict.fromkeys(level.image for level in stack.levels):
            if name not in self._whole:
                raise ZoomStackError(
                    "bad_picture", f"The engine did not send {shown(name)}.", "Try again."
                )
            self._whole.pop(name).replace(out / name)
        self._whole.pop(STACK_FILE).replace(out / STACK_FILE)
        sync_folder(out)
        with contextlib.suppress(OSError):  # a run of this machine keeps its own things there
            (out / WORK_FOLDER).rmdir()


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
