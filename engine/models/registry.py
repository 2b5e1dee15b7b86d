"""Which models exist and how to open them. Does not import torch until a model is opened."""

from __future__ import annotations

import importlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import Remedy, ZoomStackError
from ..contract.job import BUNDLED, BUNDLED_SECOND, UPSCALERS
from ..contract.model_folder import (
    CONFIG_FILE,
    FAMILIES,
    IF_MULTIPLE,
    INDEX_FILE,
    Family,
    class_name,
    is_model,
)
from ..contract.validation import read_json
from .revision import revision_of
from .sizes import sampling_size

if TYPE_CHECKING:
    import torch

    from .protocol import Model

BUNDLED_FOLDERS = {name: Path(__file__).with_name(name) for name in (BUNDLED, BUNDLED_SECOND)}
MODELS_VARIABLE = "ZOOM_STACK_MODELS"


@dataclass(frozen=True)
class ModelEntry:
    """A model folder that was found.

    Attributes:
        name: for a job's ``"model"``.
        family: for people; empty when the class is not supported.
        native_size: (width, height) in pixels, or None when unknown.
        size_multiple: of which the sides of sampled pictures are whole ones.
        enlarges: it is for a job's ``"upscaler"``, not for its ``"model"``.
        single: and enlarges each picture by itself.
        problem: a sentence about why it cannot be used; empty when it can.
        hint: what to do about it.
    """

    name: str
    folder: Path
    family: str = ""
    native_size: tuple[int, int] | None = None
    size_multiple: int = IF_MULTIPLE
    enlarges: bool = False
    single: bool = False
    problem: str = ""
    hint: str = ""

    def sample_size(self, aspect: float) -> tuple[int, int]:
        """As the loaded model will say; see ``protocol.Model``.

        Raises:
            ZoomStackError: code ``bad_geometry``.
        """
        assert self.native_size is not None
        return sampling_size(self.native_size[0], aspect, self.size_multiple)

    def to_dict(self) -> dict[str, Any]:
        size = None if self.native_size is None else list(self.native_size)
        return {
            "name": self.name,
            "family": self.family,
            "native_size": size,
            "enlarges": self.enlarges,
            "folder": str(self.folder),
            "ok": not self.problem,
            "problem": self.problem,
            "hint": self.hint,
        }


def models_folder(given: Path | None) -> Path | None:
    """The folder with the user's models: given, or named by the environment, or none."""
    if given is None:
        named = os.environ.get(MODELS_VARIABLE, "").strip()
        given = Path(named) if named else None
    return None if given is None else Path(os.path.expanduser(given))


def list_models(folder: Path | None = None) -> list[ModelEntry]:
    """The bundled models and those below the models folder, by name.

    Raises:
        ZoomStackError: code ``no_models_folder``.
    """
    entries = [inspect(path, name) for name, path in BUNDLED_FOLDERS.items()]
    folder = models_folder(folder)
    if folder is None:
        return entries
    try:
        found = sorted(path for path in folder.iterdir() if is_model(path))
    except OSError as error:
        raise ZoomStackError(
            "no_models_folder",
            f"The models folder {folder} cannot be read: {error.strerror or error}.",
            "Correct the models folder.",
            Remedy.CHOOSE_MODELS,
        ) from None
    return entries + [inspect(path, path.name) for path in found]


def find_model(name: str, folder: Path | None = None, enlarges: bool = False) -> ModelEntry:
    """The entry for a job's ``"model"``: "bundled", a name below the models folder, or a path.

    Args:
        enlarges: it is for a job's ``"upscaler"``.

    Raises:
        ZoomStackError: codes ``no_model`` (with the names that exist), ``bad_model``.
    """
    path = Path(os.path.expanduser(name))
    if name in BUNDLED_FOLDERS:
        entry = inspect(BUNDLED_FOLDERS[name], name)
    elif path.is_absolute():
        entry = inspect(path, name)
    else:
        known = list_models(folder)
        matches = [entry for entry in known if entry.name == name]
        if not matches:
            where = models_folder(folder)
            kind = "upscaler" if enlarges else "model"
            names = [entry.name for entry in known if entry.enlarges == enlarges]
            raise ZoomStackError(
                "no_model",
                f"There is no {kind} {name!r}" + (f" in {where}." if where else "."),
                f"Known {kind}s: {', '.join([*(UPSCALERS if enlarges else ()), *names])}."
                + ("" if where else " Choose a models folder to find others."),
                None if where else Remedy.CHOOSE_MODELS,
            )
        entry = matches[0]
    if entry.problem:
        raise ZoomStackError("bad_model", entry.problem, entry.hint)
    if entry.enlarges and not enlarges:
        raise ZoomStackError(
            "bad_model",
            f"The model {name!r} enlarges pictures of a first stage and makes none by itself.",
            "Choose a stage I model, and this one as the upscaler.",
        )
    if enlarges and not entry.enlarges:
        raise ZoomStackError(
            "bad_model",
            f"The model {name!r} makes pictures and cannot enlarge them.",
            'Choose a model that enlarges, "automatic" or "lanczos".',
        )
    return entry


def open_model(name: str, folder: Path | None, device: torch.device) -> Model:
    """Load a model.

    Raises:
        ZoomStackError: codes ``no_model``, ``bad_model``.
    """
    model: Model = load(find_model(name, folder), name, device)
    return model


def load(entry: ModelEntry, name: str, device: torch.device) -> Any:
    """Load what a folder holds, by its family's adapter.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    family = FAMILIES[class_name(entry.folder)]
    adapter = importlib.import_module(f".{family.adapter}", __package__)
    return adapter.load(entry.folder, name, revision_of(entry.folder, family.denoiser), device)


def inspect(folder: Path, name: str) -> ModelEntry:
    """Look at a folder without loading anything; problems go into the entry."""
    try:
        family = _family(folder, name)
        _check_parts(folder, name, family)
        size = _native_size(folder, family)
    except ZoomStackError as error:
        return ModelEntry(name, folder, problem=error.text, hint=error.hint)
    return ModelEntry(
        name,
        folder,
        family.title,
        size,
        family.size_multiple,
        enlarges=family.enlarges,
        single=family.single,
    )


def _family(folder: Path, name: str) -> Family:
    found = class_name(folder)
    family = FAMILIES.get(found)
    if family is not None:
        return family
    raise ZoomStackError(
        "bad_model",
        f"The model {name!r} is a {found}, which Zoom Stack cannot use yet.",
        f"It can use: {', '.join(sorted(FAMILIES))}.",
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
    index = read_json(folder / INDEX_FILE, "bad_model")
    assert isinstance(index, dict)  # it named its class
    return {part for part, what in index.items() if what == [None, None]}


def _native_size(folder: Path, family: Family) -> tuple[int, int] | None:
    try:
        text = (folder / family.denoiser / CONFIG_FILE).read_text(encoding="utf-8")
        side = json.loads(text)["sample_size"]
        return int(side), int(side)
    except (OSError, ValueError, KeyError, TypeError):
        return None
