"""``dev.py demo``: a zoom from the bundled model, built and rendered by Blender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .console import Command, Problem, run_logged, say, start_process, step, wait
from .environments import child_environment
from .paths import LOGS

_PRESET = Path("presets") / "powers_of_ten.json"  # the first one that a newcomer meets
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
        Problem: one of the programs failed.
    """
    context.out_dir.mkdir(parents=True, exist_ok=True)
    stack, video = context.out_dir / "stack", context.out_dir / "zoom.mp4"
    sheet = context.out_dir / "levels.png"
    engine, blender = context.engine_python, context.bpy_python(None)
    with step("generating the zoom stack"):
        # A demo that is run again shows today's engine, not yesterday's pictures.
        job: Command = [write_job(context.repo, context.out_dir), "--out", stack, "--overwrite"]
        _run(context, [engine, "-m", "engine", "generate", *job], "the engine")
    with step("laying the levels out beside their prompts"):
        _run(context, [engine, "-m", "devtools.contact_sheet", stack, sheet], "the sheet")
    with step("building the scene and rendering the video in Blender"):
        render: Command = [blender, "-m", "devtools.demo_scene", stack, video]
        # Blender prints hundreds of lines a frame.
        log = LOGS / "demo-blender.log"
        run_logged(
            render, log, "Blender", env=child_environment(), cwd=context.repo, timeout=_PATIENCE
        )
    say(f"made in {context.out_dir}:")
    say("  zoom.mp4       the zoom, rendered by Blender")
    say("  zoom.blend     the scene: open it in Blender and press Space")
    say("  levels.png     every level beside its prompt")
    say("  stack          the zoom stack: File > Import > Zoom Stack brings it into any scene")
    say("  demo_job.json  what was asked for, as the engine's command line reads it")
    return 0


def write_job(repo: Path, folder: Path) -> Path:
    """Copy the first preset into a folder; the job's file."""
    file = folder / "demo_job.json"
    file.write_bytes((repo / _PRESET).read_bytes())
    return file


def _run(context: Context, command: Command, who: str) -> None:
    code = wait(start_process(command, env=child_environment(), cwd=context.repo), _PATIENCE)
    if code != 0:
        raise Problem(f"{who} ended with exit code {code}; its own words are above.")
