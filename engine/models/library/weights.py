"""How many values the two halves of a model have, from headers alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...contract.model_folder import INDEX_FILE
from .folder_parts import check_files, parts_of, read_object
from .found import Found
from .headers import read_header

_TEXT_PART = "text_encoder"
_UNREAD = "model_ema."  # of training
_TEXT_KEYS = ("cond_stage_model.", "conditioner.")


@dataclass(frozen=True)
class Values:
    """Numbers of values; a half in bytes is so many times the size of one.

    Attributes:
        text: of what reads prompts; it is given back before the rest is loaded.
        rest: of what samples.
    """

    text: int
    rest: int

    @property
    def at_once(self) -> int:
        """Of the larger half."""
        return max(self.text, self.rest)


def values_of(found: Found) -> Values:
    """Count what a model would load.

    Raises:
        ZoomStackError: code ``bad_model``, where it changed since it was found.
    """
    text = rest = 0
    for file, reads_prompts in _files(found):
        for key, shape in read_header(file).shapes.items():
            if found.single and key.startswith(_UNREAD):
                continue
            if reads_prompts or (found.single and key.startswith(_TEXT_KEYS)):
                text += math.prod(shape)
            else:
                rest += math.prod(shape)
    return Values(text, rest)


def _files(found: Found) -> Iterator[tuple[Path, bool]]:
    """The files that are loaded, and whether all that they hold reads prompts."""
    if found.single:
        yield found.path, False
        return
    parts = parts_of(found.path, found.name, read_object(found.path / INDEX_FILE))
    for file in check_files(found.path, found.name, parts):
        yield file, file.parent.name.startswith(_TEXT_PART)
