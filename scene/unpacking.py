"""Pictures that the .blend holds come back to the disk, exactly as they were packed."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import bpy

from ..blender.compat import save_picture_as
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.ordinary_files import is_ordinary
from ..engine.contract.stack import Stack, write_stack
from . import keys
from .finding import file_of, is_linked, stack_of
from .whereabouts import is_packed, is_painted, pictures_of, point_pictures


def needs_unpacking(root: bpy.types.Object) -> bool:
    """Whether the .blend has pictures of a zoom that no file has; looks at the disk.

    Their files are gone, or the artist has painted on them.
    """
    if any(map(is_painted, pictures_of(root).values())):
        return True
    try:
        _checked(stack_of(root))
    except ZoomStackError:
        return any(map(is_packed, pictures_of(root).values()))
    return False


def _checked(stack: Stack) -> Stack:
    """A stack as the zoom knows it, whose pictures are all on the disk.

    What stands in ``stack.json`` may be another run's, or edited by hand.

    Raises:
        ZoomStackError: code ``missing_picture``.
    """
    for number, level in enumerate(stack.levels):
        if not is_ordinary(stack.picture(number)):
            raise ZoomStackError(
                "missing_picture",
                f"The picture of level {number + 1}, {level.image}, is not in {stack.folder}.",
                "Press Find Pictures, or put it there.",
            )
    return stack


def is_mixed(root: bpy.types.Object) -> bool:
    """Whether a level shows a picture that is not in the zoom's stack: an earlier one, for one."""
    stack, pictures = stack_of(root), pictures_of(root)
    return any(file_of(image) != stack.picture(number) for number, image in pictures.items())


def stack_on_disk(
    root: bpy.types.Object, new_folder: Callable[[str], Path], as_shown: bool = False
) -> Stack:
    """The stack that a zoom shows; written anew where its files are gone and the .blend has them.

    In one go; see ``unpack_steps``.

    Args:
        as_shown: write it anew also where a level shows another picture than the stack's.
    """
    if not (needs_unpacking(root) or (as_shown and is_mixed(root))):
        return _checked(stack_of(root))
    steps = unpack_steps(lambda: root, new_folder)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            stack: Stack = finished.value
            return stack


def unpack_steps(
    find_root: Callable[[], bpy.types.Object | None], new_folder: Callable[[str], Path]
) -> Generator[None, None, Stack]:
    """Write a zoom's packed pictures, one at each ``next``, as a stack; returns that.

    The pictures stay packed, and name the new files. Closing the generator, and every error,
    removes what was written.

    Args:
        find_root: the zoom's root, looked up anew: undo may have made it another one.
        new_folder: makes a new folder, given words to name it after.

    Raises:
        ZoomStackError: codes ``bad_stack``, ``missing_picture``, ``unwritable``, and
            ``import_interrupted`` where the zoom is gone.
    """
    shown = stack_of(_found(find_root))
    _check_all_there(shown, pictures_of(_found(find_root)))
    stack = replace(_with_own_names(shown), folder=new_folder(shown.folder.name))
    try:
        for number in range(len(stack.levels)):
            _write(_picture(_found(find_root), number), stack.picture(number))
            yield
        write_stack(stack)
    except OSError as error:
        _remove(stack)
        raise ZoomStackError(
            "unwritable",
            f"{stack.folder} cannot be written to: {error.strerror or error}.",
            "Choose another output folder.",
        ) from None
    except BaseException:
        _remove(stack)
        raise
    root = _found(find_root)
    if not is_linked(root):
        painted = [each for each in pictures_of(root).values() if each.is_dirty]
        files = {number: stack.picture(number) for number in range(len(stack.levels))}
        point_pictures(root, files, stack.folder)
        for image in painted:
            image.reload()  # its file is what was painted
        root[keys.MANIFEST] = stack.to_text()
    return stack


def _with_own_names(stack: Stack) -> Stack:
    """Levels that name one file may show different pictures: each gets a name of its own."""
    taken: set[str] = set()
    levels = []
    for level in stack.levels:
        path = PurePosixPath(level.image)
        names = (path.with_stem(f"{path.stem}_{n}").as_posix() for n in itertools.count(2))
        image = next(n for n in itertools.chain([level.image], names) if n.lower() not in taken)
        taken.add(image.lower())
        levels.append(replace(level, image=image))
    return replace(stack, levels=tuple(levels))


def _remove(stack: Stack) -> None:
    shutil.rmtree(stack.folder, ignore_errors=True)  # made just now, by us


def _found(find_root: Callable[[], bpy.types.Object | None]) -> bpy.types.Object:
    root = find_root()
    if root is None:
        raise ZoomStackError("import_interrupted", "The zoom whose pictures are packed is gone.")
    return root


def _picture(root: bpy.types.Object, number: int) -> bpy.types.Image:
    picture = pictures_of(root).get(number)
    if picture is None:
        raise ZoomStackError(
            "import_interrupted", f"The picture of level {number + 1} was removed meanwhile."
        )
    return picture


def _check_all_there(stack: Stack, pictures: dict[int, bpy.types.Image]) -> None:
    for number in range(len(stack.levels)):
        image = pictures.get(number)
        if image is None or not (is_packed(image) or is_ordinary(file_of(image))):
            raise ZoomStackError(
                "missing_picture",
                f"The picture of level {number + 1} is neither packed nor on the disk.",
                "Press Find Pictures, or make the level again.",
            )


def _write(image: bpy.types.Image, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if image.is_dirty and is_packed(image):
        image.pack()
    if image.is_dirty:
        save_picture_as(image, target)
    elif is_packed(image):
        target.write_bytes(image.packed_file.data)
    else:
        shutil.copyfile(file_of(image), target)
