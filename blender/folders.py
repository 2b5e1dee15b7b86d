"""Where things lie: the extension itself, and its own folders below the user's."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.own_engine import Home

#: The extension's module, by which Blender knows its preferences and folders.
PACKAGE = __package__.rpartition(".")[0]
EXTENSION = Path(__file__).parents[1]
PRESETS = EXTENSION / "presets"
KEPT_LOGS = 10
_OTHER_FOLDER = "Choose another output folder."


def user_path(name: str = "") -> Path:
    """A folder of the extension's own below the user's Blender folder; it may not exist."""
    return Path(bpy.utils.extension_path_user(PACKAGE)) / name


def user_folder(name: str) -> Path:
    """The same, made when missing.

    Raises:
        ZoomStackError: code ``unwritable``.
    """
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path=name, create=True))
    except OSError as error:
        raise _unwritable(error.filename or name, error) from None


def zooms_folder() -> Path:
    """Where zooms go that nobody said anything else of; it may not exist.

    Beside the file, so that both are moved together. Before that is saved, where Blender removes
    nothing: the folders of an extension go with it.
    """
    if bpy.data.filepath:
        return Path(bpy.path.abspath("//zooms"))
    return unsaved_zooms_folder()


def unsaved_zooms_folder() -> Path:
    """The latter of the two, whether or not the file is saved now."""
    return Path(bpy.utils.user_resource("DATAFILES")) / "zoom_stack"


def beside_file(path: str) -> str:
    """A path relative to the .blend file, when there is one on the same drive."""
    if not bpy.data.filepath:
        return path
    try:
        return str(bpy.path.relpath(path))
    except ValueError:
        return os.path.abspath(path)


def engine_home() -> Home:
    """Where the engine of the extension's own lies; it may not exist."""
    return Home(user_path())


def user_choice(path: str) -> Path | None:
    """A path that the user typed or picked; None where it is blank."""
    return Path(os.path.expanduser(bpy.path.abspath(path))) if path.strip() else None


def new_folder(parent: Path, title: str) -> Path:
    """Make a new folder, named after some words, and try that it can be written to.

    Raises:
        ZoomStackError: code ``unwritable``.
    """
    name = plain_name(title)
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}_{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not parent.is_dir():
                raise ZoomStackError(
                    "unwritable", f"{parent} is a file, not a folder.", _OTHER_FOLDER
                ) from None
            number += 1
            continue
        except OSError as error:
            raise _unwritable(str(parent), error) from None
        return folder


def plain_name(title: str) -> str:
    """Some words as the name of a file or folder: lower-case letters, digits and underscores."""
    letters = "".join(c if c.isalnum() else " " for c in title.lower())[:48]
    return "_".join(letters.split()) or "zoom"


def new_log(name: str) -> Path:
    """A log file of this Blender process; the oldest logs are removed."""
    folder = user_folder("logs")
    old = sorted(folder.glob(f"{name}-*.log"), key=lambda file: file.stat().st_mtime)
    for file in old[: -KEPT_LOGS + 1]:
        file.unlink(missing_ok=True)
    return folder / f"{name}-{os.getpid()}.log"


def _unwritable(path: str, error: OSError) -> ZoomStackError:
    return ZoomStackError(
        "unwritable", f"{path} cannot be written to: {error.strerror or error}.", _OTHER_FOLDER
    )
