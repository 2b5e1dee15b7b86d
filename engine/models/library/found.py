"""What was found on the disk: one file or folder, and what it can be used for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

CODE = "bad_model"  # of every ZoomStackError in this package that is about a file


class Kind(Enum):
    """What a file or folder is for; the value is what the cache says."""

    MODEL = "model"
    LORA = "lora"
    OTHER = "other"  # known or not, but neither a model nor a LoRA


@dataclass(frozen=True)
class Found:
    """A file or folder that holds weights, or claims to.

    Attributes:
        name: what a job calls it: its path below the place where it was found, with "/" and
            without ".safetensors"; "org/name" in the hub's cache.
        path: of the file or folder.
        kind: what it is for.
        family: the class of its pipeline, such as "StableDiffusionXLPipeline"; empty if none.
        title: what it is, for people.
        checkpoint: "sd15", "sd2" or "sdxl" for a single file, a folder or a LoRA of these; empty
            otherwise.
        single: it is a single file.
        size: bytes on the disk.
        native_size: (width, height) of the pictures it was trained on, in pixels, if known.
        prediction: "epsilon", "v_prediction" or what else its file or scheduler says; empty where
            it says nothing.
        zero_snr: its noise schedule ends in pure noise (Lin et al. 2024).
        draft: it was distilled to a few steps.
        lora_for: the class of the pipelines that a LoRA changes.
        problem: one sentence on why it cannot be used; empty when it can.
        hint: what to do about it.
    """

    name: str
    path: Path
    kind: Kind = Kind.OTHER
    family: str = ""
    title: str = ""
    checkpoint: str = ""
    single: bool = False
    size: int = 0
    native_size: tuple[int, int] | None = None
    prediction: str = ""
    zero_snr: bool = False
    draft: bool = False
    lora_for: str = ""
    problem: str = ""
    hint: str = ""

    @property
    def asks_prediction(self) -> bool:
        """Whether only the user can say what the model predicts, ε or v."""
        usable = self.kind is Kind.MODEL and not self.problem
        return usable and self.single and not self.prediction

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        size = None if self.native_size is None else list(self.native_size)
        rest = {"path": str(self.path), "kind": self.kind.value, "native_size": size}
        return asdict(self) | rest


def from_dict(content: dict[str, Any]) -> Found:
    """The opposite of ``to_dict``.

    Raises:
        TypeError, ValueError, KeyError: where a value is missing or of another type.
    """
    given = dict(content)
    for field, kind in _TYPES.items():
        if not isinstance(given[field], kind):
            raise TypeError(field)
    size = given["native_size"]
    return Found(
        **given
        | {
            "path": Path(given["path"]),
            "kind": Kind(given["kind"]),
            "native_size": None if size is None else (int(size[0]), int(size[1])),
        }
    )


_TEXTS = ("name", "path", "kind", "family", "title", "checkpoint", "prediction", "lora_for")
_TYPES = dict.fromkeys((*_TEXTS, "problem", "hint"), str) | {
    "single": bool,
    "zero_snr": bool,
    "draft": bool,
    "size": int,
}
