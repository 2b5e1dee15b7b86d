"""``dev.py demo``: a zoom from the bundled model, built and rendered by Blender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .console import Command, Problem, say, start_process, step, wait
from .environments import child_environment

_JOB = "job.json"


@dataclass(frozen=True)
class Context:
    """What the demo works with."""

    repo: Path
    #: An empty or older folder for everything that the demo makes.
    out_dir: Path
    #: The interpreter of the engine's environment.
    engine_python: Path
    #: The interpreter with Blender's module of a version ("4.5"; None: any), made when missing.
    bpy_python: Callable[[str | None], Path]


def run(context: Context) -> int:
    """Generate the demo's stack and render it; returns the exit code."""
    here = Path(__file__).resolve().parent / "demo_scene"
    context.out_dir.mkdir(parents=True, exist_ok=True)
    stack = context.out_dir / "stack"
    with step("generating the zoom stack"):
        command: Command = [
            context.engine_python,
            "-m",
            "engine",
            "generate",
            here / _JOB,
            "--out",
            stack,
        ]
        _run(context, command, "the engine")
    with step("building and rendering the scene in Blender"):
        command = [context.bpy_python(None), here / "render.py", stack, context.out_dir]
        _run(context, command, "Blender")
    say(f"The demo's video and stack are in {context.out_dir}")
    return 0


def _run(context: Context, command: Command, who: str) -> None:
    code = wait(start_process(command, env=child_environment(), cwd=context.repo), 1800)
    if code != 0:
        raise Problem(f"{who} ended with exit code {code}; its own words are above.")
