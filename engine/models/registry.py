"""Which models exist and how to open them. Does not import torch until a model is opened."""

from __future__ import annotations

import importlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import Remedy, ZoomStackError
from ..contract.job import BUNDLED, BUNDLED_SECOND, PREDICTIONS, UPSCALERS, Job
from ..contract.model_folder import FAMILIES
from ..contract.model_listing import ENLARGES, LORA, MAKES, SECOND_STAGE
from ..contract.ordinary_files import is_folder
from ..machine.noticing import notice
from .cache_folder import cache_folder
from .entries import ModelEntry, entry_of, inspect
from .library.checkpoints import inspect_file
from .library.families import SD, SDXL
from .library.library import look_through
from .revision import revision_of

if TYPE_CHECKING:
    import torch

    from .protocol import Model

BUNDLED_FOLDERS = {name: Path(__file__).with_name(name) for name in (BUNDLED, BUNDLED_SECOND)}
MODELS_VARIABLE = "ZOOM_STACK_MODELS"
_MOST_NAMES = 8  # that a sentence lists
_AS_ITS_FILE_SAYS = PREDICTIONS[0].name


@dataclass(frozen=True)
class ModelList:
    """Models, LoRAs and what looks like one.

    Attributes:
        entries: the bundled ones first.
        problems: sentences about places that could not be looked through.
    """

    entries: tuple[ModelEntry, ...]
    problems: tuple[str, ...] = ()

    def named(self, name: str, kinds: Collection[str], code: str = "no_model") -> ModelEntry | None:
        """The entry of a name; of a folder that was moved, the only one of that last part.

        Raises:
            ZoomStackError: with ``code``: there are two.
        """
        among = [entry for entry in self.entries if entry.kind in kinds]
        for entry in among:
            if entry.name == name:
                return entry
        last = name.rpartition("/")[2]
        matches = [entry for entry in among if entry.name.rpartition("/")[2] == last]
        if len(matches) > 1:
            names = " and ".join(repr(entry.name) for entry in matches[:2])
            raise ZoomStackError(code, f"There is no {name!r}, but {names}.", "Choose one of them.")
        return matches[0] if matches else None


def model_places(given: Sequence[Path] = ()) -> list[Path]:
    """The folders with the user's models: given, or named by the environment, or none."""
    named = os.environ.get(MODELS_VARIABLE, "").split(os.pathsep)
    folders = list(given) or [Path(name.strip()) for name in named if name.strip()]
    return [Path(os.path.expanduser(folder)) for folder in folders]


def list_models(places: Sequence[Path] = ()) -> ModelList:
    """The bundled models and all that lie in the user's folders and in the hub's cache.

    Args:
        places: the user's folders; none is what the environment says.
    """
    bundled = [_bundled(name) for name in BUNDLED_FOLDERS]
    listing = look_through(model_places(places), cache_folder() / "models.json")
    return ModelList((*bundled, *map(entry_of, listing.found)), listing.problems)


def find_model(name: str, places: Sequence[Path] = (), enlarges: bool = False) -> ModelEntry:
    """The entry for a job's ``"model"``: "bundled", a name that ``list_models`` gives, or a path.

    Args:
        enlarges: it is for a job's ``"upscaler"``.

    Raises:
        ZoomStackError: codes ``no_model`` (with the names that exist), ``bad_model``.
    """
    entry = _entry(name, places, enlarges)
    if entry.problem:
        raise ZoomStackError("bad_model", entry.problem, entry.hint)
    if entry.kind == LORA:
        raise ZoomStackError(
            "bad_model",
            f"{name!r} is a {entry.family}, which changes a model and is none by itself.",
            "Choose a model, and add this one to its LoRAs.",
        )
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


def find_loras(
    names: Sequence[str], model: ModelEntry, places: Sequence[Path] = ()
) -> list[ModelEntry]:
    """The entries of a job's LoRAs, if they fit the model.

    Raises:
        ZoomStackError: codes ``no_lora``, ``bad_lora``.
    """
    known = list_models(places) if names else ModelList(())
    found = [_lora(name, model, known) for name in names]
    files = [entry.folder.resolve() for entry in found]
    for entry, file in zip(found, files, strict=True):
        if files.count(file) > 1:
            raise ZoomStackError(
                "bad_lora", f"The LoRA {entry.name!r} is there twice.", "Give it one weight."
            )
    return found


def _lora(name: str, model: ModelEntry, known: ModelList) -> ModelEntry:
    path = _path(name)
    if path.is_absolute():
        entry: ModelEntry | None = entry_of(inspect_file(path, name))
    else:
        entry = known.named(name, {LORA}, "no_lora")
    if entry is None:
        raise ZoomStackError(
            "no_lora",
            f"There is no LoRA {name!r} in the model folders.",
            "Remove it from the job, or add the folder that holds it.",
            Remedy.CHOOSE_MODELS,
        )
    if entry.problem:
        raise ZoomStackError("bad_lora", entry.problem, entry.hint)
    if entry.kind != LORA:
        raise ZoomStackError("bad_lora", f"{name!r} is no LoRA.", "Remove it from the job.")
    if not entry.listed().fits(model.listed()):
        raise ZoomStackError(
            "bad_lora",
            f"{name!r} is a {entry.family}, and the model {model.name!r} is {model.family}.",
            "Remove the LoRA, or choose a model that it was made for.",
        )
    return entry


def open_model(job: Job, places: Sequence[Path], device: torch.device) -> Model:
    """Load a job's model, or make ready to load it.

    Raises:
        ZoomStackError: codes ``no_model``, ``bad_model``, ``no_lora``, ``bad_lora``, ``too_large``.
    """
    entry = find_model(job.model, places)
    loras = find_loras([lora.name for lora in job.loras], entry, places)
    found = entry.found
    prediction = "" if job.prediction == _AS_ITS_FILE_SAYS else job.prediction
    if prediction and (found is None or found.family not in (SD, SDXL)):
        notice(f"The model {job.model!r} has no choice of prediction; what is set is left out.")
        prediction = ""
    if found is None or found.family in FAMILIES:
        model: Model = load(entry, job.model, device)
        return model
    from .pipelines.opening import open_pipeline

    weighted = [
        (each.found, lora.weight)
        for each, lora in zip(loras, job.loras, strict=True)
        if each.found is not None
    ]
    return open_pipeline(found, entry.name, device, prediction, weighted)


def open_bundled(device: torch.device) -> Model:
    """Load the model that comes with Zoom Stack."""
    model: Model = load(inspect(BUNDLED_FOLDERS[BUNDLED], BUNDLED), BUNDLED, device)
    return model


def load(entry: ModelEntry, name: str, device: torch.device) -> Any:
    """Load what a folder holds, by its family's adapter.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    assert entry.found is not None
    family = FAMILIES[entry.found.family]
    adapter = importlib.import_module(f".{family.adapter}", __package__)
    return adapter.load(entry.folder, name, revision_of(entry.folder, family.denoiser), device)


def _entry(name: str, places: Sequence[Path], enlarges: bool) -> ModelEntry:
    path = _path(name)
    if name in BUNDLED_FOLDERS:
        return _bundled(name)
    if path.is_absolute():
        return inspect(path, name) if is_folder(path) else entry_of(inspect_file(path, name))
    known = list_models(places)
    kinds = {SECOND_STAGE, ENLARGES} if enlarges else {MAKES}
    # What cannot be used for this says so better than that it is not there.
    entry = known.named(name, kinds) or known.named(name, {entry.kind for entry in known.entries})
    if entry is None:
        raise _absent(name, known, model_places(places), enlarges)
    return entry


def _path(name: str) -> Path:
    """A name that may be a path; no path holds a null byte."""
    return Path(os.path.expanduser(name.replace("\0", "")))


def _bundled(name: str) -> ModelEntry:
    """Made in the format of DeepFloyd IF, and none of its models."""
    entry = inspect(BUNDLED_FOLDERS[name], name)
    family = "Zoom Stack's own second stage" if entry.enlarges else "Zoom Stack's own model"
    return replace(entry, family=family)


def _absent(name: str, known: ModelList, places: Sequence[Path], enlarges: bool) -> ZoomStackError:
    kind = "upscaler" if enlarges else "model"
    names = [
        entry.name
        for entry in known.entries
        if entry.enlarges == enlarges and entry.kind != LORA and not entry.problem
    ]
    where = ", ".join(str(place) for place in places)
    return ZoomStackError(
        "no_model",
        f"There is no {kind} {name!r}" + (f" in {where}." if where else "."),
        f"Known {kind}s: {_some([*(UPSCALERS if enlarges else ()), *names])}."
        + "".join(f" {problem}" for problem in known.problems)
        + ("" if where else " Choose a models folder to find others."),
        None if where else Remedy.CHOOSE_MODELS,
    )


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
