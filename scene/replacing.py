"""Other pictures for a zoom that is in the file, in small steps; all else of it stays."""

from __future__ import annotations

from collections.abc import Callable, Generator

import bpy

from ..blender.folders import beside_file
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.stack import Stack
from . import keys
from .draft import Draft
from .finding import octaves_of, stack_of
from .showing import swap_levels


def replace_steps(
    find_root: Callable[[], bpy.types.Object | None], stack: Stack
) -> Generator[str, None, Stack]:
    """Load a stack's pictures, one at each ``next``, then show them all at once.

    Yields what comes next, for people. Closing the generator, and every error, removes what was
    loaded. The caller pushes the one undo step at the end.

    Args:
        find_root: the zoom's root, looked up anew: undo may have made it another one.

    Returns:
        the stack that the zoom showed before.

    Raises:
        ZoomStackError: codes ``bad_picture``, ``bad_stack``, ``import_interrupted``.
    """
    draft = Draft(stack.folder.resolve().name or "Zoom")
    try:
        count = len(stack.levels)
        yield from draft.load_pictures(stack)
        root = find_root()
        if root is None or len(octaves_of(root)) != count:
            raise ZoomStackError(
                "import_interrupted",
                "The zoom whose pictures were made sharper is gone, or has other levels now.",
                "The pictures are in " + str(stack.folder),
            )
        before = stack_of(root)
        swap_levels(root, {number: draft.image(number) for number in range(count)})
        root[keys.FOLDER] = beside_file(str(stack.folder.resolve()))
        root[keys.MANIFEST] = stack.to_text()
        draft.finish()
    except BaseException:
        draft.discard()
        raise
    return before
