"""How things begin: the engine that the user has set up, a run, an unfinished run."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import bpy

from ..blender import folders
from ..engine.client.connection import Client
from ..engine.client.launch import Launch, local_launch, remote_launch
from ..engine.contract import work_folder
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.ids import new_id
from ..engine.contract.job import Job
from ..engine.contract.options import LARGEST_INTEGER
from ..scene.runs import AT_WORK, Found
from ..scene.unpacking import stack_on_disk
from ..settings.identity import named, take_ids
from ..settings.job import apply_job, job_from_settings, number_levels
from ..settings.kept_levels import is_kept
from ..settings.preferences import (
    engine_is_configured,
    engine_python,
    model_places,
    new_stack_folder,
    preferences,
    remote_command,
    why_no_engine,
)
from . import latest, runner
from .delivery import Delivery
from .following import bring_back, note_zoom
from .generation import Generation
from .model_search import ModelSearch
from .picture_run import PictureRun
from .runs import runs_now
from .sharpening import Replacement
from .unpacking import is_unpacking

_SHARPER = "_sharper"


def start_engine() -> Client:
    """Start a worker; returns at once.

    Raises:
        ZoomStackError: codes ``no_engine``, ``bad_command``, ``unwritable``.
    """
    return Client(_launch())


def search_models() -> ModelSearch:
    """Have the engine look for models; without timers, until it has told.

    Raises:
        ZoomStackError: as ``start_engine``.
    """
    global _searched
    _searched = _whereabouts()
    latest.model_search = ModelSearch(start_engine())
    runner.start_or_wait(latest.model_search)
    return latest.model_search


def want_models() -> None:
    """A panel shows the list: look for models soon, where that has not been done yet.

    Panels change nothing, so a timer does it. An engine on another machine is asked only by hand.
    """
    waits = bpy.app.background or runner.is_running(latest.model_search)
    if waits or remote_command() or not engine_is_configured() or _searched == _whereabouts():
        return
    if not bpy.app.timers.is_registered(_search_soon):
        bpy.app.timers.register(_search_soon, first_interval=0.0)


def _search_soon() -> None:
    try:
        search_models()
    except ZoomStackError as error:
        latest.refuse(error)


#: The engine and the folders of the last search; None before the first one.
_searched: tuple[object, ...] | None = None


def _whereabouts() -> tuple[object, ...]:
    return engine_python(), tuple(model_places())


def why_not_generate(context: bpy.types.Context, but_kept: bool = False) -> str:
    """Why Generate is grey; empty when it is not.

    Args:
        but_kept: leave aside which levels there are, and which are kept.
    """
    if latest.running_generation() is not None:
        return "A zoom is being generated already"
    if is_unpacking():
        return "Packed pictures are being written"
    reason = why_no_engine()
    if reason:
        installing = latest.running_installation() is not None
        return "The engine is being installed" if installing else reason
    if context.scene.library is not None:
        return "This scene is linked from another file and cannot be changed"
    levels = context.scene.zoom_stack.levels
    if not but_kept and not levels:
        return "Add a level first, or start from a preset"
    blank = [n for n, level in enumerate(levels) if not (is_kept(level) or level.prompt.strip())]
    if not but_kept and blank:
        return f"Level {blank[0] + 1} has no prompt: say what is seen at that scale"
    if not but_kept and levels and all(is_kept(level) for level in levels):
        return "Every level is kept: unlock one, or add one"
    return ""


def new_generation(context: bpy.types.Context, title: str = "", as_new: bool = False) -> Generation:
    """Begin to make what the scene's settings ask for.

    Args:
        title: of what is undone with it.
        as_new: as a zoom of its own, whatever is there.

    Raises:
        ZoomStackError: when the settings make no job, or the output folder cannot be written to.
    """
    scene = context.scene
    settings = scene.zoom_stack
    if settings.randomise_seed:
        settings.seed = random.randint(0, LARGEST_INTEGER)
    bring_back(settings)
    job = job_from_settings(settings)
    ids = replace(named(settings), zoom=new_id()) if as_new else named(settings)
    job = replace(job, ids=ids)
    if remote_command() and any(level.pin or level.keep for level in job.levels):
        raise ZoomStackError(
            "no_pictures",
            "Pinned and kept pictures cannot be sent to an engine on another machine yet.",
            "Remove the pins and padlocks, or use an engine on this machine.",
        )
    # Found out before a folder is made for nothing.
    client = start_engine()
    try:
        out = new_stack_folder(settings.output_folder.strip(), _title(job))
    except ZoomStackError:
        client.close()
        raise
    number_levels(settings, out)
    delivery = Delivery(scene, "" if as_new else settings.uid, title)
    generation = Generation(client, job, out, preferences().device, delivery)
    latest.follow()
    return generation


def unfinished_run(context: bpy.types.Context, found: Found | None) -> Path | None:
    """The folder of the run to offer to go on with: the last one, else the latest on the disk.

    Args:
        found: the runs on the disk, as far as they are known.
    """
    last = latest.unfinished()
    if last is not None:
        return last.out
    runs = [run for run in (found.unfinished() if found else ()) if run.folder not in latest.hidden]
    own = [run for run in runs if run.zoom == context.scene.zoom_stack.uid]
    return next((run.folder for run in (*own, *runs)), None)


def resumed_generation(context: bpy.types.Context, folder: str = "") -> Generation:
    """Go on with a run that ended too early.

    Args:
        folder: its own; "" is that of the latest one.

    Raises:
        ZoomStackError: when there is nothing to go on with.
    """
    settings = context.scene.zoom_stack
    last = latest.unfinished()
    if isinstance(last, Generation) and folder in ("", str(last.out)):
        job, out = last.job, last.out
    else:
        found = runs_now(context)
        run = found.at(folder or str(unfinished_run(context, found) or ""))
        if run is None or run.job is None:
            raise ZoomStackError("no_run", "There is no unfinished run to go on with.")
        job, out = run.job, run.folder
    if work_folder.is_held(out):
        raise ZoomStackError(
            "busy", f"{AT_WORK}, so it cannot be gone on with here.", "Wait for its end."
        )
    if not settings.levels:
        apply_job(settings, job.to_dict())
        take_ids(settings, job.ids)
        number_levels(settings, out)
    zoom = job.ids.zoom if job.ids is not None else ""
    delivery = Delivery(context.scene, zoom)
    resumed = Generation(start_engine(), job, out, preferences().device, delivery, resume=True)
    latest.follow()
    return resumed


def why_not_sharpen(context: bpy.types.Context) -> str:
    """Why Make Sharper is grey; empty when it is not."""
    reason = why_not_generate(context, but_kept=True)
    if not reason and remote_command():
        return "Pictures cannot be sent to an engine on another machine yet"
    return reason


def new_sharpening(
    context: bpy.types.Context, root: bpy.types.Object, times: int, upscaler: str
) -> PictureRun:
    """Begin to enlarge the pictures of a zoom.

    Args:
        times: how many times as wide and as high.
        upscaler: as in a job.

    Raises:
        ZoomStackError: when its stack is gone, or the output folder cannot be written to.
    """
    output = context.scene.zoom_stack.output_folder.strip()
    stack = stack_on_disk(root, lambda title: new_stack_folder(output, title), as_shown=True)
    note_zoom(root)
    client = start_engine()
    try:
        out = new_stack_folder(output, _title_sharper(stack.folder.name))
    except ZoomStackError:
        client.close()
        raise
    request = {
        "type": "sharpen",
        "stack": str(stack.folder),
        "out": str(out),
        "times": times,
        "upscaler": upscaler,
        "device": preferences().device,
    }
    run = PictureRun(client, request, out, len(stack.levels), Replacement(root))
    latest.follow()
    return run


def _launch() -> Launch:
    """The command for a worker, as the preferences say."""
    log = folders.new_log("worker")
    command = remote_command()
    if command:
        return remote_launch(command, folders.EXTENSION, log, folders.user_folder("inbox"))
    python = engine_python()
    if python is None:
        raise ZoomStackError(
            "no_engine",
            "No engine is set up.",
            f"{why_no_engine()}.",
        )
    cache = folders.user_path("cache")
    return local_launch(python, folders.EXTENSION, log, model_places(), cache)


def _title(job: Job) -> str:
    """A few words for the folder and the scene: "spiral galaxy to leaf veins"."""
    ends = [_short(job.levels[0].prompt), _short(job.levels[-1].prompt)]
    return " to ".join(dict.fromkeys(filter(None, ends))) or "Zoom"


def _title_sharper(name: str) -> str:
    """A folder's name for what becomes of it; "leaf_sharper_2" is a leaf's already."""
    return re.sub(rf"{_SHARPER}(_\d+)?$", "", name) + _SHARPER


def _short(prompt: str) -> str:
    words = prompt.partition(",")[0].split()
    return " ".join([word for word in words if word.lower() not in {"a", "an", "the"}][:2])
