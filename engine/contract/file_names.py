"""Names of files out of other people's documents: what every system can have, and nothing else.

Windows takes ``a.png:b`` for a stream of ``a.png``, ``C:x`` for a file on another drive,
``NUL.png`` for a device and ``a.png.`` for ``a.png``. A document is refused alike on all systems,
or a stack that was made on one could do harm on another.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

LONGEST = 255  # of one name, in UTF-16 units, which is what the systems have in common
_DEVICES = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$"}) | {
    f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789¹²³"
}
_UNPRINTED = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


_LONGEST_PATH = 1000


def is_reserved(name: str) -> bool:
    """Whether Windows takes a name, whatever its suffix, for a device."""
    return name.partition(".")[0].strip().lower() in _DEVICES


def why_no_name(name: str) -> str:
    """Why a path below a folder, with forward slashes or backslashes, is refused; "" if it is not.

    Returns:
        the rest of a sentence that begins with the name, without the stop.
    """
    if _UNPRINTED.search(name):
        return "has letters in it that nobody can read"
    if len(name) > _LONGEST_PATH:
        return f"is longer than {_LONGEST_PATH} letters"
    path = PurePosixPath(name.replace("\\", "/"))
    if not name.strip() or not path.parts or path.is_absolute() or ".." in path.parts:
        return "is no file in the folder"
    for part in path.parts:
        if ":" in part:
            return "has a colon in it, which Windows takes for a drive or a stream"
        if part != part.rstrip(". "):
            return "ends with a blank or a stop, which Windows leaves out"
        if is_reserved(part):
            return "is the name of a device in Windows"
        if len(part.encode("utf-16-le")) > 2 * LONGEST:
            return f"is longer than the {LONGEST} letters that a file's name can have"
    return ""


def short_path(path: Path | str) -> str:
    """A file's name and its folder's, which is what a person needs to know it by."""
    return str(Path(*Path(path).parts[-2:]))


def leaves(folder: Path, name: str) -> bool:
    """Whether a path below a folder is, or goes through, a link to a place outside it.

    The folder itself may be reached through a link.
    """
    parts = PurePosixPath(name).parts
    steps = (folder.joinpath(*parts[: count + 1]) for count in range(len(parts)))
    if not any(map(_is_link, steps)):
        return False
    root = os.path.realpath(folder)
    real = os.path.realpath(folder.joinpath(*parts))
    return os.path.commonpath([root, real]) != root if _same_drive(root, real) else True


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink() or (hasattr(path, "is_junction") and path.is_junction())
    except OSError:  # a name that this system cannot have
        return False


def _same_drive(a: str, b: str) -> bool:
    drives = [os.path.normcase(os.path.splitdrive(each)[0]) for each in (a, b)]
    return drives[0] == drives[1]
