"""The engine's whereabouts as the user chose them: interpreter, models, device, folders.

The class that Blender registers, with what is drawn, is in ``panels/preferences.py``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import bpy
from bpy.props import CollectionProperty, EnumProperty, StringProperty

from ..blender import folders
from ..blender.choices import enum_items
from ..blender.screen import redraw
from ..engine.contract.backends import backends_for
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.options import DEVICES
from ..engine.contract.own_engine import State, installed, python_of, state_of

_A_MOMENT = 1.0  # seconds
_seen: dict[Path, tuple[State, Path | None, float]] = {}


def _make_absolute(name: str) -> Callable[[EnginePreferences, bpy.types.Context], None]:
    """A path beside the open file would mean another place, or none, with the next file.

    Panels are drawn again: they have other models looked for when the places are others.
    """

    def update(self: EnginePreferences, _context: bpy.types.Context) -> None:
        path = getattr(self, name)
        if path.startswith("//"):
            setattr(self, name, bpy.path.abspath(path))
        redraw()

    return update


class ZOOMSTACK_PG_folder(bpy.types.PropertyGroup):
    """A folder with models, or a program's that has some"""

    path: StringProperty(
        name="Folder",
        description=(
            "A folder with models, or that of ComfyUI, A1111, Forge or InvokeAI. It is looked "
            "through with its sub-folders; nothing in it is changed"
        ),
        subtype="DIR_PATH",
        update=_make_absolute("path"),
    )


class EnginePreferences:
    """The preferences' properties; a plain mix-in for the class that is registered."""

    python_path: StringProperty(
        name="Python",
        description="A Python that has the engine's packages; empty is the installed engine",
        subtype="FILE_PATH",
        update=_make_absolute("python_path"),
    )
    backend: EnumProperty(
        name="Packages",
        description="The kind of torch that the installed engine computes with",
        items=enum_items(backends_for()),
    )
    wheels_folder: StringProperty(
        name="Package Folder",
        description=(
            "A folder with packages (.whl files), looked into before anything is downloaded; for "
            "machines without a network. Empty: everything is downloaded"
        ),
        subtype="DIR_PATH",
        update=_make_absolute("wheels_folder"),
    )
    device: EnumProperty(
        name="Device",
        description="What the engine computes on",
        items=enum_items(DEVICES),
        default=DEVICES[0].name,
    )
    model_folder: StringProperty(
        name="Models",
        description=(
            "A folder with models, or that of ComfyUI, A1111, Forge or InvokeAI: folders in "
            "diffusers' format, .safetensors checkpoints of Stable Diffusion, LoRAs"
        ),
        subtype="DIR_PATH",
        update=_make_absolute("model_folder"),
    )
    model_folders: CollectionProperty(
        type=ZOOMSTACK_PG_folder,
        name="More Model Folders",
        description="Folders of other programs that are looked through for models as well",
    )
    stack_folder: StringProperty(
        name="Zoom Stacks",
        description=(
            "Where new zoom stacks go when the scene names no folder. Empty: the folder zooms "
            "beside the saved file; before it is saved, a folder in Blender's own data"
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
    state, python = _own()
    return python if state in (State.READY, State.OUTDATED) else None


def own_engine_state() -> State:
    """What there is of an engine of the extension's own, as of a moment ago."""
    return _own()[0]


def why_no_engine() -> str:
    """What to do before anything can be made; "" where there is something to start."""
    if engine_is_configured():
        return ""
    if own_engine_state() is State.BROKEN:
        return "Repair the engine first: a part of it is gone"
    return "Install the engine first, or choose a Python that has it"


def forget_engine() -> None:
    """The engine of the extension's own has come or gone: look at the disk again."""
    _seen.clear()


def _own() -> tuple[State, Path | None]:
    """State and interpreter, as of a moment ago: every button and panel asks in every redraw."""
    now = time.monotonic()
    home = folders.engine_home()
    state, python, when = _seen.get(home.path, (State.NONE, None, -_A_MOMENT))
    if now - when >= _A_MOMENT:
        state, found = state_of(home), installed(home)
        python = python_of(home.slot(found.slot)) if found is not None else None
        _seen.clear()  # only the present one matters
        _seen[home.path] = (state, python, now)
    return state, python


def engine() -> tuple[str, Path | None]:
    """What runs the engine now: the command on another machine, and the interpreter on this one."""
    return remote_command(), engine_python()


def engine_is_configured() -> bool:
    """Whether there is anything to start; not whether it works."""
    return bool(remote_command()) or engine_python() is not None


def model_places() -> list[Path]:
    """The folders with the user's models."""
    chosen = preferences()
    paths = [chosen.model_folder, *(each.path for each in chosen.model_folders)]
    found = [folders.user_choice(path.strip()) for path in paths]
    return list(dict.fromkeys(path for path in found if path is not None))


def stack_parent(chosen: str) -> Path | None:
    """The folder that the user wants zoom stacks in; None where nothing is said, or not yet.

    Args:
        chosen: the folder that the scene names.
    """
    path = _output_path(chosen)
    if path.startswith("//") and not bpy.data.filepath:
        return None
    return folders.user_choice(path)


def _output_path(chosen: str) -> str:
    """The folder that is said to take zoom stacks; a relative one is beside the file.

    It would otherwise be relative to where Blender was started, which nobody sees.
    """
    path = chosen or preferences().stack_folder.strip()
    if not path or path.startswith("//") or os.path.isabs(os.path.expanduser(path)):
        return path
    return f"//{path}"


def new_stack_folder(chosen: str, title: str) -> Path:
    """Make a new folder for a zoom stack.

    Args:
        chosen: the folder that the scene names; empty is the one in the preferences, or else
            ``zooms`` beside the file, or, while that is not saved, one below Blender's own data.
        title: words to name the new folder after.

    Raises:
        ZoomStackError: code ``unwritable``.
    """
    path = _output_path(chosen)
    if path.startswith("//") and not bpy.data.filepath:
        raise ZoomStackError(
            "unwritable",
            f"The output folder {chosen or path} is relative to a file that is not saved yet.",
            "Save the file, or choose another output folder.",
        )
    return folders.new_folder(stack_parent(chosen) or folders.zooms_folder(), title)
