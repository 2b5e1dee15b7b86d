"""What a family means by time: its noise levels, and the clean estimate in its denoiser's answer.

Outside of here a noisy image is z = x + sigma * epsilon; see ``method.denoiser``. A
variance-preserving family mixes a x + b epsilon with a = 1 / sqrt(1 + sigma^2), a flow-matching one
with a = 1 / (1 + sigma), and b = a sigma in both.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch

#: Pure noise, with which a flow begins: its time is 1000 to the last of a 32-bit number.
PURE_NOISE = 1e7
_TIMES = 1000.0
_LEAST_ALPHA = 2.0**-24  # of a schedule that ends in pure noise


class Times(Protocol):
    """A family's noise schedule and what its denoiser predicts."""

    def time(self, sigma: float) -> float:
        """The training time, 0 to 1000, of a noise level."""
        ...

    def scale(self, sigma: float) -> float:
        """a: what z is multiplied by for the denoiser."""
        ...

    def estimate(self, z: torch.Tensor, output: torch.Tensor, sigma: float) -> torch.Tensor:
        """x0 from z = x + sigma * epsilon and what the denoiser answered."""
        ...

    def grid(self, scheduler: Any) -> list[float]:
        """The falling noise levels of a scheduler whose times are set, without the last, 0."""
        ...


class Flow:
    """Flow matching: the denoiser answers with the velocity epsilon - x.

    Args:
        noise: standard deviation of the noise that the family mixes in.
        whole: its denoiser is told times without their fraction.
    """

    def __init__(self, noise: float = 1.0, *, whole: bool = False) -> None:
        self._noise = noise
        self._whole = whole

    def time(self, sigma: float) -> float:
        own = sigma / self._noise
        time = _TIMES * own / (1.0 + own)
        # A 32-bit sigma must not lose a time that is whole.
        return float(int(time + 1e-3)) if self._whole else time

    def scale(self, sigma: float) -> float:
        return 1.0 / (1.0 + sigma / self._noise)

    def estimate(self, z: torch.Tensor, output: torch.Tensor, sigma: float) -> torch.Tensor:
        return self.scale(sigma) * (z - (sigma / self._noise) * output)

    def grid(self, scheduler: Any) -> list[float]:
        shares = [float(share) for share in scheduler.sigmas]
        return _falling(
            [self._noise * min(share / max(1.0 - share, 1e-12), PURE_NOISE) for share in shares]
        )


class Diffusion:
    """Variance preserving: the denoiser answers with the noise, or with a velocity a epsilon - b x.

    Args:
        alphas: (T,) cumulative products of alpha at the training times.
        velocity: it is a velocity.
    """

    def __init__(self, alphas: torch.Tensor, velocity: bool) -> None:
        kept = alphas.double().cpu().numpy().clip(_LEAST_ALPHA)
        self._log_sigmas = 0.5 * np.log((1.0 - kept) / kept)
        self._velocity = velocity

    def time(self, sigma: float) -> float:
        """Between whole times by log sigma, as k-diffusion does."""
        return float(np.interp(np.log(sigma), self._log_sigmas, np.arange(len(self._log_sigmas))))

    def scale(self, sigma: float) -> float:
        return float(1.0 / np.sqrt(1.0 + sigma**2))

    def estimate(self, z: torch.Tensor, output: torch.Tensor, sigma: float) -> torch.Tensor:
        if self._velocity:
            a = self.scale(sigma)
            return a * (a * z - sigma * output)
        return z - sigma * output

    def grid(self, scheduler: Any) -> list[float]:
        own = getattr(scheduler, "sigmas", None)
        if own is not None:
            return _falling([float(sigma) for sigma in own])
        every = np.arange(len(self._log_sigmas))
        levels = np.exp(np.interp(scheduler.timesteps.cpu().numpy(), every, self._log_sigmas))
        return _falling(levels.tolist())


def times_of(scheduler: Any, noise: float = 1.0) -> Flow | Diffusion:
    """What a pipeline's scheduler says.

    Args:
        noise: standard deviation of a flow's noise.

    Raises:
        ValueError: it predicts something else.
    """
    config = scheduler.config
    if config.get("use_flow_sigmas", False):  # of diffusers' multistep solvers
        return Flow(noise, whole=True)
    if "Flow" in type(scheduler).__name__:
        return Flow(noise)
    predicted = config.get("prediction_type", "epsilon")
    if predicted not in ("epsilon", "v_prediction"):
        raise ValueError(f"it predicts {predicted!r}")
    return Diffusion(scheduler.alphas_cumprod, predicted == "v_prediction")


def _falling(sigmas: list[float]) -> list[float]:
    """Those that are above 0 and below all before; solvers of higher order repeat some."""
    falling: list[float] = []
    for sigma in sigmas:
        if sigma > 0.0 and (not falling or sigma < falling[-1]):
            falling.append(sigma)
    return falling
