"""The stages of a job: what each samples with. Imports torch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import torch

from ..contract.job import Job, SamplerSettings
from ..method.denoiser import Denoiser
from ..method.nesting import footprints, holding
from ..method.noise import draw, share
from ..method.pinning import Pin
from ..models.prompting import Texts, texts_for
from ..models.protocol import Model, SuperResolution
from .given_pictures import GivenPicture, decided
from .plan import Plan

_AUGMENTATION_ROUND = -1  # a round of noise that no step draws


@dataclass(frozen=True)
class StageInputs:
    """What one stage samples with.

    Attributes:
        size: (width, height).
        seeds: one for each level.
    """

    denoiser: Denoiser
    size: tuple[int, int]
    settings: SamplerSettings
    seeds: Sequence[int]
    pins: Sequence[Pin]


def first_stage(
    model: Model, plan: Plan, given: Sequence[GivenPicture], texts: Texts
) -> StageInputs:
    """The model with the texts of the levels that it is asked for.

    Args:
        texts: of all levels; see ``texts_of``.
    """
    job = plan.job
    guidance = job.sampler.guidance_scale
    assert guidance is not None  # make_plan sets it
    pins = [picture.at(plan.sample_size, plan.aspect) for picture in given]
    # A denoiser has one prompt at least, also where every level is given and none is asked for.
    asked = _asked(job, given) or [0]
    with torch.inference_mode():
        denoiser = model.condition(
            [texts.prompts[i] for i in asked], [texts.avoided[i] for i in asked], guidance
        )
    return StageInputs(denoiser, plan.sample_size, job.sampler, _seeds(job), pins)


def texts_of(model: Model, job: Job, silent: Collection[int]) -> Texts:
    """What the model is given for the prompts and the negative prompts of a job's levels.

    Args:
        silent: numbers of the levels whose prompts decide nothing.
    """
    return texts_for(
        model.vocabulary,
        [level.prompt for level in job.levels],
        [level.negative_prompt for level in job.levels],
        holding(len(job.levels), job.loop),
        silent,
    )


def second_stage(
    upscaler: SuperResolution, plan: Plan, given: Sequence[GivenPicture], small: torch.Tensor
) -> StageInputs:
    """The levels four times as large; their low frequencies are settled by what they come from.

    So only rendering and the rim act between them, and fewer steps are enough.
    """
    assert plan.large_size is not None
    job = plan.job
    pins = [picture.at(plan.large_size, plan.aspect) for picture in given]
    asked = _asked(job, given) or [0]
    width, height = plan.large_size
    # Other noise than the first stage's, which the small pictures were made of.
    seeds = [-1 - seed for seed in _seeds(job)]
    shape = (len(job.levels), small.shape[1], height, width)
    nesting = footprints(plan.placements, plan.large_size, job.loop)
    noise = share(draw(seeds, _AUGMENTATION_ROUND, shape, small.device), nesting)
    with torch.inference_mode():
        denoiser = upscaler.condition(
            [job.levels[i].prompt for i in asked],
            [job.levels[i].negative_prompt for i in asked],
            small[asked],
            noise[asked],
        )
    assert job.sampler.steps is not None  # make_plan sets it
    settings = replace(
        job.sampler,
        steps=max(1, round(job.sampler.steps * upscaler.steps_share)),
        blending="none" if job.sampler.blending == "none" else "default",
        context_strength=0.0,
    )
    return StageInputs(denoiser, plan.large_size, settings, seeds, pins)


def _asked(job: Job, given: Sequence[GivenPicture]) -> list[int]:
    """The levels that a model is asked for."""
    silent = decided(given)
    return [index for index in range(len(job.levels)) if index not in silent]


def _seeds(job: Job) -> list[int]:
    return [job.seed if level.seed is None else level.seed for level in job.levels]
