"""Worlds in which the best estimate of the clean image is known exactly.

Every level of a stack is a picture of a stationary Gaussian field with a 1/kappa^2 spectrum,
which looks alike at every scale, as pictures roughly do. The best estimate of such a picture in
white noise is a Wiener filter. The worlds differ in what is known of a level's mean.

In all of them the channels of the sampler are independent samples ("seeds").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from engine.method.codec import PIXELS

FIELD_VARIANCE = 0.25  # of a pixel, without the mean


def spectrum(height: int, width: int) -> torch.Tensor:
    """(H, W) variance of each coefficient of an orthonormal FFT; 0 for the mean."""
    rows = torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    columns = torch.fft.fftfreq(width, dtype=torch.float64)[None, :]
    # cycles per picture width; equal in both directions for any aspect
    kappa2 = (rows**2 + columns**2) * width**2
    power = torch.where(kappa2 > 0, 1.0 / kappa2.clamp(min=1e-9), 0.0)
    return power * (FIELD_VARIANCE * height * width / power.sum())


@dataclass(frozen=True)
class MeanPrior:
    """What is known of a level's mean: a mixture of Gaussians of one deviation.

    Attributes:
        modes: the possible means, equally likely.
        deviation: around each of them, in the units of a pixel.
    """

    modes: tuple[float, ...] = (0.0,)
    deviation: float = 0.5


class FieldWorld:
    """The exact denoiser of a stack of fields; see ``engine.method.denoiser``.

    Args:
        priors: of each level's mean.
        seeds: independent samples, carried as channels.
    """

    def __init__(self, priors: Sequence[MeanPrior], size: tuple[int, int], seeds: int) -> None:
        width, height = size
        self.channels = seeds
        self.codec = PIXELS
        self.priors = list(priors)
        self.pixels = width * height
        self.power = spectrum(height, width).float()

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """The posterior mean, (N, seeds, H, W)."""
        variance = sigma.view(-1, 1, 1, 1) ** 2
        coefficients = torch.fft.fft2(z, norm="ortho")
        coefficients = coefficients * (self.power / (self.power + variance))
        field: torch.Tensor = torch.fft.ifft2(coefficients, norm="ortho").real
        means = z.mean(dim=(-2, -1))
        known = [
            self._mean(means[i], float(sigma[i]), prior) for i, prior in enumerate(self.priors)
        ]
        return field + torch.stack(known)[..., None, None]

    def _mean(self, seen: torch.Tensor, sigma: float, prior: MeanPrior) -> torch.Tensor:
        """E[mean | seen = mean + noise], (seeds,)."""
        noise = sigma**2 / self.pixels
        spread = prior.deviation**2
        modes = torch.tensor(prior.modes, dtype=seen.dtype)
        likelihood = -((seen[:, None] - modes) ** 2) / (2 * (spread + noise))
        weights = torch.softmax(likelihood, dim=1)
        within = modes + (seen[:, None] - modes) * (spread / (spread + noise))
        return (weights * within).sum(dim=1)


def gaussian(levels: int, size: tuple[int, int], seeds: int) -> FieldWorld:
    """World 1: nothing particular is known; for power and seams."""
    return FieldWorld([MeanPrior()] * levels, size, seeds)


def informed(levels: int, size: tuple[int, int], seeds: int) -> FieldWorld:
    """World 2: the widest view's mean is known to be 1, the others' uncertain (deviation 1)."""
    priors = [MeanPrior((1.0,), 0.05), *[MeanPrior((0.0,), 1.0)] * (levels - 1)]
    return FieldWorld(priors, size, seeds)


def conflicting(levels: int, size: tuple[int, int], seeds: int) -> FieldWorld:
    """World 3: neighbours are sure of means that disagree by two deviations."""
    priors = [MeanPrior((0.2 * (-1) ** i,), 0.2) for i in range(levels)]
    return FieldWorld(priors, size, seeds)


def two_modes(levels: int, size: tuple[int, int], seeds: int) -> FieldWorld:
    """World 4: every level is either dark or bright, and none is in between."""
    return FieldWorld([MeanPrior((-0.6, 0.6), 0.15)] * levels, size, seeds)
