"""Where things lie: the extension's own folders and those that the user chose."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..engine.contract.errors import ZoomStackError

if TYPE_CHECKING:
    from ..settings.preferences import ZOOMSTACK_AP_preferences

EXTENSION = Path(__file__).parent
PRESETS = EXTENSION / "presets"
KEPT_LOGS = 10


def preferences() -> ZOOMSTACK_AP_preferences:
    return bpy.context.preferences.addons[__package__].preferences


def user_folder(name: str) -> Path:
    """A folder of the extension's own below the user's Blender folder; made when missing.

    Raises:
        ZoomStackError: code ``unwritable``.
    """
    try:
        return Path(bpy.utils.extension_path_user(__package__, path=name, create=True))
    except OSError as error:
        raise _unwritable(error.filename or name, error) from None


def environment_folder() -> Path:
    """The private virtual environment of the engine; it may not exist."""
    return Path(bpy.utils.extension_path_user(__package__)) / "engine"


def environment_python(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    if sys.platform == "win32":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def engine_python() -> Path | None:
    """The engine's interpreter: the one that the user chose, else the private one, if any."""
    chosen = preferences().python_path.strip()
    if chosen:
        return Path(os.path.expanduser(bpy.path.abspath(chosen)))
    private = environment_python(environment_folder())
    return private if private.exists() else None


def engine_is_configured() -> bool:
    return bool(preferences().remote_command.strip()) or engine_python() is not None


def model_folder() -> Path | None:
    chosen = preferences().model_folder.strip()
    return Path(os.path.expanduser(bpy.path.abspath(chosen))) if chosen else None


def new_stack_folder(chosen: str, title: str) -> Path:
    """Make a new folder for a zoom stack and try that it can be written to.

    Args:
        chosen: the folder that the scene names; empty is the one in the preferences, or else
            the extension's own.
        title: words to name the new folder after.

    Raises:
        ZoomStackError: code ``unwritable``.
    """
    if chosen.startswith("//") and not bpy.data.filepath:
        raise ZoomStackError(
            "unwritable",
            f"The output folder {chosen} is relative to a file that is not saved yet.",
            "Save the file, or choose another output folder.",
        )
    chosen = chosen or preferences().stack_folder.strip()
    parent = Path(os.path.expanduser(bpy.path.abspath(chosen))) if chosen else user_folder("stacks")
    letters = "".join(c if c.isalnum() else " " for c in title.lower())[:48]
    name = "_".join(letters.split()) or "zoom"
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


def new_log(name: str) -> Path:
    """A log file of this Blender process; the oldest logs are removed."""
    folder = user_folder("logs")
    old = sorted(folder.glob(f"{name}-*.log"), key=lambda file: file.stat().st_mtime)
    for file in old[: -KEPT_LOGS + 1]:
        file.unlink(missing_ok=True)
    return folder / f"{name}-{os.getpid()}.log"


_OTHER_FOLDER = "Choose another output folder."


def _unwritable(path: str, error: OSError) -> ZoomStackError:
    return ZoomStackError(
        "unwritable", f"{path} cannot be written to: {error.strerror or error}.", _OTHER_FOLDER
    )
