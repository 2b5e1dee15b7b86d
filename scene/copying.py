"""Copies of stacks in another folder: stack.json and its pictures, on the disk alone."""

from __future__ import annotations

import contextlib
import filecmp
import itertools
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.ordinary_files import is_ordinary
from ..engine.contract.stack import STACK_FILE, Stack, read_stack, write_stack

_PIECE = 1 << 20  # bytes
_LETTERS = 12
_LEFTOVER = re.compile(rf"\.[0-9a-f]{{{_LETTERS}}}\.tmp")
_OLD = 3600.0  # seconds


def copy_stacks(
    stacks: Iterable[Stack], target: Path, tell: Callable[[float], None]
) -> dict[Path, Path]:
    """Copy stacks into a folder; a copy that is there already is not made again.

    Whatever goes wrong, what was there before is as it was. Reads nothing of Blender's.

    Args:
        stacks: their pictures are read where they lie.
        target: made where it is missing.
        tell: called often with the share that is done, 0-1; an exception ends it early.

    Returns:
        The folder of each copy by that of its stack.

    Raises:
        ZoomStackError: codes ``missing_picture``, ``unwritable``.
    """
    stacks = list({stack.folder: stack for stack in stacks}.values())
    copies: dict[Path, Path] = {}
    unfinished: dict[Path, Path] = {}
    made_target = not target.exists()
    try:
        _remove_leftovers(target)
        total = sum(size_of(stack) for stack in stacks) or 1
        done = 0
        for stack in stacks:
            there = next((f for f in _names(target, stack) if _is_copy(f, stack)), None)
            if there is not None:
                copies[stack.folder] = there
                done += size_of(stack)
                continue
            place = target / f".{uuid.uuid4().hex[:_LETTERS]}.tmp"
            unfinished[stack.folder] = place
            place.mkdir(parents=True)
            done = _copy(stack, place, done, total, tell)
        # Nothing shows under its name before everything is there.
        for folder, place in list(unfinished.items()):
            copies[folder] = _free(target, folder.name)
            place.rename(copies[folder])
            del unfinished[folder]
    except OSError as error:
        raise ZoomStackError(
            "unwritable",
            f"The pictures cannot be copied to {target}: {error.strerror or error}.",
            "They stay where they are. Make room there, or save the file in another folder.",
        ) from None
    finally:
        for place in unfinished.values():
            shutil.rmtree(place, ignore_errors=True)
        if made_target:
            with contextlib.suppress(OSError):  # only where it is empty
                target.rmdir()
    return copies


def with_manifest(shown: Stack) -> Stack:
    """A stack as its folder has it; where that lacks a ``stack.json``, as the zoom knows it.

    Raises:
        ZoomStackError: code ``missing_picture``.
    """
    with contextlib.suppress(ZoomStackError):
        return read_stack(shown.folder)
    for number in range(len(shown.levels)):
        if not is_ordinary(shown.picture(number)):
            raise ZoomStackError(
                "missing_picture",
                f"The picture of level {number + 1} is not in {shown.folder}.",
                "Press Find Pictures first.",
            )
    return shown


def _pictures(stack: Stack) -> list[Path]:
    return [stack.picture(number) for number in range(len(stack.levels))]


def size_of(stack: Stack) -> int:
    """Of a stack's pictures, in bytes. Raises OSError where one is gone."""
    return sum(file.stat().st_size for file in _pictures(stack))


def _copy(stack: Stack, place: Path, done: int, total: int, tell: Callable[[float], None]) -> int:
    """Returns the bytes that are done now."""
    for file in dict.fromkeys(_pictures(stack)):
        target = place / file.relative_to(stack.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as source, target.open("xb") as copy:
            while piece := source.read(_PIECE):
                copy.write(piece)
                done += len(piece)
                tell(min(1.0, done / total))
        _keep_times(file, target)
    if is_ordinary(stack.folder / STACK_FILE):
        shutil.copyfile(stack.folder / STACK_FILE, place / STACK_FILE)
        _keep_times(stack.folder / STACK_FILE, place / STACK_FILE)
    else:
        write_stack(replace(stack, folder=place))
    return done


def _keep_times(file: Path, copy: Path) -> None:
    """Versions are told apart by when they were made."""
    with contextlib.suppress(OSError):  # a drive may know no times
        about = file.stat()
        os.utime(copy, ns=(about.st_atime_ns, about.st_mtime_ns))


def _remove_leftovers(target: Path) -> None:
    """Of a Blender that was killed while it copied; what another one copies now is younger."""
    with contextlib.suppress(OSError):
        for place in target.iterdir():
            if _LEFTOVER.fullmatch(place.name) and place.is_dir() and not place.is_symlink():
                latest = max(each.stat().st_ctime for each in (place, *place.rglob("*")))
                if time.time() - latest > _OLD:
                    shutil.rmtree(place, ignore_errors=True)


def _names(target: Path, stack: Stack) -> Iterable[Path]:
    """The folders that may hold a copy already."""
    for number in itertools.count(1):
        folder = target / (stack.folder.name if number == 1 else f"{stack.folder.name}_{number}")
        if not folder.exists():
            return
        yield folder


def _free(target: Path, name: str) -> Path:
    names = (name if number == 1 else f"{name}_{number}" for number in itertools.count(1))
    return next(target / each for each in names if not (target / each).exists())


def _is_copy(folder: Path, stack: Stack) -> bool:
    try:
        there = read_stack(folder)
    except ZoomStackError:
        return False
    if there.to_dict() != stack.to_dict():
        return False
    pairs = zip(_pictures(there), _pictures(stack), strict=True)
    return all(filecmp.cmp(mine, theirs, shallow=False) for mine, theirs in pairs)
