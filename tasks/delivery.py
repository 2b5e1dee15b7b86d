"""How a finished stack comes into the file: when it may, where to, and as one undo step."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path

import bpy
from bpy.app.handlers import persistent

from ..engine.contract.stack import read_stack
from ..scene.importing import ImportOptions, ImportResult, import_steps
from ..scene.viewing import ViewPlace, show_in_viewport
from ..settings.job import copy_settings, note_pictures
from . import runner

# Where the engine keeps previews and saved states, in the stack's folder.
WORK_FOLDER = ".zoom_stack"

# Operators that are jobs of Blender's.
_JOBS = {"RENDER_OT_render": "RENDER", "OBJECT_OT_bake": "OBJECT_BAKE"}

_session = 0


def session() -> int:
    """Counts the files loaded: a job's scene is meaningless in another file."""
    return _session


def find_scene(session_uid: int) -> bpy.types.Scene | None:
    """A scene by the number that survives renaming and undo."""
    found = (scene for scene in bpy.data.scenes if scene.session_uid == session_uid)
    return next(found, None)


def blocker() -> str:
    """Why a stack cannot be imported right now; empty when it can."""
    for job in _JOBS.values():
        if bpy.app.is_job_running(job):
            return f"Waiting for {job.capitalize().replace('_', ' ')} to end"
    for window in bpy.context.window_manager.windows:
        for operator in window.modal_operators:
            # These two only notice that their job has ended when the pointer moves.
            if operator.bl_idname not in _JOBS:
                return f"Waiting for {operator.name} to end"
    return ""


def start_import(folder: Path, scene: bpy.types.Scene) -> Generator[str, None, ImportResult]:
    """Read the stack; the import itself happens as the generator is driven.

    Raises:
        ZoomStackError: codes ``bad_stack``, ``missing_picture``.
    """
    return import_steps(read_stack(folder), ImportOptions(scene=scene.name))


def finish_import(
    result: ImportResult, view: ViewPlace | None, scene_uid: int, folder: Path
) -> None:
    """Show the zoom, keep the settings at hand there, and make it all one undo step."""
    target = bpy.data.scenes.get(result.scene_name)
    source = find_scene(scene_uid)
    if source is not None:
        note_pictures(source.zoom_stack, read_stack(folder))
    if target is not None and source is not None and target != source:
        copy_settings(source.zoom_stack, target.zoom_stack)
    if bpy.app.background:
        return
    show_in_viewport(view, result)
    # Without this the data is lost for good after undo and redo.
    bpy.ops.ed.undo_push(message="Zoom Stack")


def is_resumable(folder: Path) -> bool:
    """Whether the engine has saved the state of an unfinished run there."""
    return any((folder / WORK_FOLDER).glob("state-*"))


def discard(folder: Path) -> None:
    """Remove what an unfinished run left; a folder with anything else in it stays."""
    work = folder / WORK_FOLDER
    with contextlib.suppress(OSError):
        for file in work.iterdir():
            file.unlink()
        work.rmdir()
        folder.rmdir()


@persistent
def _before_load(*_arguments: object) -> None:
    generation = jobs.board.generation
    if generation is not None and jobs.is_running(generation):
        generation.interrupt_import()


@persistent
def _after_load(*_arguments: object) -> None:
    global _session
    _session += 1


def register() -> None:
    bpy.app.handlers.load_pre.append(_before_load)
    bpy.app.handlers.load_post.append(_after_load)


def unregister() -> None:
    bpy.app.handlers.load_post.remove(_after_load)
    bpy.app.handlers.load_pre.remove(_before_load)
