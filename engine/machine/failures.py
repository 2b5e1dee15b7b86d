"""Any exception as the one error that a person gets to see."""

from __future__ import annotations

import errno
import traceback

from ..contract.errors import Remedy, ZoomStackError

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")


class Cancelled(Exception):
    """The user ended the job; what was finished of it is saved."""


def as_zoom_stack_error(error: BaseException) -> ZoomStackError:
    """The error in words; unknown ones get the code ``internal``."""
    if isinstance(error, ZoomStackError):
        return error
    if is_out_of_memory(error):
        return ZoomStackError(
            "out_of_memory",
            "The memory of the device ran out.",
            "Close other programs that use it, or choose fewer levels, a smaller model or the "
            'device "cpu".',
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ZoomStackError(
            "disk_full",
            f"The disk is full{_file_of(error)}.",
            "Free some space, then go on with the run.",
            Remedy.GO_ON,
        )
    if isinstance(error, OSError) and error.filename is not None:
        return ZoomStackError(
            "file",
            f"{error.filename}: {error.strerror or error}.",
            "Check the file and its folder.",
        )
    return ZoomStackError(
        "internal",
        f"An error that Zoom Stack does not know: {summary(error).rstrip('.')}.",
        "Please report it together with the details.",
    )


def summary(error: BaseException) -> str:
    """Type and first line of an exception."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else f"{type(error).__name__}."


def details(error: BaseException) -> str:
    """The full traceback."""
    return "".join(traceback.format_exception(error))


def _file_of(error: OSError) -> str:
    return f" ({error.filename})" if error.filename else ""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it says that memory ran out, of the device or of the machine."""
    # By name and text, so that this file needs no torch: torch.OutOfMemoryError on CUDA and ROCm,
    # plain RuntimeErrors on the CPU and on MPS.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in _OUT_OF_MEMORY)
