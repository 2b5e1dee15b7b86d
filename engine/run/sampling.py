"""The sampling of one job, stage by stage: progress, previews, and what is saved after each step.

Imports torch.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from ..contract.errors import ZoomStackError
from ..machine.failures import Cancelled
from ..method.sampler import SamplerState, StepReport, sample
from .checkpoints import Checkpoint, Checkpoints
from .clocks import StepClock
from .output_folder import OutputFolder
from .plan import Plan
from .previews import Previews
from .reporting import Reporter
from .stages import StageInputs

IsCancelled = Callable[[], bool]


class SamplingRun:
    """All stages of a job; an interrupted one is saved and can be gone on with."""

    def __init__(
        self,
        plan: Plan,
        folder: OutputFolder,
        reporter: Reporter,
        is_cancelled: IsCancelled,
        checkpoints: Checkpoints,
        saved: Checkpoint | None,
    ) -> None:
        self._plan = plan
        self._reporter = reporter
        self._is_cancelled = is_cancelled
        self._checkpoints = checkpoints
        self._folder = folder
        self._previews = Previews(folder.preview_file)
        self._state = saved.state if saved else None
        self._small = saved.small if saved else None
        self._seconds_before = saved.seconds if saved else 0.0
        self._started = time.monotonic()
        self._clock = StepClock()
        self._step_began = self._started

    def sample(self, inputs: StageInputs, device: torch.device) -> torch.Tensor:
        """Sample the stage at hand: (N, 3, h, w), about -1 to 1."""
        self._step_began = time.monotonic()
        try:
            levels = sample(
                inputs.denoiser,
                self._plan.placements,
                size=inputs.size,
                seed=inputs.seeds,
                settings=inputs.settings,
                device=device,
                state=self._state,
                pins=inputs.pins,
                loop=self._plan.job.loop,
                on_step=self._after_step,
            )
        except BaseException as error:
            # Also when memory runs out or the user presses Ctrl+C in the midst of a step.
            try:
                if self._state is not None:
                    self._save(self._state)
            except ZoomStackError:
                if isinstance(error, Cancelled | KeyboardInterrupt):
                    raise  # who stops a run has to know that it is not saved
            raise
        return levels

    def next_stage(self, small: torch.Tensor) -> None:
        """The first stage is finished; what is saved from now on belongs to the second."""
        if self._small is None:
            self._small, self._state = small, None
        self._clock = StepClock()

    def _after_step(self, report: StepReport) -> None:
        seconds = time.monotonic() - self._step_began
        self._folder.check_held()
        self._state = report.state
        last = report.step == report.total
        eta = self._clock.tick(report.total - report.step)
        levels = len(self._plan.placements)
        self._reporter.progress(report.step, report.total, levels, eta)
        if self._is_cancelled():
            raise Cancelled
        if last or self._checkpoints.due(seconds):
            self._save(report.state)
        if last or self._previews.due():
            files = self._previews.write(report.x.float().cpu().numpy())
            self._reporter.previews(report.step, files)
        self._step_began = time.monotonic()

    def _save(self, state: SamplerState) -> None:
        seconds = self._seconds_before + time.monotonic() - self._started
        self._checkpoints.save(Checkpoint(state, seconds, self._small))
