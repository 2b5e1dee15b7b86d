"""Build the demo's scene with the extension and render it: run with Blender's module (bpy).

python render.py STACK_FOLDER OUT_FOLDER [SIDE]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from devtools import bpy_session


def main(folder: Path, out: Path, side: int = 512) -> None:
    """Import the stack from ``folder``; write ``zoom.blend`` and ``zoom.mp4`` to ``out``."""
    bpy = bpy_session.start(from_checkout=True)
    bpy_session.load_factory_startup()
    manifest = bpy_session.submodule("engine.contract.manifest")
    importing = bpy_session.submodule("scene.importing")
    render_settings = bpy_session.submodule("scene.render_settings")

    stack = manifest.read_stack(folder)
    result = importing.import_stack(stack, importing.ImportOptions(target="NEW_SCENE"))
    scene = bpy.data.scenes[result.scene_name]
    # The .blend file opens on the zoom; the factory's empty scene is only in the way.
    for other in list(bpy.data.scenes):
        if other != scene:
            bpy.data.scenes.remove(other)
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "zoom.blend"), relative_remap=True)
    render_settings.render_video(scene, out / "zoom.mp4", size=(side, side))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
