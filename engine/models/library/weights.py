"""How many values the two halves of a model have, from headers alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...contract.errors import ZoomStackError
from .found import Found
from .headers import read_header

_TEXT_PARTS = ("text_encoder", "tokenizer")
_TEXT_KEYS = ("cond_stage_model.", "conditioner.")
_UNUSED_PARTS = ("safety_checker", "image_encoder", "feature_extractor")


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
    """Count what a model would load; a file that cannot be read counts nothing."""
    text = rest = 0
    for file, key_of_text in _files(found):
        try:
            shapes = read_header(file).shapes
        except ZoomStackError:  # told where the model is looked at
            continue
        for key, shape in shapes.items():
            if key_of_text or (found.single and key.startswith(_TEXT_KEYS)):
                text += math.prod(shape)
            else:
                rest += math.prod(shape)
    return Values(text, rest)


def _files(found: Found) -> Iterator[tuple[Path, bool]]:
    """Files, and whether all that they hold reads prompts."""
    if found.single:
        yield found.path, False
        return
    for part in sorted(path for path in found.path.iterdir() if path.is_dir()):
        if part.name in _UNUSED_PARTS:
            continue
        files = sorted(part.glob("*.safetensors"))
        full = [file for file in files if ".fp16." not in file.name]
        for file in full or files:
            yield file, part.name.startswith(_TEXT_PARTS)
