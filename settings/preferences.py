"""The engine's whereabouts: interpreter, models, device; and the check that it works."""

from __future__ import annotations

import sys
from collections.abc import Callable

import bpy
from bpy.props import EnumProperty, StringProperty

from ..blender import folders
from ..blender.timings import measured
from ..panels.preferences import draw_engine_preferences

DEVICE_ITEMS = (
    ("auto", "Automatic", "A graphics card when the engine finds one, else the processor"),
    ("cpu", "Processor", "Works everywhere"),
    ("cuda", "CUDA", "An NVIDIA card, or an AMD card with a ROCm build of torch"),
    ("mps", "Metal", "Apple's graphics processor"),
)


def _packages_items() -> tuple[tuple[str, str, str], ...]:
    if sys.platform == "darwin":
        return (("PYPI", "Apple", "Packages for the processor and Apple's graphics processor"),)
    return (
        ("CPU", "Processor", "Small download, works everywhere"),
        ("CUDA", "NVIDIA", "Large download (several GB), for NVIDIA cards"),
    )


def _make_absolute(name: str) -> Callable[[ZOOMSTACK_AP_preferences, bpy.types.Context], None]:
    """A path beside the open file would mean another place, or none, with the next file."""

    def update(self: ZOOMSTACK_AP_preferences, context: bpy.types.Context) -> None:
        path = getattr(self, name)
        if path.startswith("//"):
            setattr(self, name, bpy.path.abspath(path))

    return update


class ZOOMSTACK_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = __package__

    python_path: StringProperty(
        name="Python",
        description="A Python that has the engine's packages; empty is the installed engine",
        subtype="FILE_PATH",
        update=_make_absolute("python_path"),
    )
    packages: EnumProperty(
        name="Packages",
        description="What the installed engine should run on",
        items=_packages_items(),
    )
    device: EnumProperty(
        name="Device",
        description="What the engine computes on",
        items=DEVICE_ITEMS,
        default="auto",
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

    @measured
    def draw(self, context: bpy.types.Context) -> None:
        draw_engine_preferences(self.layout, self, folders.engine_python())


def register() -> None:
    bpy.utils.register_class(ZOOMSTACK_AP_preferences)


def unregister() -> None:
    bpy.utils.unregister_class(ZOOMSTACK_AP_preferences)
