"""The runs on the disk, looked for in the background: panels ask often, and disks are slow."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import bpy

from ..blender.folders import zooms_folder
from ..engine.contract.errors import ZoomStackError
from ..scene.finding import active_root, stack_of
from ..scene.runs import Found, Run, find_runs
from ..settings.preferences import stack_parent
from ..settings.relocating import stored_paths
from .lookup import Lookup

_Places = tuple[Path, ...]


def known_runs(context: bpy.types.Context) -> Found | None:
    """What is known of the runs that this file's zooms may use; None while nothing is."""
    return _lookup.known(_places(context))


def want_runs(context: bpy.types.Context) -> Found | None:
    """The same for what draws: they are looked for where nothing is known."""
    return _lookup.want(_places(context))


def runs_now(context: bpy.types.Context) -> Found:
    """The same for operators: what is known already, else looked for at once."""
    return _lookup.now(_places(context))


def forget_runs() -> None:
    """Look at the disk again the next time."""
    _lookup.forget()


def why_in_use(run: Run) -> str:
    """Why a run has to stay, for people; empty when it can be deleted."""
    if not run.is_ours:
        return "Zoom Stack did not make these pictures: delete them in the file browser"
    folder = run.folder.resolve()
    if any(folder in file.parents for file in _used_files()):
        return "This file uses pictures of this run"
    return ""


def unregister() -> None:
    """End the waiting; a search that is under way ends by itself."""
    _lookup.close()


def _places(context: bpy.types.Context) -> _Places:
    """The folders with runs: where new ones go, and where that of the present zoom lies."""
    found = [zooms_folder()]
    parent = stack_parent(context.scene.zoom_stack.output_folder.strip())
    if parent is not None:
        found.append(parent)
    root = active_root(context)
    if root is not None:
        with contextlib.suppress(ZoomStackError):
            found.append(stack_of(root).folder.parent)
    return tuple(dict.fromkeys(found))


def _used_files() -> Iterator[Path]:
    """What this file shows, keeps or pins, also where it is out of sight just now."""
    for image in bpy.data.images:
        if image.filepath:
            yield Path(bpy.path.abspath(image.filepath, library=image.library)).resolve()
    for owner, name in stored_paths():
        if getattr(owner, name):
            yield Path(bpy.path.abspath(getattr(owner, name))).resolve()


_lookup: Lookup[_Places, Found] = Lookup(find_runs, Found((), {}))
