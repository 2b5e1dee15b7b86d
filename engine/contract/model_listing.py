"""The list of models as the engine tells it, and which LoRAs fit which model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from .fields import FieldError
from .message_table import LISTING

MAKES = "model"
SECOND_STAGE = "second_stage"
ENLARGES = "upscaler"
LORA = "lora"
OTHER = "other"  # weights, but nothing that a job could name
KINDS = (MAKES, SECOND_STAGE, ENLARGES, LORA, OTHER)


@dataclass(frozen=True)
class Listed:
    """One model, LoRA or other file with weights.

    Attributes:
        name: as in a job.
        kind: one of ``KINDS``.
        family: what it is, for people; empty when nothing is known.
        native_size: (width, height) of its pictures in pixels, or None when unknown.
        size: bytes on the disk.
        draft: it needs few steps, and its pictures are less fine.
        asks_prediction: only its user can say what it was trained to answer.
        pipeline: the class that runs it, or that a LoRA changes; empty if none does.
        checkpoint: which model of that class, "sd15", "sd2" or "sdxl"; empty where there is one.
        folder: where it lies.
        problem: a sentence about why it cannot be used; empty when it can.
        hint: what to do about it.
    """

    name: str
    kind: str = OTHER
    family: str = ""
    native_size: tuple[int, int] | None = None
    size: int = 0
    draft: bool = False
    asks_prediction: bool = False
    pipeline: str = ""
    checkpoint: str = ""
    folder: str = ""
    problem: str = ""
    hint: str = ""

    def fits(self, model: Listed) -> bool:
        """Whether this LoRA changes that model, as far as their headers tell."""
        if self.kind != LORA or self.problem or self.pipeline != model.pipeline:
            return False
        return not (self.checkpoint and model.checkpoint) or self.checkpoint == model.checkpoint

    def to_dict(self) -> dict[str, Any]:
        """As in JSON."""
        size = None if self.native_size is None else list(self.native_size)
        return asdict(self) | {"native_size": size, "ok": not self.problem}


def read_listing(data: object) -> list[Listed]:
    """The models of a message; what is none is left out, for engines of other versions."""
    try:
        found = LISTING.read(data)
    except FieldError:
        return []
    known = {each.name for each in fields(Listed)}
    return [
        Listed(**{name: value for name, value in each.items() if name in known}) for each in found
    ]
