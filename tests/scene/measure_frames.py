"""How far Blender's frames agree with ``python -m engine view``: a table for any stack.

Run with a Blender module's Python, after ``python dev.py setup``::

    .dev/bpy-4.5/bin/python tests/scene/measure_frames.py samples/galaxy_to_shore --width 384
"""

from __future__ import annotations

import argparse
import importlib
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))

from devtools import bpy_session
from devtools.environments import ENGINE
from devtools.paths import REPO


def main() -> None:
    """Print one line for each engine, rig and magnification; the last line is the worst."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stack", type=Path)
    parser.add_argument("--width", type=int, help="of the frame; half the level's width if absent")
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--engines", default="CYCLES,EEVEE")
    parser.add_argument("--rigs", default="CAMERA,WORLD")
    parser.add_argument("--magnifications", default="1,1.37,2,5.5,deepest")
    parser.add_argument(
        "--seams", action="store_true", help="the gradient across each nesting border instead"
    )
    options = parser.parse_args()

    bpy = bpy_session.start(from_checkout=True)
    judging = importlib.import_module("judging")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.seams:
            _seams(bpy, judging, options, folder)
            return
        worst = min(_compare(bpy, judging, options, folder, rig) for rig in options.rigs.split(","))
    print(f"worst: {worst:.1f} dB")


def _compare(bpy: Any, judging: Any, options: Any, folder: Path, rig: str) -> float:
    importing = bpy_session.submodule("scene.importing")
    rendering = importlib.import_module("devtools.rendering")
    stack = bpy_session.submodule("engine.contract.stack").read_stack(options.stack)
    result = importing.import_stack(stack, importing.ImportOptions(target="NEW_SCENE", rig=rig))
    scene, camera = bpy.data.scenes[result.scene_name], bpy.data.objects[result.camera_name]
    octaves = list(bpy.data.objects[result.root_name]["zoom_stack_octaves"])
    x, y = scene.render.resolution_x, scene.render.resolution_y
    width = options.width or max(image.size[0] for image in bpy.data.images) // 2
    size = (width, round(width * y / x))
    worst = math.inf
    for text in options.magnifications.split(","):
        magnification = 2.0 ** octaves[-1] if text == "deepest" else float(text)
        wanted = folder / f"wanted-{text}.png"
        if not wanted.exists():
            _view(options.stack, magnification, size, wanted)
        judging.set_zoom(camera, math.log2(magnification))
        for engine in options.engines.split(","):
            rendering.prepare_render(scene, engine, size, options.samples)
            start = time.monotonic()
            rendering.render_picture(scene, folder / "seen.png")
            seconds = time.monotonic() - start
            agreement = judging.psnr(judging.load(folder / "seen.png"), judging.load(wanted))
            worst = min(worst, agreement)
            print(
                f"Blender {bpy.app.version_string} {engine} {rig} x{magnification:g} "
                f"{size[0]}x{size[1]}: {agreement:.1f} dB, {seconds:.1f} s",
                flush=True,
            )
    return worst


def _seams(bpy: Any, judging: Any, options: Any, folder: Path) -> None:
    """Print the ratio across to inside, where the child fills 0.3, 0.5 and 0.9 of the frame."""
    importing = bpy_session.submodule("scene.importing")
    rendering = importlib.import_module("devtools.rendering")
    stack = bpy_session.submodule("engine.contract.stack").read_stack(options.stack)
    result = importing.import_stack(stack, importing.ImportOptions(target="NEW_SCENE"))
    scene, camera = bpy.data.scenes[result.scene_name], bpy.data.objects[result.camera_name]
    octaves = list(bpy.data.objects[result.root_name]["zoom_stack_octaves"])
    width = options.width or max(image.size[0] for image in bpy.data.images) // 2
    for engine in options.engines.split(","):
        rendering.prepare_render(scene, engine, (width, width), options.samples)
        for share in (0.3, 0.5, 0.9):
            ratios = []
            for level in octaves[1:]:
                judging.set_zoom(camera, max(level + math.log2(share), 0.0))
                rendering.render_picture(scene, folder / "seen.png")
                ratios.append(judging.seam(judging.load(folder / "seen.png"), share))
            line = " ".join(f"{ratio:.3f}" for ratio in ratios)
            print(f"{engine} child fills {share}: {line}; worst {max(ratios):.3f}", flush=True)


def _view(stack: Path, magnification: float, size: tuple[int, int], target: Path) -> None:
    command = [ENGINE.python, "-m", "engine", "view", stack.resolve()]
    command += ["--magnification", repr(magnification), "--size", f"{size[0]}x{size[1]}"]
    subprocess.run([*command, "--out", target], cwd=REPO, check=True)


if __name__ == "__main__":
    main()
