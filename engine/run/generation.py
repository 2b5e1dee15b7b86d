"""One job from its model to its pictures. Imports torch.

A job runs through the stages load, prompts, sample, refine and finish; whatever ends it early, the
last finished step is saved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from .. import __version__
from ..contract.job import Job
from ..contract.messages import FINISH, PROMPTS, REFINE, SAMPLE
from ..contract.stack import Stack, StackLevel, write_stack
from ..contract.vocabulary import not_avoided, not_understood
from ..machine.devices import choose_device, device_name, make_repeatable
from ..machine.environment import versions
from ..machine.failures import Cancelled
from ..models.protocol import Model
from ..models.registry import ModelEntry, open_model, open_upscaler
from ..models.upscaling import Enlargement
from . import feasibility
from .checkpoints import Checkpoint, Checkpoints
from .finishing import final_pictures, write_pictures
from .given_pictures import GivenPicture, decided, kept_size, read_given
from .output_folder import OutputFolder
from .plan import Plan, make_plan
from .reporting import Reporter
from .sampling import IsCancelled, SamplingRun
from .stages import first_stage, second_stage, texts_of

_QUOTED_WORDS = 4

OpenModel = Callable[[str, Path | None, torch.device], Model]


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
    entry: ModelEntry | None = None,
) -> Stack:
    """Run a job and write its stack into a prepared folder.

    Args:
        entry: what is known of the model before it is loaded; None for one of the caller's own.

    Raises:
        Cancelled: when ``is_cancelled`` answers yes; the run is saved.
        ZoomStackError: of any part of the engine.
    """
    started = time.monotonic()
    given = read_given(job)
    feasibility.check_folder(job, given, folder)
    sized = replace(job, size=job.size or kept_size(given))
    if entry is not None and entry.native_size is not None:
        aspect = 1.0 if sized.size is None else sized.size[0] / sized.size[1]
        feasibility.check(job, given, entry.sample_size(aspect), sized.size)
    chosen = choose_device(device)
    make_repeatable(chosen)
    model = open_model(job.model, models, chosen)
    enlargement = open_upscaler(job.upscaler, models, chosen, model, sized.size)
    _check(is_cancelled)
    plan = make_plan(sized, model, enlargement.stage)
    if entry is None or entry.native_size is None or sized.size is None:
        feasibility.check(job, given, plan.sample_size, plan.size)
    for sentence in feasibility.kept_apart(job, given):
        reporter.warning("kept_apart", sentence)
    checkpoints = Checkpoints(
        folder.state_file(job),
        {
            "job": plan.job.to_dict(),
            "revision": model.revision,
            "upscaler": enlargement.stage and enlargement.stage.revision,
            "given": [picture.digest for picture in given],
        },
    )
    saved = checkpoints.load() if resume else None
    _announce(plan, saved, resume, folder, reporter)
    _note_prompts(model, job, given, reporter)
    run = SamplingRun(plan, folder, reporter, is_cancelled, checkpoints, saved)
    levels = saved.small if saved else None
    if levels is None:
        reporter.stage(PROMPTS)
        stage = first_stage(model, plan, given)
        _check(is_cancelled)
        reporter.stage(SAMPLE)
        levels = run.sample(stage, chosen)
    if enlargement.stage is not None:
        reporter.stage(REFINE)
        run.next_stage(levels)
        stage = second_stage(enlargement.stage, plan, given, levels.to(chosen))
        levels = run.sample(stage, chosen)
    reporter.stage(FINISH)
    pictures = final_pictures(
        levels,
        plan.placements,
        plan.size,
        enlargement.upscaler,
        given,
        loop=job.loop,
        check=lambda: _check(is_cancelled),
    )
    write_pictures(folder, pictures, given)
    seconds = time.monotonic() - started + (saved.seconds if saved else 0.0)
    stack = _describe(plan, folder, model, enlargement, chosen, seconds)
    write_stack(stack)
    folder.remove_states()
    return stack


def _check(is_cancelled: IsCancelled) -> None:
    if is_cancelled():
        raise Cancelled


def _note_prompts(
    model: Model, job: Job, given: Sequence[GivenPicture], reporter: Reporter
) -> None:
    """Tell what of the prompts the model does not understand, or is too long for it."""
    silent = decided(given)  # their prompts decide nothing
    prompts = [level.prompt for level in job.levels]
    avoided = [level.negative_prompt for level in job.levels]
    if model.vocabulary is not None:
        told = False
        for what, sentences in (
            ("", not_understood(model.vocabulary, prompts)),
            ("of what to avoid ", not_avoided(model.vocabulary, avoided)),
        ):
            for index, sentence in enumerate(sentences):
                if sentence and index not in silent:
                    reporter.warning("unknown_words", f"Level {index + 1}: {what}{sentence}")
                    told = True
        if told:
            reporter.known_subjects(model.vocabulary.subjects)
    given_to_model = texts_of(model, job, silent)
    for what, texts in zip(("the prompt", "what to avoid"), given_to_model, strict=True):
        for number, end in enumerate(model.unread(texts), start=1):
            if end and number - 1 not in silent:
                words = " ".join(end.split()[:_QUOTED_WORDS])
                reporter.warning(
                    "long_prompt",
                    f"Level {number}: {what} is longer than the model can read; it is left out "
                    f"from “{words}” on.",
                )


def _announce(
    plan: Plan, saved: Checkpoint | None, resume: bool, folder: OutputFolder, reporter: Reporter
) -> None:
    if saved:
        stage = "" if saved.small is None else " of the second stage"
        reporter.warning("resumed", f"Going on after step {saved.state.step}{stage}.")
    elif resume:
        reporter.warning(
            "nothing_saved", f"{folder.path} holds no saved run, so this one starts anew."
        )
    sample_size = plan.large_size or plan.sample_size
    if plan.size[0] > sample_size[0] or plan.size[1] > sample_size[1]:
        sampled, final = ("{}×{}".format(*size) for size in (sample_size, plan.size))
        reporter.warning(
            "size",
            f"The model {plan.job.model!r} works at {sampled} pixels; "
            f"the pictures are enlarged to {final}.",
        )


def _describe(
    plan: Plan,
    folder: OutputFolder,
    model: Model,
    enlargement: Enlargement,
    device: torch.device,
    seconds: float,
) -> Stack:
    sample_size = plan.large_size or plan.sample_size
    made_with: dict[str, Any] = {
        "engine": __version__,
        "job": plan.job.to_dict(),
        "model": {"name": model.name, "revision": model.revision},
        "upscaler": enlargement.describe(sample_size, plan.size),
        "sample_size": list(sample_size),
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
