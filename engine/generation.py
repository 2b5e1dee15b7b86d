"""One job from its model to its pictures. Imports torch.

A job runs through the stages load, prompts, sample and finish; whatever ends it early, the last
finished step is saved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from . import __version__
from .checkpoints import Checkpoint, Checkpoints
from .contract.job import Job
from .contract.manifest import Stack, StackLevel, write_stack
from .contract.vocabulary import not_understood
from .devices import choose_device, device_name, make_repeatable
from .environment import versions
from .failures import Cancelled
from .finishing import final_pictures, write_pictures
from .given_pictures import (
    check_kept_sizes,
    check_loop,
    kept_size,
    read_given,
)
from .models.protocol import Denoiser, Model
from .models.registry import open_model
from .output import OutputFolder
from .pinning import Pin
from .planning import Plan, make_plan
from .previews import Previews
from .reporting import Reporter
from .sampler import SamplerState, StepReport, sample
from .upscaling import Lanczos

OpenModel = Callable[[str, Path | None, torch.device], Model]
IsCancelled = Callable[[], bool]


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
    given = read_given(job)
    chosen = choose_device(device)
    make_repeatable(chosen)
    model = open_model(job.model, models, chosen)
    _check(is_cancelled)
    plan = make_plan(replace(job, size=job.size or kept_size(given)), model)
    check_kept_sizes(given, plan.size)
    check_loop(job, given, plan.size)
    checkpoints = Checkpoints(
        folder.state_file(job),
        {
            "job": plan.job.to_dict(),
            "revision": model.revision,
            "given": [picture.digest for picture in given],
        },
    )
    saved = checkpoints.load() if resume else None
    _announce(plan, saved, resume, folder, reporter)
    if model.vocabulary is not None:
        prompts = [level.prompt for level in job.levels]
        for sentence in not_understood(model.vocabulary, prompts):
            reporter.warning("unknown_words", sentence)
    reporter.stage("prompts", "Reading the prompts")
    pins = [picture.at(plan.sample_size) for picture in given]
    denoiser = _condition(model, plan.job, pins)
    _check(is_cancelled)
    reporter.stage("sample", "Sampling all levels together")
    run = _Run(plan, folder, reporter, is_cancelled, checkpoints, saved, pins)
    levels = run.sample(denoiser, chosen)
    reporter.stage("finish", "Writing the pictures")
    pictures = final_pictures(levels, plan.placements, plan.size, Lanczos(), given, loop=job.loop)
    write_pictures(folder, pictures, given, lambda: _check(is_cancelled))
    seconds = time.monotonic() - started + (saved.seconds if saved else 0.0)
    stack = _describe(plan, folder, model, chosen, seconds)
    write_stack(stack)
    folder.remove_states()
    return stack


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
        pins: Sequence[Pin],
    ) -> None:
        self._plan = plan
        self._pins = pins
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
                loop=job.loop,
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


def _condition(model: Model, job: Job, pins: Sequence[Pin]) -> Denoiser:
    """The model with the prompts of the levels that it is asked for."""
    guidance = job.sampler.guidance_scale
    assert guidance is not None  # make_plan sets it
    given = {pin.level for pin in pins if not pin.sampled}
    asked = [level for index, level in enumerate(job.levels) if index not in given]
    prompts = [level.prompt for level in asked]
    negative_prompts = [level.negative_prompt for level in asked]
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
    return Stack(folder=folder.path, levels=levels, loop=plan.job.loop, made_with=made_with)
