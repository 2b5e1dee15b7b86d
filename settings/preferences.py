"""The engine's whereabouts as the user chose them: interpreter, models, device, folders.

The class that Blender registers, with what is drawn, is in ``panels/preferences.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from ..blender import folders
from ..blender.choices import enum_items
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.options import DEVICES, Choice


def _packages() -> tuple[Choice, ...]:
    if sys.platform == "darwin":
        return (
            Choice("PYPI", "Apple", "Packages for the processor and Apple's graphics processor"),
        )
    return (
        Choice("CPU", "Processor", "Small download, works everywhere"),
        Choice("CUDA", "NVIDIA", "Large download (several GB), for NVIDIA cards"),
    )


def _make_absolute(name: str) -> Callable[[EnginePreferences, bpy.types.Context], None]:
    """A path beside the open file would mean another place, or none, with the next file."""

    def update(self: EnginePreferences, _context: bpy.types.Context) -> None:
        path = getattr(self, name)
        if path.startswith("//"):
            setattr(self, name, bpy.path.abspath(path))

    return update


class EnginePreferences:
    """The preferences' properties; a plain mix-in for the class that is registered."""

    python_path: StringProperty(
        name="Python",
        description="A Python that has the engine's packages; empty is the installed engine",
        subtype="FILE_PATH",
        update=_make_absolute("python_path"),
    )
    packages: EnumProperty(
        name="Packages",
        description="What the installed engine should run on",
        items=enum_items(_packages()),
    )
    device: EnumProperty(
        name="Device",
        description="What the engine computes on",
        items=enum_items(DEVICES),
        default=DEVICES[0].name,
    )
    model_folder: StringProperty(
        name="Models",
        description="A folder with models, each in a folder of its own in diffusers' format",
        subtype="DIR_PATH",
        update=_make_absolute("model_folder"),
    )
    stack_folder: StringProperty(
        name="Zoom Stacks",
        description=(
            "Where new zoom stacks go when the scene names no folder. Empty: the extension's own "
            "folder, which Blender deletes together with the extension"
        ),
        subtype="DIR_PATH",
        update=_make_absolute("stack_folder"),
    )
    remote_command: StringProperty(
        name="Remote Command",
        description=(
            "A command that runs the engine on another machine, such as: ssh box zoomstack. "
            "Empty: the engine runs on this one"
        ),
    )
    remote_models: StringProperty(name="Remote Models", options={"HIDDEN"})


def preferences() -> EnginePreferences:
    """Those of this Blender."""
    return bpy.context.preferences.addons[folders.PACKAGE].preferences


def remote_command() -> str:
    """The command that runs the engine on another machine; empty where it runs on this one."""
    return preferences().remote_command.strip()


def engine_python() -> Path | None:
    """The engine's interpreter: the one that the user chose, else the private one, if any."""
    chosen = folders.user_choice(preferences().python_path.strip())
    if chosen is not None:
        return chosen
    private = folders.environment_python(folders.environment_folder())
    return private if private.exists() else None


def engine_is_configured() -> bool:
    """Whether there is anything to start; not whether it works."""
    return bool(remote_command()) or engine_python() is not None


def model_folder() -> Path | None:
    """The folder with the user's models, if one was chosen."""
    return folders.user_choice(preferences().model_folder.strip())


def new_stack_folder(chosen: str, title: str) -> Path:
    """Make a new folder for a zoom stack.

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
    parent = folders.user_choice(chosen or preferences().stack_folder.strip())
    return folders.new_folder(parent or folders.user_folder("stacks"), title)
