"""``dev.py example``: a .blend with a 3D thing in a zoom, and a film of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from .console import Command, run_logged, say, step
from .environments import child_environment
from .paths import LOGS

_PATIENCE = 2 * 3600.0


@dataclass(frozen=True)
class Context:
    """What the example works with.

    Attributes:
        repo: the checkout.
        out_dir: the folder for what is made.
        bpy_python: an interpreter with Blender's module.
        engine_python: an interpreter with Pillow; None: no film is wanted.
    """

    repo: Path
    out_dir: Path
    bpy_python: Path
    engine_python: Path | None


def run(context: Context) -> int:
    """Make the example; returns the exit code.

    Raises:
        Problem: one of the programs failed.
    """
    context.out_dir.mkdir(parents=True, exist_ok=True)
    scene: Command = [context.bpy_python, "-m", "devtools.example_scene", context.out_dir]
    if context.engine_python is None:
        with step("building the example in Blender"):
            _run(context, scene, "Blender")
    else:
        frames, film = context.out_dir / "frames", context.out_dir / "example.webp"
        shutil.rmtree(frames, ignore_errors=True)
        with step("building the example in Blender and rendering its frames"):
            _run(context, [*scene, "--frames"], "Blender")
        with step("making the film"):
            _run(context, [context.engine_python, "-m", "devtools.film", frames, film], "the film")
        say(f"made {film}")
    say(f"made {context.out_dir / 'example.blend'}: open it in Blender and press Space")
    return 0


def _run(context: Context, command: Command, who: str) -> None:
    log = LOGS / "example.log"
    environment = child_environment()
    run_logged(command, log, who, env=environment, cwd=context.repo, timeout=_PATIENCE)
