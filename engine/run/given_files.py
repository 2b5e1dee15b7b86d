"""The files of the pictures that a job names, looked at before anything heavy is imported."""

from __future__ import annotations

from pathlib import Path

from ..contract.errors import ZoomStackError
from ..contract.file_names import short_path
from ..contract.job import Job
from ..contract.picture_header import PNG, NoPictureError, read_header

PINNED, THROUGH, KEPT = "is pinned to", "is pinned through", "keeps"


def check_given_files(job: Job) -> None:
    """Refuse a job with a picture that is none, by the first bytes of its file.

    Raises:
        ZoomStackError: code ``bad_picture``, naming the level and the file.
    """
    for index, level in enumerate(job.levels):
        if level.pin is not None:
            _check(index, PINNED, level.pin.image)
            if level.pin.mask is not None:
                _check(index, THROUGH, level.pin.mask)
        elif level.keep is not None:
            _check(index, KEPT, level.keep.image)


def told_of(error: NoPictureError, index: int, relation: str, path: Path | str) -> ZoomStackError:
    """What is wrong with a level's picture: "Level 1 is pinned to b/a.png, which ..."."""
    return error.told_of(f"Level {index + 1} {relation} {short_path(path)}, which")


def _check(index: int, relation: str, path: str) -> None:
    try:
        header = read_header(Path(path))
    except NoPictureError as error:
        raise told_of(error, index, relation, path) from None
    if relation == KEPT and header.kind != PNG:
        raise told_of(NoPictureError("is no PNG", "Save it as PNG."), index, relation, path)
