"""Pictures that travel within messages, from a worker on another machine."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

from ..contract.errors import ZoomStackError
from ..contract.messages import Message
from ..contract.stack import write_atomically


def store_pictures(message: Message, inbox: Path | None, out: Path) -> Message:
    """Write a message's pictures to files and name the files instead.

    Args:
        inbox: folder for previews; None leaves every message as it is.
        out: folder for the finished stack.

    Raises:
        ZoomStackError: codes ``unwritable``, ``bad_picture``.
    """
    if inbox is None:
        return message
    if message["type"] == "preview" and "data" in message:
        file = inbox / f"preview_{int(message['level']):02d}.png"
        _write(file, message["data"])
        message = {key: value for key, value in message.items() if key != "data"}
        return message | {"file": str(file)}
    if message["type"] == "result" and "files" in message:
        for name, data in message["files"].items():
            # The other machine names files, never folders of ours.
            if Path(name).name != name or "\\" in name or ":" in name or name in ("", ".", ".."):
                raise ZoomStackError("bad_picture", f"The engine sent a file named {name!r}.")
            _write(out / name, data)
        message = {key: value for key, value in message.items() if key != "files"}
        return message | {"folder": str(out)}
    return message


def _write(file: Path, data: Any) -> None:
    try:
        content = base64.b64decode(data, validate=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, content)
    except (binascii.Error, TypeError, ValueError):
        raise ZoomStackError("bad_picture", f"The engine sent {file.name} damaged.") from None
    except OSError as error:
        raise ZoomStackError(
            "unwritable",
            f"{file} cannot be written: {error.strerror or error}.",
            "Choose another output folder.",
        ) from None
