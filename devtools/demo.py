"""``dev.py demo``: a zoom from the bundled model, built and rendered by Blender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .console import Command, Problem, run_logged, say, start_process, step, wait
from .environments import child_environment
from .paths import LOGS

_JOB = Path("presets") / "powers_of_ten.json"
_PATIENCE = 3600.0


@dataclass(frozen=True)
class Context:
    """What the demo works with."""

    repo: Path
    #: The folder for everything that the demo makes; may hold an older demo.
    out_dir: Path
    #: The interpreter of the engine's environment.
    engine_python: Path
    #: The interpreter with Blender's module of a version ("4.5"; None: any), made when missing.
    bpy_python: Callable[[str | None], Path]


def run(context: Context) -> int:
    """Generate the demo's stack and render it; returns the exit code.

    Raises:
        Problem: one of the two programs failed.
    """
    context.out_dir.mkdir(parents=True, exist_ok=True)
    stack, video = context.out_dir / "stack", context.out_dir / "zoom.mp4"
    with step("generating the zoom stack"):
        generate: Command = [context.engine_python, "-m", "engine", "generate"]
        command = [*generate, context.repo / _JOB, "--out", stack]
        code = wait(start_process(command, env=child_environment(), cwd=context.repo), _PATIENCE)
        if code != 0:
            raise Problem(f"the engine ended with exit code {code}; its own words are above.")
    with step("building the scene and rendering the video in Blender"):
        render: Command = [context.bpy_python(None), "-m", "devtools.demo_scene", stack, video]
        # Blender prints hundreds of lines a frame.
        log = LOGS / "demo-blender.log"
        run_logged(
            render, log, "Blender", env=child_environment(), cwd=context.repo, timeout=_PATIENCE
        )
    say(f"the zoom's video: {video}")
    return 0
