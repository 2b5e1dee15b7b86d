"""What is known of a model before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import ZoomStackError
from ..contract.model_folder import (
    CONFIG_FILE,
    FAMILIES,
    IF_MULTIPLE,
    INDEX_FILE,
    Family,
)
from ..contract.model_listing import ENLARGES, LORA, MAKES, OTHER, SECOND_STAGE, Listed
from ..contract.pipeline_families import PIPELINES
from ..contract.validation import read_json
from .library.folders import inspect_folder
from .library.found import Found, Kind
from .sizes import sampling_size

_SIDES = range(1, 16385)  # pixels
_KINDS = {Kind.MODEL: MAKES, Kind.LORA: LORA, Kind.OTHER: OTHER}


@dataclass(frozen=True)
class ModelEntry:
    """A model folder or file that was found.

    Attributes:
        name: for a job's ``"model"``.
        folder: or file.
        family: for people; empty when the class is not supported.
        native_size: (width, height) in pixels, or None when unknown.
        grid: how many of them one of the values that it samples stands for, to each side.
        size_multiple: of which the sides of sampled pictures are whole ones.
        enlarges: it is for a job's ``"upscaler"``, not for its ``"model"``.
        single: and enlarges each picture by itself.
        problem: a sentence about why it cannot be used; empty when it can.
        hint: what to do about it.
        found: more of it, where it was found on the disk.
    """

    name: str
    folder: Path
    family: str = ""
    native_size: tuple[int, int] | None = None
    grid: int = 1
    size_multiple: int = IF_MULTIPLE
    enlarges: bool = False
    single: bool = False
    problem: str = ""
    hint: str = ""
    found: Found | None = None

    def sample_size(self, aspect: float) -> tuple[int, int]:
        """As the loaded model will say; see ``protocol.Model``.

        Raises:
            ZoomStackError: code ``bad_geometry``.
        """
        assert self.native_size is not None
        return sampling_size(self.native_size[0], aspect, self.size_multiple)

    @property
    def kind(self) -> str:
        """One of ``model_listing.KINDS``."""
        if self.enlarges:
            return ENLARGES if self.single else SECOND_STAGE
        return MAKES if self.found is None else _KINDS[self.found.kind]

    def listed(self) -> Listed:
        """As it is told to people and programs."""
        found = self.found or Found(self.name, self.folder)
        return Listed(
            name=self.name,
            kind=self.kind,
            family=self.family,
            native_size=self.native_size,
            size=found.size,
            draft=found.draft,
            asks_prediction=found.asks_prediction,
            pipeline=found.lora_for or found.family,
            checkpoint=found.checkpoint,
            folder=str(self.folder),
            problem=self.problem,
            hint=self.hint,
        )


def entry_of(found: Found) -> ModelEntry:
    """The entry of what was found; a folder of IF's or of an upscaler is looked at once more."""
    if found.family in FAMILIES and not found.problem:
        return _of_folder(found.path, found.name, found)
    row = PIPELINES.get(found.family)
    native = (row.native, row.native) if row and found.kind is Kind.MODEL else None
    return ModelEntry(
        found.name,
        found.path,
        found.title,
        found.native_size or native,
        grid=row.grid if row else 1,
        size_multiple=row.multiple if row else IF_MULTIPLE,
        problem=found.problem,
        hint=found.hint,
        found=found,
    )


def inspect(folder: Path, name: str) -> ModelEntry:
    """Look at a model folder without loading anything; problems go into the entry."""
    return entry_of(inspect_folder(folder, name))


def _of_folder(folder: Path, name: str, found: Found) -> ModelEntry:
    family = FAMILIES[found.family]
    try:
        _check_parts(folder, name, family)
        size = _native_size(folder, family)
    except ZoomStackError as error:
        return ModelEntry(
            name, folder, family.title, problem=error.text, hint=error.hint, found=found
        )
    return ModelEntry(
        name,
        folder,
        family.title,
        size,
        size_multiple=family.size_multiple,
        enlarges=family.enlarges,
        single=family.single,
        found=found,
    )


def _check_parts(folder: Path, name: str, family: Family) -> None:
    """Refuse a model whose folder is incomplete, or would have to be unpickled."""
    absent = _absent(folder) if family.enlarges else set()
    for part in family.parts:
        if part not in absent and not (folder / part).is_dir():
            raise ZoomStackError(
                "bad_model", f"The model {name!r} lacks its part {part!r}.", "Download it again."
            )
    for part in (family.denoiser, *family.text_encoders):
        if part not in absent:
            what = f"The part {part!r} of the model {name!r}" if part else f"The model {name!r}"
            _check_weights(folder / part, what)


def _check_weights(part: Path, what: str) -> None:
    if any(part.glob("*.safetensors")):
        return
    if any(part.glob("*.bin")) or any(part.glob("*.ckpt")):
        raise ZoomStackError(
            "bad_model",
            f"{what} has its weights only as pickle files, which could run any program.",
            "Download the model's safetensors files.",
        )
    raise ZoomStackError(
        "bad_model",
        f"{what} has no weights (*.safetensors).",
        "Download it again.",
    )


def _absent(folder: Path) -> set[str]:
    """Parts that an index lists as absent: an upscaler may do without text."""
    if not (folder / INDEX_FILE).is_file():
        return set()
    index = read_json(folder / INDEX_FILE, "bad_model", finite=False)
    assert isinstance(index, dict)  # it named its class
    return {part for part, what in index.items() if what == [None, None]}


def _native_size(folder: Path, family: Family) -> tuple[int, int] | None:
    try:
        config = read_json(folder / family.denoiser / CONFIG_FILE, "bad_model", finite=False)
    except ZoomStackError:
        return None
    side = config.get("sample_size") if isinstance(config, dict) else None
    return (side, side) if type(side) is int and side in _SIDES else None
