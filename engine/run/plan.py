"""What a job leaves to the model, decided."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..contract.geometry import Placement
from ..contract.job import Job
from ..contract.picture_size import default_size
from ..models.protocol import Model, SuperResolution
from ..models.sizes import enlargement


@dataclass(frozen=True)
class Plan:
    """A job with everything decided that it left to the model.

    Attributes:
        job: complete; its size, guidance and context are set.
        sample_size: (width, height) at which the model samples.
        placements: for that size.
        large_size: (width, height) at which a second stage samples; None without one.
    """

    job: Job
    sample_size: tuple[int, int]
    placements: list[Placement]
    large_size: tuple[int, int] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the pictures."""
        return self.job.size or self.sample_size

    @property
    def last_size(self) -> tuple[int, int]:
        """(width, height) of the last pictures that are sampled."""
        return self.large_size or self.sample_size

    @property
    def most_bytes(self) -> int:
        """That a saved run can have: four tensors, none larger than all levels in pixels."""
        width, height = self.last_size
        return 4 * len(self.placements) * 4 * width * height * 8

    @property
    def aspect(self) -> float:
        """Width over height of the pictures; the sampled ones may be a little stretched."""
        return self.size[0] / self.size[1]


def make_plan(job: Job, model: Model, upscaler: SuperResolution | None = None) -> Plan:
    """Fill in what the job leaves to the model.

    Raises:
        ZoomStackError: code ``bad_model``, when the two stages do not fit together.
    """
    times = 1
    if upscaler is not None:
        native, larger = model.native_size[0], upscaler.native_size[0]
        times = enlargement(model.name, native, upscaler.name, larger)
    size = job.size or default_size(model.native_size, times)
    aspect = size[0] / size[1]
    sampler = job.sampler
    if sampler.steps is None:
        sampler = replace(sampler, steps=model.default_steps)
    if sampler.guidance_scale is None:
        sampler = replace(sampler, guidance_scale=model.default_guidance)
    if sampler.context_strength is None:
        sampler = replace(sampler, context_strength=model.default_context)
    sample_size = model.sample_size(aspect)
    # Sizes of whole eights have a slightly other aspect; every level has the same one.
    sample_aspect = sample_size[0] / sample_size[1]
    return Plan(
        job=replace(job, size=size, sampler=sampler),
        sample_size=sample_size,
        placements=[
            Placement(level.zoom_factor, level.focus, sample_aspect) for level in job.levels
        ],
        large_size=(sample_size[0] * times, sample_size[1] * times) if upscaler else None,
    )
