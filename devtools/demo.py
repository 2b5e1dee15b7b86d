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
    engine = context.engine_python
    with step("generating the zoom stack"):
        job = here / _JOB
        # A demo that is run again shows today's engine, not yesterday's pictures.
        command: Command = [engine, "-m", "engine", "generate", job, "--out", stack, "--overwrite"]
        _run(context, command, "the engine")
        sheet = context.out_dir / "levels.png"
        _run(context, [engine, here / "contact_sheet.py", stack, sheet], "the contact sheet")
    with step("building and rendering the scene in Blender"):
        command = [context.bpy_python(None), here / "render.py", stack, context.out_dir]
        _run(context, command, "Blender")
    say(f"Made in {context.out_dir}:")
    say("  zoom.mp4    the zoom, rendered by Blender")
    say("  zoom.blend  the scene; open it in Blender and press Space")
    say("  levels.png  every level beside its prompt")
    say("  stack/      the zoom stack: File > Import > Zoom Stack brings it into any scene")
    return 0


def _run(context: Context, command: Command, who: str) -> None:
    code = wait(start_process(command, env=child_environment(), cwd=context.repo), 1800)
    if code != 0:
        raise Problem(f"{who} ended with exit code {code}; its own words are above.")
