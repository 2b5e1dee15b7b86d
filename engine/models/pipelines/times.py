"""What a family means by time: its noise levels, and the clean estimate in its denoiser's answer.

Outside of here a noisy image is z = x + sigma * epsilon; see ``method.denoiser``. A
variance-preserving family mixes a x + b epsilon with a = 1 / sqrt(1 + sigma^2), a flow-matching one
with a = 1 / (1 + sigma), and b = a sigma in both.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch

#: Pure noise, which a flow begins with: its time differs from 1000 by less than a 32-bit number can.
PURE_NOISE = 1e7
_TIMES = 1000.0


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

    def sigma(self, own: float) -> float:
        """The noise level of one of the scheduler's own ``sigmas``."""
        ...


class Flow:
    """Flow matching: the denoiser answers with the velocity epsilon - x."""

    def time(self, sigma: float) -> float:
        return _TIMES * sigma / (1.0 + sigma)

    def scale(self, sigma: float) -> float:
        return 1.0 / (1.0 + sigma)

    def estimate(self, z: torch.Tensor, output: torch.Tensor, sigma: float) -> torch.Tensor:
        return self.scale(sigma) * (z - sigma * output)

    def sigma(self, own: float) -> float:
        return min(own / max(1.0 - own, 1e-12), PURE_NOISE)


class Diffusion:
    """Variance preserving: the denoiser answers with the noise, or with a velocity a epsilon - b x.

    Args:
        alphas: (T,) cumulative products of alpha at the training times.
        velocity: it is a velocity.
    """

    def __init__(self, alphas: torch.Tensor, velocity: bool) -> None:
        kept = alphas.double().cpu().numpy()
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

    def sigma(self, own: float) -> float:
        return own

    def at(self, time: float) -> float:
        """The noise level of a training time."""
        times = np.arange(len(self._log_sigmas))
        return float(np.exp(np.interp(time, times, self._log_sigmas)))


def times_of(scheduler: Any) -> Flow | Diffusion:
    """What a pipeline's scheduler says.

    Raises:
        ValueError: it predicts something else.
    """
    config = scheduler.config
    if config.get("use_flow_sigmas", False) or "Flow" in type(scheduler).__name__:
        return Flow()
    predicted = config.get("prediction_type", "epsilon")
    if predicted not in ("epsilon", "v_prediction"):
        raise ValueError(f"it predicts {predicted!r}")
    return Diffusion(scheduler.alphas_cumprod, predicted == "v_prediction")
