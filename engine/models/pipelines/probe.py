"""A stock pipeline asked for one answer of its denoiser, at any time, with everything of its own.

The pipeline's scheduler is replaced by one that offers a single time and ends the run with what the
denoiser has said. Packing, position ids, the form of guidance, negation and the denoiser's own idea
of time stay the pipeline's.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import torch

_TIMES = 1000.0


class _Answer(Exception):
    """Ends a pipeline's run."""

    def __init__(self, output: torch.Tensor) -> None:
        super().__init__()
        self.output = output


class _Scheduled(Exception):
    """Ends a pipeline's run before its denoiser is asked."""


class _Probe:
    """Stands in for a scheduler; what else a pipeline asks of it, the real one answers."""

    order = 1
    init_noise_sigma = 1.0

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self.config = scheduler.config

    def __getattr__(self, name: str) -> Any:
        return getattr(self.scheduler, name)


class _OneTime(_Probe):
    """Offers one time."""

    def __init__(self, scheduler: Any, time: float) -> None:
        super().__init__(scheduler)
        self._time = time

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,  # noqa: ARG002 - pipelines look for these names
        device: Any = None,
        timesteps: Any = None,  # noqa: ARG002
        sigmas: Any = None,  # noqa: ARG002
        mu: float | None = None,  # noqa: ARG002
    ) -> None:
        self.timesteps = torch.tensor([self._time], dtype=torch.float32, device=device)
        self.sigmas = torch.tensor([self._time / _TIMES, 0.0], device=device)
        self.num_inference_steps = 1

    def set_begin_index(self, begin_index: int = 0) -> None:
        """There is one."""

    def scale_model_input(self, sample: torch.Tensor, _timestep: Any = None) -> torch.Tensor:
        return sample

    def step(self, model_output: torch.Tensor, *_: Any, **__: Any) -> None:
        raise _Answer(model_output)


class _Schedule(_Probe):
    """Lets the real scheduler choose its times, and ends the run."""

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: Any = None,
        timesteps: Any = None,
        sigmas: Any = None,
        mu: float | None = None,
    ) -> None:
        known = inspect.signature(self.scheduler.set_timesteps).parameters
        given = {"timesteps": timesteps, "sigmas": sigmas, "mu": mu}
        chosen = {
            name: value for name, value in given.items() if value is not None and name in known
        }
        if not chosen.keys() & {"timesteps", "sigmas"}:
            chosen["num_inference_steps"] = num_inference_steps
        self.scheduler.set_timesteps(device=device, **chosen)
        raise _Scheduled


def answer(pipeline: Any, time: float, arguments: Mapping[str, Any]) -> torch.Tensor:
    """What the denoiser says, guidance included, in the pipeline's own layout.

    Args:
        time: training time, 0 to 1000.
        arguments: of the pipeline's call, with ``latents`` for that time.
    """
    try:
        with _standing_in(pipeline, _OneTime(pipeline.scheduler, time)):
            pipeline(**arguments, num_inference_steps=1, output_type="latent")
    except _Answer as answered:
        return answered.output
    raise RuntimeError(f"{type(pipeline).__name__} never asked its scheduler for a step")


def own_schedule(pipeline: Any, steps: int, arguments: Mapping[str, Any]) -> Any:
    """The pipeline's scheduler, set to the times that the pipeline chooses for so many steps."""
    real = pipeline.scheduler
    try:
        with _standing_in(pipeline, _Schedule(real)):
            pipeline(**arguments, num_inference_steps=steps, output_type="latent")
    except _Scheduled:
        return real
    raise RuntimeError(f"{type(pipeline).__name__} never set its scheduler's times")


@contextlib.contextmanager
def _standing_in(pipeline: Any, probe: _Probe) -> Iterator[None]:
    real = pipeline.scheduler
    pipeline.scheduler = probe
    try:
        yield
    finally:
        pipeline.scheduler = real
