"""A model that was found on the disk, opened with what a job says of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from ...contract.errors import ZoomStackError
from ...contract.pipeline_families import PIPELINES
from ...machine.environment import require
from ..library.families import SD, SDXL
from ..library.found import Found
from ..library.weights import values_of
from ..memory import check_memory
from ..revision import revision_of_file, revision_of_parts
from ..single_file.halves import SingleFileHalves
from .halves import FolderHalves, Halves
from .model import PipelineModel, dtype_for

#: Families with models that answer with noise, and others that answer with a velocity.
_PREDICTS = (SD, SDXL)


def open_pipeline(
    found: Found,
    name: str,
    device: torch.device,
    prediction: str = "",
    loras: Sequence[tuple[Path, float]] = (),
) -> PipelineModel:
    """Nothing of its weights is loaded until it is conditioned.

    Args:
        found: a model without a problem.
        name: as in the job.
        prediction: "epsilon" or "v_prediction" instead of what its file says; or empty.
        loras: files, and how much each acts.

    Raises:
        ZoomStackError: codes ``bad_model``, ``too_large``, ``no_torch`` (a package is missing).
    """
    family = PIPELINES[found.family]
    require(family.needs)
    check_memory(name, values_of(found).at_once, dtype_for(found.family, device), device)
    if found.family not in _PREDICTS:
        prediction = ""
    revision = revision_of_file(found.path) if found.single else revision_of_parts(found.path)
    changed = [revision_of_file(path) for path, _ in loras]
    native = family.native if found.native_size is None else found.native_size[0]
    return PipelineModel(
        _halves(found, name, prediction),
        found.family,
        family,
        name,
        "+".join([revision, *changed]),
        native,
        device,
        draft=found.draft,
        loras=loras,
    )


def _halves(found: Found, name: str, prediction: str) -> Halves:
    if not found.single:
        return FolderHalves(found.path, name, prediction)
    predicted = prediction or found.prediction
    if not predicted:
        raise ZoomStackError(
            "bad_model",
            f"The file of the model {name!r} does not say whether it predicts noise or velocity.",
            "Choose the prediction: velocity for most models of 768 pixels, else noise.",
        )
    return SingleFileHalves(found.path, found.checkpoint, name, predicted, zero_snr=found.zero_snr)
