"""What panels show: the latest task of each kind, running or ended, and the last refusal."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..engine.contract.errors import ZoomStackError
from ..scene.finding import is_root
from ..scene.importing import ImportResult
from ..scene.runs import Run
from ..scene.updating import Updated
from ..settings.job import values_of
from ..settings.preferences import engine
from .check import Check
from .copying import Copying
from .installation import Installation
from .model_search import ModelSearch
from .picture_run import Phase, PictureRun
from .picture_search import PictureSearch
from .runner import is_running
from .runs import known_use, why_in_use
from .sharpening import Replacement

#: Codes of what is mended in the preferences.
ENGINE_PROBLEMS = {
    *("no_engine", "no_python", "no_torch", "no_package", "old_python", "silent", "bad_command"),
    "worker_died",
}
#: The latest run, of whatever kind.
generation: PictureRun | None = None
_seen: set[PictureRun] = set()
#: Folders of unfinished runs that are not to be offered any more.
hidden: set[Path] = set()
check: Check | None = None
installation: Installation | None = None
model_search: ModelSearch | None = None
copying: Copying | None = None
picture_search: PictureSearch | None = None
#: Why what was pressed last could not be done; the tasks keep their own errors.
refusal: ZoomStackError | None = None
_refused: tuple[object, ...] = ()  # what was asked for then
#: It was Make Sharper that was pressed.
of_sharpening = False


def running_generation() -> PictureRun | None:
    """The run that is under way, if any."""
    return generation if is_running(generation) else None


def sharpening() -> PictureRun | None:
    """The latest run, if it makes a zoom sharper."""
    made = generation is not None and isinstance(generation.delivery, Replacement)
    return generation if made else None


def running_installation() -> Installation | None:
    """The installation that is under way, if any."""
    return installation if is_running(installation) else None


def unfinished() -> PictureRun | None:
    """The latest run, if it can be gone on with."""
    return generation if generation is not None and generation.resumable else None


def with_previews() -> PictureRun | None:
    """The latest run, if its previews show what there is: it is under way, or can be gone on with
    or imported, or that is about to be seen.
    """
    offers = unfinished() or offered_generation() or running_generation()
    return generation if offers or (generation is not None and generation.ending) else None


def follow() -> None:
    """Another run takes the latest one's place; on the disk it stays as it is."""
    if generation is not None:
        generation.thumbnails.close()


def offered_generation() -> PictureRun | None:
    """The run whose zoom waits to be told where to go, if any."""
    offered = generation is not None and generation.phase is Phase.OFFERED
    return generation if offered else None


def why_not_delete(run: Run, drawing: bool = False) -> str:
    """Why a run has to stay, for people; empty when it can be deleted.

    Args:
        drawing: the disk is not looked at, and what was known a second ago may do.
    """
    at_work = generation is not None and (is_running(generation) or offered_generation())
    if at_work and generation is not None and generation.out == run.folder:
        return "This run is at work, or waits to be imported"
    return known_use(run) if drawing else why_in_use(run)


def new_zoom(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """The root of the zoom that the latest run has made, until somebody has looked at it.

    One that has got new pictures in sight was looked at.
    """
    if generation is None or generation.phase is not Phase.FINISHED or generation in _seen:
        return None
    made = generation.delivery.result
    if not isinstance(made, ImportResult | Updated):
        return None
    root = bpy.data.objects.get(made.root_name)
    if root is None or not is_root(root) or generation.delivery.in_sight:
        return None
    elsewhere = root.name not in scene.objects
    return root if elsewhere or isinstance(made, ImportResult) else None


def note_seen() -> None:
    """Somebody looks at a zoom."""
    _seen.clear()
    if generation is not None:
        _seen.add(generation)


def refuse(error: ZoomStackError, *, sharpening: bool = False) -> None:
    """What was pressed cannot be done, as things are now."""
    global refusal, of_sharpening, _refused
    refusal, of_sharpening, _refused = error, sharpening, _asked()


def problem_of_sharpening() -> bool:
    """Whether what went wrong last was Make Sharper."""
    last = sharpening()
    failed = last is not None and last.error is not None
    return failed or (refusal is not None and problem() is refusal and of_sharpening)


def problem() -> ZoomStackError | None:
    """What went wrong last, until it is dismissed, its cause is gone or something is pressed."""
    # Whatever is pressed forgets a run's error: one that is there came after the refusal.
    failed = generation.error if generation is not None else None
    if failed is not None and failed.code in ENGINE_PROBLEMS and generation is not None:
        failed = failed if generation.engine == engine() else None
    if failed is None and refusal is not None and _asked() == _refused:
        return refusal
    return failed


def _asked() -> tuple[object, ...]:
    """What a refusal can be about: the settings, and the engine."""
    return (values_of(bpy.context.scene.zoom_stack), engine())


def forget_problem() -> None:
    """It is dismissed, or something else was pressed."""
    global refusal
    refusal = None
    if generation is not None:
        generation.error = None


def forget_file() -> None:
    """Another file was opened: what was said of the one before means nothing in it."""
    global copying, picture_search
    for task in (copying, picture_search):
        if task is not None:
            task.cancel()
    copying = picture_search = None
    forget_problem()
    note_seen()
    if generation is not None and not is_running(generation):
        generation.warnings.clear()


def dismiss() -> None:
    """Hide the last problem, or else the last run; what it has made stays on the disk."""
    global generation
    if problem() is not None:
        forget_problem()
    elif generation is not None and not is_running(generation):
        generation.thumbnails.close()
        if generation.resumable:
            hidden.add(generation.out)
        generation = None


def clear() -> None:
    """Forget everything; the icons of the last run go back to Blender."""
    global generation, check, installation, model_search, copying, picture_search
    if generation is not None:
        generation.thumbnails.close()
    forget_problem()
    hidden.clear()
    _seen.clear()
    generation = check = installation = model_search = None
    copying = picture_search = None
