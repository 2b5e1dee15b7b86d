"""Pictures and their stack.json into a folder, all or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..contract.errors import ZoomStackError
from ..contract.lasting import sync_folder
from ..contract.ordinary_files import read_ordinary
from ..contract.picture_header import MAX_BYTES, PNG
from ..contract.stack import Stack, write_atomically, write_stack
from ..pictures.colour import Bytes
from ..pictures.files import unwritable, write_png
from .given_pictures import GivenPicture
from .output_folder import OutputFolder

_POLITE = (signal.SIGINT, signal.SIGTERM)


def write_zoom(
    folder: OutputFolder,
    pictures: Iterator[tuple[int, Bytes]],
    levels: int,
    describe: Callable[[Sequence[str]], Stack],
    given: Sequence[GivenPicture] = (),
    check: Callable[[], None] = lambda: None,
) -> Stack:
    """Write pictures under names that no file has yet, then the stack.json that names them.

    Up to that moment the folder holds what it held before, whatever happens; after it, what was
    replaced is removed.

    Args:
        folder: held.
        pictures: (index, picture); an exception of theirs leaves the folder as it was.
        levels: how many there are.
        describe: the stack, from the names of its pictures.
        given: pictures of the job; those that stay are copied byte for byte.
        check: called now and then; an exception of its ends the work.

    Raises:
        ZoomStackError: codes ``unwritable``, ``bad_picture``.
    """
    stay = {picture.level: picture for picture in given if picture.stays}
    made: list[tuple[Path, int]] = []
    try:
        for index, picture in pictures:
            aside = folder.half_picture_file(index)
            made.append((aside, index))
            if index in stay:
                _copy(stay[index], aside)
            else:
                write_png(aside, picture, check, lasting=True)
        check()
        with _to_the_end():
            folder.check_held()
            names, replaced = folder.new_names(levels), folder.named() or set()
            moves = [(aside, names[index]) for aside, index in made]
            _note(folder, {*names, *replaced})
            stack = _placed(folder, moves, lambda: describe(names))
            folder.remove(replaced)
            folder.forget_changing()
            return stack
    finally:
        for aside, _ in made:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)


def _placed(
    folder: OutputFolder,
    moves: Sequence[tuple[Path, str]],
    describe: Callable[[], Stack],
) -> Stack:
    """Move the pictures to their names and write the stack.json; or leave nothing."""
    moved: list[str] = []
    try:
        for aside, name in moves:
            _move(aside, folder.path / name)
            moved.append(name)
        sync_folder(folder.path)  # a power cut must not leave the stack.json without them
        stack = describe()
        write_stack(stack)
    except BaseException:
        named = folder.named()
        if named is not None:  # else nobody knows: the next run does what is to be done
            folder.remove(set(moved) - named)
            folder.forget_changing()
        raise
    return stack


@contextlib.contextmanager
def _to_the_end() -> Iterator[None]:
    """Ctrl+C and a polite end from outside come too late."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _POLITE}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _copy(kept: GivenPicture, target: Path) -> None:
    assert kept.file is not None
    try:
        content = read_ordinary(kept.file, MAX_BYTES[PNG])
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != kept.digest:
        raise ZoomStackError(
            "bad_picture",
            f"{kept.file}, which level {kept.level + 1} keeps, has changed since the run began.",
            "Start the run again.",
        )
    try:
        write_atomically(target, content, lasting=True)
    except OSError as error:
        raise unwritable(target, error) from error


def _note(folder: OutputFolder, names: set[str]) -> None:
    try:
        folder.note_changing(names)
    except OSError as error:
        raise unwritable(folder.work, error) from error


def _move(aside: Path, target: Path) -> None:
    try:
        aside.replace(target)
    except OSError as error:
        raise unwritable(target, error) from error
