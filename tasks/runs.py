"""The runs on the disk, looked for in the background: panels ask often, and disks are slow."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy

from ..blender.folders import zooms_folder
from ..engine.contract import work_folder
from ..engine.contract.errors import ZoomStackError
from ..scene.finding import active_root, file_of, is_root, stack_of
from ..scene.runs import AT_WORK, Found, Run, find_runs
from ..scene.showing import other_pictures, shown_files
from ..scene.unused import in_editors, is_used
from ..settings.preferences import stack_parent
from ..settings.relocating import stored_paths
from .lookup import Lookup

_NAMED = 3  # of what uses a run
_STORED = {"made": "a finished level", "pin_image": "a pin", "pin_mask": "a pin's mask"}

_USES_AGE = 1.0  # seconds after which what draws looks anew

_Places = tuple[Path, ...]
# By the folder: the files that something uses, each with what that is.
_Uses = dict[str, dict[str, str]]


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
    """Why a run has to stay, for people; empty when it can be deleted. Looks at the disk."""
    if work_folder.is_held(run.folder):
        return run.why_not_ours() or AT_WORK
    return _why(run, _uses_by_folder(lambda file: str(Path(file).resolve())), run.folder.resolve())


def known_use(run: Run) -> str:
    """The same for what draws: without the disk, and as it was a second ago at most."""
    now = time.monotonic()
    if not _uses or now - _uses[0][0] > _USES_AGE:
        _uses[:] = [(now, _uses_by_folder(os.path.normpath))]
    return _why(run, _uses[0][1], run.folder)


def forget_uses() -> None:
    """Look anew at what the file uses the next time."""
    _uses.clear()


def unregister() -> None:
    """End the waiting; a search that is under way ends by itself."""
    _lookup.close()
    forget_uses()


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


def _why(run: Run, uses: _Uses, folder: Path) -> str:
    if run.why_not_ours() or run.is_held:
        return run.why_not_ours() or AT_WORK
    found = [*dict.fromkeys(uses.get(str(folder), {}).values())]
    if not found:
        return ""
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"This file uses pictures of this run: {', '.join(found[:_NAMED])}{more}"


def _uses_by_folder(place: Callable[[str], str]) -> _Uses:
    """What of the file uses something of a folder or of those in it.

    Args:
        place: makes two names of one place equal.
    """
    found: _Uses = {}
    places: dict[str, str] = {}
    for file, use in _used_files():
        if file not in places:
            places[file] = place(file)
        folder = os.path.dirname(places[file])
        while True:
            found.setdefault(folder, {}).setdefault(places[file], use)
            folder, below = os.path.dirname(folder), folder
            if folder == below:
                break
    return found


def _used_files() -> Iterator[tuple[str, str]]:
    """What this file shows, keeps or pins, also where it is out of sight just now.

    Yields the file, and what uses it, for people. Of one file's uses that which is easiest to
    find comes first.
    """
    for root in filter(is_root, bpy.data.objects):
        for number, file in shown_files(root).items():
            yield str(file), f"level {number + 1} of {root.name}"
        for number, image in other_pictures(root).items():
            yield str(file_of(image)), f"what level {number + 1} of {root.name} showed before"
    for owner, name in stored_paths(linked=True):
        if getattr(owner, name):
            scene = owner.id_data
            path = bpy.path.abspath(getattr(owner, name), library=scene.library)
            yield path, f"{_STORED.get(name, name)} in the list of {scene.name}"
    yield from _used_by_blender()


def _used_by_blender() -> Iterator[tuple[str, str]]:
    """What Blender itself knows a path of: images, strips, clips, fonts, sounds.

    It lists images that nothing uses as well; these do not count.
    """
    shown = in_editors()
    unused: Counter[str] = Counter()
    for image in bpy.data.images:
        path = str(file_of(image)) if image.filepath else ""
        if path and is_used(image, shown):
            yield path, f"image {image.name}"
        elif path:
            unused[path] += 1
    for path in map(os.path.normpath, bpy.utils.blend_paths(absolute=True, packed=True)):
        if unused[path]:
            unused[path] -= 1
        else:
            yield path, f"its file {os.path.basename(path)}"


# When it was looked up, and what was found.
_uses: list[tuple[float, _Uses]] = []
_lookup: Lookup[_Places, Found] = Lookup(find_runs, Found((), {}))
