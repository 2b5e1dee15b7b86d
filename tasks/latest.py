"""What panels show: the latest task of each kind, running or ended, and the last refusal."""

from __future__ import annotations

from ..engine.contract.errors import ZoomStackError
from .check import Check
from .copying import Copying
from .installation import Installation
from .model_search import ModelSearch
from .picture_run import Phase, PictureRun
from .picture_search import PictureSearch
from .runner import is_running
from .sharpening import Replacement

#: The latest run, of whatever kind.
generation: PictureRun | None = None
#: An unfinished run that something else has come after, and that can still be gone on with.
shelved: PictureRun | None = None
check: Check | None = None
installation: Installation | None = None
model_search: ModelSearch | None = None
copying: Copying | None = None
picture_search: PictureSearch | None = None
#: Why what was pressed last could not be done; the tasks keep their own errors.
refusal: ZoomStackError | None = None
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
    """The run that can be gone on with, if any."""
    return generation if generation is not None and generation.resumable else shelved


def shelve() -> None:
    """Something else takes the latest run's place; what is unfinished of it stays."""
    global shelved
    if generation is None:
        return
    if generation.resumable:
        if shelved is not None:
            shelved.discard()
        generation.thumbnails.close()
        shelved = generation
    else:
        generation.discard()


def discard() -> None:
    """A new run is under way: what the ones before left unfinished can go."""
    global shelved
    for run in (generation, shelved):
        if run is not None:
            run.discard()
    shelved = None


def offered_generation() -> PictureRun | None:
    """The run whose zoom waits to be told where to go, if any."""
    offered = generation is not None and generation.phase is Phase.OFFERED
    return generation if offered else None


def refuse(error: ZoomStackError, *, sharpening: bool = False) -> None:
    """What was pressed cannot be done."""
    global refusal, of_sharpening
    refusal, of_sharpening = error, sharpening


def problem_of_sharpening() -> bool:
    """Whether what went wrong last was Make Sharper."""
    last = sharpening()
    failed = last is not None and last.error is not None
    return failed or (refusal is not None and of_sharpening)


def problem() -> ZoomStackError | None:
    """What went wrong last, until it is dismissed or something else is pressed."""
    # Whatever is pressed forgets a run's error: one that is there came after the refusal.
    failed = generation.error if generation is not None else None
    return failed or refusal


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
    if generation is not None and not is_running(generation):
        generation.warnings.clear()


def dismiss() -> None:
    """Hide the last problem, or else the last run and what an unfinished one has made."""
    global generation, shelved
    if problem() is not None:
        forget_problem()
    elif running_generation() is None:
        # An offer hides what was unfinished before it.
        last = offered_generation() or unfinished() or generation
        if last is not None:
            last.discard()
        if last is shelved:
            shelved = None
        else:
            generation = None


def clear() -> None:
    """Forget everything; the icons of the last run go back to Blender."""
    global generation, shelved, check, installation, model_search, copying, picture_search
    if generation is not None:
        generation.thumbnails.close()
    forget_problem()
    generation = shelved = check = installation = model_search = None
    copying = picture_search = None
