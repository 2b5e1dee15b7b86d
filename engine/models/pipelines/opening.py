"""A model that was found on the disk, opened with what a job says of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...contract.errors import ZoomStackError
from ...contract.pipeline_families import PIPELINES
from ...machine.environment import require
from ...machine.noticing import notice
from ..library.found import Found
from ..library.weights import values_of
from ..memory import check_memory
from ..revision import revision_of_file, revision_of_parts
from ..single_file.halves import SingleFileHalves
from .halves import FolderHalves, Halves
from .model import PipelineModel, dtype_for

_CONTRADICTED = (
    "The prediction that is set is not the one that the model {!r} says it was trained for."
)


def open_pipeline(
    found: Found,
    name: str,
    device: torch.device,
    prediction: str = "",
    loras: Sequence[tuple[Found, float]] = (),
) -> PipelineModel:
    """Nothing of its weights is loaded until it is conditioned.

    Args:
        found: a model without a problem.
        name: as in the job.
        prediction: of Stable Diffusion "epsilon" or "v_prediction" instead of what its file says;
            or empty.
        loras: those that fit it, and how much each acts; one of few steps makes it a draft.

    Raises:
        ZoomStackError: codes ``bad_model``, ``too_large``, ``no_torch`` (a package is missing).
    """
    family = PIPELINES[found.family]
    require(family.needs)
    check_memory(name, values_of(found).at_once, dtype_for(found.family, device), device)
    revision = revision_of_file(found.path) if found.single else revision_of_parts(found.path)
    changed = [revision_of_file(lora.path) for lora, _ in loras]
    draft = found.draft or any(lora.draft for lora, _ in loras)
    return PipelineModel(
        _halves(found, name, prediction, draft=draft),
        found.family,
        family,
        name,
        "+".join([revision, *changed]),
        _native_side(found, prediction),
        device,
        draft=draft,
        loras=[(lora.path, weight) for lora, weight in loras],
    )


def _native_side(found: Found, prediction: str) -> int:
    """In pixels. Of Stable Diffusion 2 there is one of 768, for v, and one of 512."""
    if found.asks_prediction and prediction == "epsilon":
        return PIPELINES[found.family].native
    return PIPELINES[found.family].native if found.native_size is None else found.native_size[0]


def _halves(found: Found, name: str, prediction: str, *, draft: bool) -> Halves:
    if prediction and found.prediction and prediction != found.prediction:
        notice(_CONTRADICTED.format(name))
    if not found.single:
        return FolderHalves(found.path, name, prediction)
    predicted = prediction or found.prediction
    if not predicted:
        raise ZoomStackError(
            "bad_model",
            f"The file of the model {name!r} does not say whether it predicts noise or velocity.",
            "Choose the prediction: velocity for most models of 768 pixels, else noise.",
        )
    return SingleFileHalves(
        found.path,
        found.checkpoint,
        name,
        predicted,
        zero_snr=found.zero_snr,
        few_steps=draft,
    )
