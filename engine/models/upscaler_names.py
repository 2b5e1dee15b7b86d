"""What a job's "upscaler" says, and whether it can be used. Imports the standard library alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..contract.errors import ZoomStackError
from ..contract.job import AUTOMATIC, BUNDLED_SECOND, LANCZOS, REAL_ESRGAN, REAL_ESRGAN_QUICK, THEN
from ..contract.ordinary_files import is_folder
from ..machine import environment
from .entries import ModelEntry
from .registry import find_model
from .sizes import enlargement

REAL_ESRGANS = (REAL_ESRGAN, REAL_ESRGAN_QUICK)


def check(name: str, places: Sequence[Path], model: ModelEntry) -> None:
    """Look whether a job's ``"upscaler"`` can be used, before anything is loaded.

    Args:
        model: the first stage.

    Raises:
        ZoomStackError: codes ``no_model``, ``bad_model``, ``no_upscaler``.
    """
    if name == AUTOMATIC:
        return
    before, after = parts_of(name, places)
    if before:
        entry = find_model(before, places, enlarges=True)
        if entry.native_size is not None and model.native_size is not None:
            enlargement(model.name, model.native_size[0], before, entry.native_size[0])
    check_single(after, places)


def check_single(name: str, places: Sequence[Path]) -> None:
    """The same for one that enlarges each picture by itself.

    Raises:
        ZoomStackError: codes ``no_model``, ``bad_model``, ``no_upscaler``.
    """
    if name in REAL_ESRGANS:
        require_real_esrgan()
    elif name not in (AUTOMATIC, LANCZOS) and not find_model(name, places, enlarges=True).single:
        raise ZoomStackError(
            "bad_model",
            f"The upscaler {name!r} is a second stage, which cannot enlarge finished pictures.",
            f'Choose "{REAL_ESRGAN}", "{REAL_ESRGAN_QUICK}" or "{LANCZOS}".',
        )


def parts_of(name: str, places: Sequence[Path]) -> tuple[str, str]:
    """The second stage, empty where there is none, and what comes after it.

    Raises:
        ZoomStackError: codes ``no_model``, ``bad_model``.
    """
    before, joined, after = name.rpartition(THEN)
    if not joined or is_folder(Path(name)):  # a folder's name may hold whatever it likes
        return (name, LANCZOS) if _is_stage(name, places) else ("", name)
    if not _is_stage(before, places):
        raise ZoomStackError(
            "bad_model",
            f"The upscaler {before!r} is no second stage, so nothing can come after it.",
            f'Choose one of the two, or put a second stage before it, such as "{BUNDLED_SECOND}".',
        )
    return before, after


def _is_stage(name: str, places: Sequence[Path]) -> bool:
    if name in (AUTOMATIC, LANCZOS, *REAL_ESRGANS):
        return False
    return not find_model(name, places, enlarges=True).single


def has_real_esrgan() -> bool:
    """Whether its packages are installed."""
    return not environment.missing(environment.UPSCALER_PACKAGES)


def require_real_esrgan() -> None:
    """Refuse to go on without its packages.

    Raises:
        ZoomStackError: code ``no_upscaler``.
    """
    absent = environment.missing(environment.UPSCALER_PACKAGES)
    if absent:
        raise ZoomStackError(
            "no_upscaler",
            f"Real-ESRGAN needs {' and '.join(absent)}, which the Python {sys.executable} lacks.",
            environment.install_hint(),
        )
