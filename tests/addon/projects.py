"""What add-on tests of files share: zooms in saved files, and what is lost of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from running import latest

from devtools import bpy_session


def part(name: str) -> Any:
    """A module of the extension."""
    return bpy_session.submodule(name)


def root() -> Any:
    """The one zoom of the open file that a scene shows."""
    (found,) = roots()
    return found


def roots() -> list[Any]:
    """All of them; a library override's source is in no scene."""
    is_root = part("scene.finding").is_root
    return [item for item in bpy.data.objects if is_root(item) and item.users_scene]


def images() -> list[Any]:
    """What its levels show, widest first."""
    finding = part("scene.finding")
    return [finding.image_of(plane) for plane in finding.parts(root(), "plane")]


def files() -> list[Path]:
    """The files that they name."""
    return [part("scene.whereabouts").file_of(image) for image in images()]


def shown_folder() -> Path:
    """Of the stack that the zoom shows."""
    folder: Path = part("scene.finding").stack_of(root()).folder
    return folder


def lost() -> list[str]:
    """Everything of the zoom in the open file that cannot be found."""
    missing = []
    for scene in bpy.data.scenes:
        for level in scene.zoom_stack.levels:
            if level.made and not Path(bpy.path.abspath(level.made)).is_file():
                missing.append(f"{scene.name}: {level.made}")
    folder = shown_folder()
    missing += [] if (folder / "stack.json").is_file() else [str(folder)]
    for image in images():
        image.reload()
        if len(image.pixels) == 0:
            missing.append(image.filepath)
    return missing


def save_as(file: Path, **options: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(file), **options)


def open_file(file: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(file))


def generate() -> None:
    """Generate, and go to the scene of the zoom."""
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    result = latest().generation.delivery.result
    scene = getattr(result, "scene_name", "")
    if scene:
        bpy.context.window.scene = bpy.data.scenes[scene]


def keep_all_but_first() -> None:
    for number, level in enumerate(bpy.context.scene.zoom_stack.levels):
        level.keep = number > 0
