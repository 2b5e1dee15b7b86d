"""The demo inside Blender's module: ``python -m devtools.demo_scene STACK VIDEO``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import bpy_session


def main(stack_folder: Path, video: Path) -> None:
    """Build the zoom of a stack, save it as a .blend file beside the video, render the video."""
    bpy = bpy_session.start(from_checkout=True)
    read_stack = bpy_session.submodule("engine.contract.stack").read_stack
    importing = bpy_session.submodule("scene.importing")
    options = importing.ImportOptions(target="NEW_SCENE")
    result = importing.import_stack(read_stack(stack_folder), options)
    scene = bpy.data.scenes[result.scene_name]
    # The file opens on the zoom; the start-up scene with its Cube would only be in the way.
    for other in [other for other in bpy.data.scenes if other != scene]:
        bpy.data.scenes.remove(other)
    bpy.ops.wm.save_as_mainfile(filepath=str(video.with_suffix(".blend")), relative_remap=True)
    # Imports bpy, and so only after the session has begun.
    from .rendering import render_video

    render_video(scene, video)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
    sys.stdout.flush()
    # What Blender prints while the interpreter is taken down would be taken for a failure.
    os._exit(0)
