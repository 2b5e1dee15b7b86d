"""One job from its model to its pictures. Imports torch.

A job runs through the stages load, prompts, sample, refine, and enlarge or finish; whatever ends it
early, the last finished step is saved.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from .. import __version__
from ..contract.messages import ENLARGE, FINISH, FIT, PROMPTS, REFINE, SAMPLE
from ..contract.stack import Stack, StackLevel
from ..machine.devices import choose_device, device_name, make_repeatable
from ..machine.environment import versions
from ..machine.failures import Cancelled
from ..machine.noticing import noticed
from ..method.agreement import fits_for
from ..models.entries import ModelEntry
from ..models.prompting import Texts
from ..models.protocol import Model, OpenModel, SuperResolution
from ..models.upscalers import Enlargement, Upscalers
from . import feasibility
from .checkpoints import Checkpoints
from .clocks import ShareClock
from .finishing import final_pictures
from .given_pictures import GivenPicture, decided, kept_size, read_given
from .notes import note_enlarged, note_prompts, note_resumed
from .output_folder import OutputFolder
from .plan import Plan, make_plan
from .reporting import Reporter
from .request import GenerateRequest
from .sampling import IsCancelled, SamplingRun
from .stages import first_stage, second_stage, texts_of
from .writing import write_zoom


@dataclass(frozen=True)
class Loaded:
    """All that a job's pictures are made from.

    Attributes:
        plan: the job, with everything decided that it left to the model.
        given: the pictures that levels are pinned to or keep.
        model: samples the levels.
        texts: what the model is given for their prompts.
        enlargement: brings them to the size of the pictures.
        device: where both compute.
    """

    plan: Plan
    given: Sequence[GivenPicture]
    model: Model
    texts: Texts
    enlargement: Enlargement
    device: torch.device


class Generation:
    """One job under way; ``run`` reads as its stages.

    Args:
        request: what is asked for.
        folder: the request's, prepared.
        reporter: is told of stages, of progress and of what may surprise.
        is_cancelled: asked after each step, and between other things that take long.
    """

    def __init__(
        self,
        request: GenerateRequest,
        folder: OutputFolder,
        reporter: Reporter,
        is_cancelled: IsCancelled,
    ) -> None:
        self._request = request
        self._folder = folder
        self._reporter = reporter
        self._is_cancelled = is_cancelled

    def run(self, open_model: OpenModel, entry: ModelEntry | None) -> Stack:
        """Make the pictures and write the stack into its folder.

        Args:
            open_model: loads the job's model.
            entry: what is known of the model before it is loaded; None for one of the caller's own.

        Raises:
            Cancelled: when ``is_cancelled`` answers yes; the run is saved.
            ZoomStackError: of any part of the engine.
        """
        with noticed(self._note_model):
            return self._run(open_model, entry)

    def _run(self, open_model: OpenModel, entry: ModelEntry | None) -> Stack:
        started = time.monotonic()
        loaded = self._load(open_model, entry)
        checkpoints = self._checkpoints(loaded)
        saved = None
        if self._request.resume:
            saved = checkpoints.load()
            note_resumed(saved, self._folder.path, self._reporter)
        note_enlarged(loaded.plan, loaded.enlargement.upscaler, self._reporter)
        note_prompts(
            loaded.model, loaded.plan.job, loaded.texts, decided(loaded.given), self._reporter
        )
        sampling = SamplingRun(
            loaded.plan, self._folder, self._reporter, self._is_cancelled, checkpoints, saved
        )
        levels = saved.small if saved else None
        if levels is None:
            levels = self._sample(loaded, sampling)
        if loaded.enlargement.stage is not None:
            levels = self._refine(loaded, loaded.enlargement.stage, sampling, levels)
        before = saved.seconds if saved else 0.0
        stack = self._finish(loaded, levels, started - before)
        self._folder.remove_states()
        return stack

    def _load(self, open_model: OpenModel, entry: ModelEntry | None) -> Loaded:
        """Load everything, refusing what cannot be done as soon as it is known."""
        request, job = self._request, self._request.job
        given = read_given(job)
        job = replace(job, size=job.size or kept_size(given))
        feasibility.check_folder(job, given, self._folder)
        feasibility.check_before_loading(job, given, entry)
        device = choose_device(request.device)
        make_repeatable(device)
        model = open_model(job, request.models, device)
        upscalers = Upscalers(request.models, device, request.device != "cpu", self._note_upscaler)
        enlargement = upscalers.open(job.upscaler, model, job.size)
        self._stop_if_cancelled()
        plan = make_plan(job, model, enlargement.stage)
        feasibility.check(job, given, plan.sample_size, plan.size)
        for sentence in feasibility.kept_apart(job, given):
            self._reporter.warning("kept_apart", sentence)
        texts = texts_of(model, plan.job, decided(given))
        return Loaded(plan, given, model, texts, enlargement, device)

    def _checkpoints(self, loaded: Loaded) -> Checkpoints:
        stage = loaded.enlargement.stage
        decides_the_numbers = {
            "job": loaded.plan.job.to_dict(),
            "revision": loaded.model.revision,
            "upscaler": stage and stage.revision,
            "given": [picture.digest for picture in loaded.given],
        }
        # By the job as it was asked for: what it leaves to the model is not known without it.
        file = self._folder.state_file(self._request.job)
        return Checkpoints(file, decides_the_numbers, loaded.plan.most_bytes)

    def _sample(self, loaded: Loaded, sampling: SamplingRun) -> torch.Tensor:
        """(N, 3, h, w), about -1 to 1: the levels at the size at which the model works."""
        self._reporter.stage(PROMPTS)
        inputs = first_stage(loaded.model, loaded.plan, loaded.given, loaded.texts)
        self._stop_if_cancelled()
        codec, plan = inputs.denoiser.codec, loaded.plan
        if codec.latent_size(inputs.size) != inputs.size:
            # The first time this takes as long as some steps, and nothing could be saved.
            self._reporter.stage(FIT)
            fits_for(codec, plan.placements, inputs.size, plan.job.loop)
            self._stop_if_cancelled()
        self._reporter.stage(SAMPLE)
        return sampling.sample(inputs, loaded.device)

    def _refine(
        self, loaded: Loaded, stage: SuperResolution, sampling: SamplingRun, small: torch.Tensor
    ) -> torch.Tensor:
        """(N, 3, H, W), about -1 to 1: the levels sampled once more, larger."""
        self._reporter.stage(REFINE)
        sampling.next_stage(small)
        inputs = second_stage(stage, loaded.plan, loaded.given, small.to(loaded.device))
        return sampling.sample(inputs, loaded.device)

    def _finish(self, loaded: Loaded, levels: torch.Tensor, started: float) -> Stack:
        """Bring the levels to the size of the pictures, and write these.

        Args:
            started: by the monotonic clock.
        """
        plan, upscaler = loaded.plan, loaded.enlargement.upscaler
        takes_long = upscaler.invents(plan.last_size, plan.size)
        self._reporter.stage(ENLARGE if takes_long else FINISH)
        told = ShareClock()

        def progress(share: float) -> None:
            self._stop_if_cancelled()
            if takes_long and told.is_news(share):
                self._reporter.progress(told.step, told.STEPS, len(plan.placements), told.eta)

        pictures = final_pictures(
            levels,
            plan.placements,
            plan.size,
            upscaler,
            loaded.given,
            loop=plan.job.loop,
            progress=progress,
        )

        def describe(names: Sequence[str]) -> Stack:
            return _describe(loaded, self._folder.path, names, time.monotonic() - started)

        with contextlib.closing(upscaler):
            return write_zoom(
                self._folder,
                pictures,
                len(plan.placements),
                describe,
                loaded.given,
                self._stop_if_cancelled,
            )

    def _note_model(self, sentence: str) -> None:
        self._reporter.warning("model", sentence)

    def _note_upscaler(self, sentence: str) -> None:
        self._reporter.warning("upscaler", sentence)

    def _stop_if_cancelled(self) -> None:
        if self._is_cancelled():
            raise Cancelled


def _describe(loaded: Loaded, folder: Path, names: Sequence[str], seconds: float) -> Stack:
    """The stack that was written, and how it was made."""
    plan, model = loaded.plan, loaded.model
    made_with: dict[str, Any] = {
        "engine": __version__,
        "job": plan.job.to_dict(),
        "model": {"name": model.name, "revision": model.revision},
        "upscaler": loaded.enlargement.describe(plan.last_size, plan.size),
        "sample_size": list(plan.last_size),
        "device": device_name(loaded.device),
        "versions": versions(),
        "seconds": round(seconds, 2),
    }
    levels = tuple(
        StackLevel(
            image=name,
            prompt=level.prompt,
            negative_prompt=level.negative_prompt,
            zoom_factor=level.zoom_factor,
            focus=level.focus,
        )
        for name, level in zip(names, plan.job.levels, strict=True)
    )
    job = plan.job
    return Stack(folder, levels, loop=job.loop, made_with=made_with, ids=job.ids)
