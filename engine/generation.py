"""One job from its model to its pictures. Imports torch.

A job runs through the stages load, prompts, sample and finish; whatever ends it early, the last
finished step is saved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from . import __version__
from .checkpoints import Checkpoint, Checkpoints
from .contract.geometry import Placement
from .contract.job import Job
from .contract.manifest import Stack, StackLevel, write_stack
from .devices import choose_device, device_name, make_repeatable
from .environment import versions
from .failures import Cancelled
from .finishing import final_pictures, write_pictures
from .models.protocol import Denoiser, Model
from .models.registry import open_model
from .output import OutputFolder
from .pinning import PinnedPicture, read_pins
from .previews import Previews
from .reporting import Reporter
from .sampler import SamplerState, StepReport, sample
from .upscaling import Lanczos

OpenModel = Callable[[str, Path | None, torch.device], Model]
IsCancelled = Callable[[], bool]

LEAST_SIDE = 256  # pixels of a picture's smaller side where the job leaves the size to the model


@dataclass(frozen=True)
class Plan:
    """A job with everything decided that it left to the model.

    Attributes:
        job: complete; its guidance scale is set, and its size.
        sample_size: (width, height) at which the model samples.
        placements: for that size.
    """

    job: Job
    sample_size: tuple[int, int]
    placements: list[Placement]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the pictures."""
        return self.job.size or self.sample_size


def generate(
    job: Job,
    folder: OutputFolder,
    reporter: Reporter,
    is_cancelled: IsCancelled,
    *,
    resume: bool = False,
    device: str = "auto",
    models: Path | None = None,
    open_model: OpenModel = open_model,
) -> Stack:
    """Run a job and write its stack into a prepared folder.

    Raises:
        Cancelled: when ``is_cancelled`` answers yes; the run is saved.
        ZoomStackError: of any part of the engine.
    """
    started = time.monotonic()
    pins = read_pins(job)
    chosen = choose_device(device)
    make_repeatable(chosen)
    model = open_model(job.model, models, chosen)
    _check(is_cancelled)
    plan = make_plan(job, model)
    checkpoints = Checkpoints(
        folder.state_file(job),
        {
            "job": plan.job.to_dict(),
            "revision": model.revision,
            "pins": [pin.digest for pin in pins],
        },
    )
    saved = checkpoints.load() if resume else None
    _announce(plan, saved, resume, folder, reporter)
    reporter.stage("prompts", "Reading the prompts")
    denoiser = _condition(model, plan.job)
    _check(is_cancelled)
    reporter.stage("sample", "Sampling all levels together")
    run = _Run(plan, folder, reporter, is_cancelled, checkpoints, saved, pins)
    levels = run.sample(denoiser, chosen)
    reporter.stage("finish", "Writing the pictures")
    pictures = final_pictures(levels, plan.placements, plan.size, Lanczos(), pins)
    write_pictures(folder, pictures, lambda: _check(is_cancelled))
    seconds = time.monotonic() - started + (saved.seconds if saved else 0.0)
    stack = _describe(plan, folder, model, chosen, seconds)
    write_stack(stack)
    folder.remove_states()
    return stack


def make_plan(job: Job, model: Model) -> Plan:
    """Fill in what the job leaves to the model."""
    size = job.size or _default_size(model.native_size)
    aspect = size[0] / size[1]
    guidance = job.sampler.guidance_scale
    if guidance is None:
        guidance = model.default_guidance
    sample_size = model.sample_size(aspect)
    # Sizes of whole eights have a slightly other aspect; every level has the same one.
    sample_aspect = sample_size[0] / sample_size[1]
    return Plan(
        job=replace(job, size=size, sampler=replace(job.sampler, guidance_scale=guidance)),
        sample_size=sample_size,
        placements=[
            Placement(level.zoom_factor, level.focus, sample_aspect) for level in job.levels
        ],
    )


def _default_size(native: tuple[int, int]) -> tuple[int, int]:
    """Pictures of at least ``LEAST_SIDE`` pixels: a level then shows what the next one adds.

    A small model's own size has no room for that: at 64 pixels and a zoom factor of 2, the next
    level's detail would be reduced to 32 pixels again.
    """
    times = max(1, -(-LEAST_SIDE // min(native)))
    return native[0] * times, native[1] * times


class _Run:
    """The sampling of one job: progress, previews and savings after each step."""

    def __init__(
        self,
        plan: Plan,
        folder: OutputFolder,
        reporter: Reporter,
        is_cancelled: IsCancelled,
        checkpoints: Checkpoints,
        saved: Checkpoint | None,
        pins: Sequence[PinnedPicture],
    ) -> None:
        self._plan = plan
        self._pins = [pin.at(plan.sample_size) for pin in pins]
        self._reporter = reporter
        self._is_cancelled = is_cancelled
        self._checkpoints = checkpoints
        self._previews = Previews(folder.preview_file)
        self._state: SamplerState | None = saved.state if saved else None
        self._seconds_before = saved.seconds if saved else 0.0
        self._started = time.monotonic()
        self._clock = StepClock()

    def sample(self, denoiser: Denoiser, device: torch.device) -> torch.Tensor:
        """(N, 3, h, w), about -1 to 1."""
        job = self._plan.job
        finished = False
        try:
            levels = sample(
                denoiser,
                self._plan.placements,
                size=self._plan.sample_size,
                seed=[job.seed if level.seed is None else level.seed for level in job.levels],
                settings=job.sampler,
                device=device,
                state=self._state,
                pins=self._pins,
                on_step=self._after_step,
            )
            finished = True
        finally:
            # Also when memory runs out or the user presses Ctrl+C in the midst of a step.
            if not finished and self._state is not None:
                self._save(self._state)
        return levels

    def _after_step(self, report: StepReport) -> None:
        self._state = report.state
        last = report.step == report.total
        eta = self._clock.tick(report.total - report.step)
        levels = len(self._plan.placements)
        self._reporter.progress(report.step, report.total, levels, eta)
        if self._is_cancelled():
            raise Cancelled
        if last or self._checkpoints.due():
            self._save(report.state)
        if last or self._previews.due():
            files = self._previews.write(report.x.float().cpu().numpy())
            self._reporter.previews(report.step, files)

    def _save(self, state: SamplerState) -> None:
        elapsed = time.monotonic() - self._started
        self._checkpoints.save(state, self._seconds_before + elapsed)


class StepClock:
    """Estimates the time that is left.

    The first step of a session is left out where possible: it warms caches and kernels up.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._first: float | None = None
        self._counted = 0

    def tick(self, remaining: int) -> float | None:
        """Call after each step; seconds left, or None when nothing is known."""
        now = time.monotonic()
        if self._first is None:
            self._first = now
            return 0.0 if remaining == 0 else (now - self._started) * remaining
        self._counted += 1
        return (now - self._first) / self._counted * remaining


def _check(is_cancelled: IsCancelled) -> None:
    if is_cancelled():
        raise Cancelled


def _condition(model: Model, job: Job) -> Denoiser:
    guidance = job.sampler.guidance_scale
    assert guidance is not None  # make_plan sets it
    prompts = [level.prompt for level in job.levels]
    negative_prompts = [level.negative_prompt for level in job.levels]
    with torch.inference_mode():
        return model.condition(prompts, negative_prompts, guidance)


def _announce(
    plan: Plan, saved: Checkpoint | None, resume: bool, folder: OutputFolder, reporter: Reporter
) -> None:
    if saved:
        steps = plan.job.sampler.steps
        reporter.warning("resumed", f"Going on after step {saved.state.step} of {steps}.")
    elif resume:
        reporter.warning(
            "nothing_saved", f"{folder.path} holds no saved run, so this one starts anew."
        )
    if plan.size[0] > plan.sample_size[0] or plan.size[1] > plan.sample_size[1]:
        sampled, final = ("{}×{}".format(*size) for size in (plan.sample_size, plan.size))
        reporter.warning(
            "size",
            f"The model {plan.job.model!r} works at {sampled} pixels; "
            f"the pictures are enlarged to {final}.",
        )


def _describe(
    plan: Plan, folder: OutputFolder, model: Model, device: torch.device, seconds: float
) -> Stack:
    made_with: dict[str, Any] = {
        "engine": __version__,
        "job": plan.job.to_dict(),
        "model": {"name": model.name, "revision": model.revision},
        "sample_size": list(plan.sample_size),
        "device": device_name(device),
        "versions": versions(),
        "seconds": round(seconds, 2),
    }
    levels = tuple(
        StackLevel(
            image=folder.picture_file(index).name,
            prompt=level.prompt,
            negative_prompt=level.negative_prompt,
            zoom_factor=level.zoom_factor,
            focus=level.focus,
        )
        for index, level in enumerate(plan.job.levels)
    )
    return Stack(folder=folder.path, levels=levels, made_with=made_with)
