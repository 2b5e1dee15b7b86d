"""Look on the disk for pictures that are gone from where a zoom expects them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.file_names import leaves
from ..engine.contract.ordinary_files import is_ordinary
from ..engine.contract.stack import STACK_FILE, Stack, parse_stack
from ..engine.contract.validation import read_json

# So deep, and so many folders at most, are looked through.
_NEAR_DEPTH, _NEAR_FOLDERS = 2, 2000
_CHOSEN_DEPTH, _CHOSEN_FOLDERS = 12, 50_000


@dataclass(frozen=True)
class Wanted:
    """The pictures of a zoom.

    Attributes:
        stack: as the zoom knows it; its folder may be gone.
        files: what the pictures name, by the level's number.
        folders: folders in which the zoom's stack may lie.
        others: files of other pictures, of which some may be the zoom's earlier ones.
    """

    stack: Stack
    files: Mapping[int, Path]
    folders: tuple[Path, ...]
    others: tuple[Path, ...] = ()

    def missing(self) -> list[int]:
        """The levels whose file is gone; looks at the disk."""
        return [number for number, file in self.files.items() if not is_ordinary(file)]


@dataclass
class Found:
    """What has come of it.

    Attributes:
        files: where pictures are, by the level's number; only what was missing.
        folder: of the stack that they belong to.
        rest: levels whose picture was not found.
        others: where earlier pictures are, by where they were; only what was missing.
    """

    files: dict[int, Path] = field(default_factory=dict)
    folder: Path | None = None
    rest: list[int] = field(default_factory=list)
    others: dict[Path, Path] = field(default_factory=dict)


def find_pictures(wanted: Wanted, chosen: Path | None, tell: Callable[[], None]) -> Found:
    """Look for the pictures of a zoom that are missing. Reads nothing of Blender's.

    Args:
        chosen: a folder that a person chose: looked through with its folders, and names of
            pictures suffice where no ``stack.json`` says otherwise. None: the usual places, where
            only the zoom's own stack counts.
        tell: called for each folder; it may raise an error to end the search.
    """
    missing = wanted.missing()
    found = _find_levels(wanted, missing, chosen, tell) if missing else Found()
    found.others = _find_others(wanted, found.folder, chosen, tell)
    return found


def _find_levels(
    wanted: Wanted, missing: list[int], chosen: Path | None, tell: Callable[[], None]
) -> Found:
    best: tuple[int, ...] = ()
    found = Found(rest=missing)
    for place, depth, most in _places(wanted, None, chosen):
        for folder in _folders(place, depth, most):
            tell()
            likeness = _likeness(folder, wanted.stack, chosen)
            if not likeness:
                continue
            files = _pictures_in(folder, wanted.stack, missing)
            rank = (likeness[0], len(files), *likeness) if files else ()
            if rank > best:
                best = rank
                rest = [number for number in missing if number not in files]
                found = Found(files, folder, rest)
        if not found.rest:  # the places come in order
            break
    return found


def _find_others(
    wanted: Wanted, now: Path | None, chosen: Path | None, tell: Callable[[], None]
) -> dict[Path, Path]:
    """Look for earlier pictures: in folders of their runs' names whose stack is the zoom's.

    Args:
        now: where the zoom's stack was found; its other runs are likely beside it.
    """
    missing = {file for file in wanted.others if not is_ordinary(file)}
    found: dict[Path, Path] = {}
    for place, depth, most in _places(wanted, now, chosen) if missing else ():
        for folder in _folders(place, depth, most):
            tell()
            moved = now is not None and folder == now
            here = {
                file: folder / file.name
                for file in missing
                if file.parent.name == folder.name or (moved and file.parent == wanted.stack.folder)
            }
            if here and _is_of_zoom(folder, wanted.stack):
                found.update((old, new) for old, new in here.items() if is_ordinary(new))
                missing -= found.keys()
        if not missing:
            break
    return found


def _is_of_zoom(folder: Path, stack: Stack) -> bool:
    with contextlib.suppress(ZoomStackError, OSError):
        there = parse_stack(read_json(folder / STACK_FILE, "bad_stack"), folder)
        if there.ids is not None and stack.ids is not None:
            return there.ids.zoom == stack.ids.zoom
    return False


def _places(wanted: Wanted, now: Path | None, chosen: Path | None) -> list[tuple[Path, int, int]]:
    """(folder, depth, number of folders at most) to look through, the likeliest first."""
    if chosen is not None:
        return [(chosen, _CHOSEN_DEPTH, _CHOSEN_FOLDERS)]
    near = [now, now.parent] if now is not None else []
    folders = dict.fromkeys([*near, *wanted.folders])
    return [(folder, _NEAR_DEPTH, _NEAR_FOLDERS) for folder in folders]


def _folders(place: Path, depth: int, most: int) -> Iterator[Path]:
    """A folder and those in it, the nearer ones first; hidden ones and links are left out."""
    row, count = [place], 0
    for _ in range(depth + 1):
        deeper: list[Path] = []
        for folder in row:
            count += 1
            if count > most:
                return
            yield folder
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                deeper += sorted(
                    Path(entry.path)
                    for entry in entries
                    if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
                )
        row = deeper


def _likeness(folder: Path, stack: Stack, chosen: Path | None) -> tuple[int, ...]:
    """How surely a folder is the stack's, more is better; empty where it is not.

    Pictures of another version, or of another zoom, have the same names: in the usual places
    only an equal ``stack.json`` tells them apart. A person may choose others.
    """
    same_name = int(folder.name == stack.folder.name)
    there = None
    with contextlib.suppress(ZoomStackError, OSError):
        # Some of its pictures may be missing as well.
        there = parse_stack(read_json(folder / STACK_FILE, "bad_stack"), folder)
    if there is None:
        return (1, same_name) if chosen is not None else ()
    if there.to_dict() == stack.to_dict():
        return (2, same_name) if stack.ids is not None or same_name or chosen is not None else ()
    another = there.ids is not None and stack.ids is not None and there.ids.zoom != stack.ids.zoom
    if chosen is None or ((another or _prompts(there) != _prompts(stack)) and folder != chosen):
        return ()
    return (0, same_name)


def _prompts(stack: Stack) -> list[str]:
    return [level.prompt for level in stack.levels]


def _pictures_in(folder: Path, stack: Stack, numbers: Iterable[int]) -> dict[int, Path]:
    files = {}
    for number in numbers:
        file = folder.joinpath(*PurePosixPath(stack.levels[number].image).parts)
        if is_ordinary(file) and not leaves(folder, stack.levels[number].image):
            files[number] = file
    return files
