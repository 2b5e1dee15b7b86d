"""The runs on the disk, looked for in the background: panels ask often, and disks are slow."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import bpy

from ..blender.folders import zooms_folder
from ..engine.contract import work_folder
from ..engine.contract.errors import ZoomStackError
from ..scene.finding import active_root, file_of, is_root, stack_of
from ..scene.runs import AT_WORK, Found, Run, find_runs
from ..scene.showing import other_pictures, shown_files
from ..settings.preferences import stack_parent
from ..settings.relocating import stored_paths
from .lookup import Lookup

_NAMED = 3  # of what uses a run
_STORED = {"made": "a finished level", "pin_image": "a pin", "pin_mask": "a pin's mask"}

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
    reason = run.why_not_ours()
    if reason:
        return reason
    if run.is_held or work_folder.is_held(run.folder):
        return AT_WORK
    folder = run.folder.resolve()
    uses: dict[Path, str] = {}
    for file, use in _used_files():
        if folder in file.parents:
            uses.setdefault(file, f"{file.name} ({use})" if use else file.name)
    if not uses:
        return ""
    names = [*uses.values()][:_NAMED]
    return f"This file uses pictures of this run: {', '.join(names)}" + (
        f" and {len(uses) - _NAMED} more" if len(uses) > _NAMED else ""
    )


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


def _used_files() -> Iterator[tuple[Path, str]]:
    """What this file shows, keeps or pins, also where it is out of sight just now.

    Yields the file, and what uses it, for people: "" where its name must do. Of one file's uses
    that which is easiest to find comes first.
    """
    for root in filter(is_root, bpy.data.objects):
        for number, file in shown_files(root).items():
            yield file.resolve(), f"level {number + 1} of {root.name}"
        for number, image in other_pictures(root).items():
            yield file_of(image).resolve(), f"to compare with level {number + 1} of {root.name}"
    for owner, name in stored_paths(linked=True):
        if getattr(owner, name):
            scene = owner.id_data
            path = bpy.path.abspath(getattr(owner, name), library=scene.library)
            yield Path(path).resolve(), f"{_STORED.get(name, name)} in the list of {scene.name}"
    for image in bpy.data.images:
        if image.filepath:
            yield file_of(image).resolve(), f"image {image.name}"
    # Strips, clips, fonts, sounds: whatever Blender itself knows a path of.
    for path in bpy.utils.blend_paths(absolute=True, packed=True, local=False):
        yield Path(path).resolve(), ""


_lookup: Lookup[_Places, Found] = Lookup(find_runs, Found((), {}))
